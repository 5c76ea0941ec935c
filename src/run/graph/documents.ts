/** The JSON documents of a quantum graph. */
import { z } from 'zod';
import { parseJson, type Json } from '../../butler/json.ts';
import { UUID } from '../../butler/uuid.ts';
import type { GraphLimits } from './limits.ts';
import { unreadable } from './unreadable.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

/**
 * Reads a document whose size is known to be within the limits.
 * @param what it is, for people
 * @throws SatelliteError BAD_USER_INPUT where it is not JSON, too deep, of too many values, or not of that form
 */
export function readDocument<T>(bytes: Buffer, schema: z.ZodType<T>, what: string, limits: GraphLimits): T {
  checkShape(bytes, what, limits);
  let json: Json;
  try {
    json = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw unreadable(`${what} is not JSON`, error);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue!.path.length > 0 ? ` at ${issue!.path.map(String).join('.').slice(0, 100)}` : '';
  throw unreadable(`${what} is not of the form that is expected${at}: ${issue!.message}`, parsed.error);
}

/** Looks through the text before anything is made of it. */
function checkShape(bytes: Buffer, what: string, limits: GraphLimits): void {
  let depth = 0;
  let values = 1;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]!;
    if (byte === QUOTE) {
      for (i += 1; i < bytes.length && bytes[i] !== QUOTE; i += 1) if (bytes[i] === BACKSLASH) i += 1;
    } else if (byte === 0x5b || byte === 0x7b) {
      values += 1;
      depth += 1;
      if (depth > limits.depth) throw unreadable(`${what} is nested more than ${limits.depth} levels deep`);
    } else if (byte === 0x5d || byte === 0x7d) {
      depth -= 1;
    } else if (byte === COMMA || byte === COLON) {
      values += 1;
    }
  }
  if (values > limits.values) throw unreadable(`${what} holds ${values} values, and ${limits.values} is the limit`);
}

/** A UUID as graphs write them. */
export const uuid = z.string().regex(UUID);

/** Values of a data ID. */
export const dataIdValues = z.array(z.union([z.string(), z.int(), z.bigint()]));

/** An object with keys of the file's choice; absent is empty. */
export function mapOf<T>(value: z.ZodType<T>) {
  return z
    .record(z.string(), value)
    .default({})
    .transform((record) => new Map(Object.entries(record)));
}
