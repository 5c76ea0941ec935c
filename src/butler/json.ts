/**
 * JSON without loss: integers beyond 2^53 (ns TAI, 64-bit IDs) stay exact.  They are read as bigints where a number would
 * not be exact, and written as plain JSON integers.
 */
import { InvalidQueryError } from './errors.ts';

declare global {
  interface JSON {
    rawJSON(text: string): unknown;
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown;
  }
}

/** What `parseJson` gives and `stringifyJson` takes. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A number that may be too long for a double. Digits within a text, such as those of hashes and regions, are none. */
const LONG_NUMBER = /(?:^|[\s:,[-])\d{16}/;
const INTEGER = /^-?\d+$/;

/**
 * Parses JSON; integers that a number cannot hold exactly become bigints.
 * @throws InvalidQueryError where the text is not JSON or is nested too deeply.
 */
export function parseJson(text: string): Json {
  try {
    if (!LONG_NUMBER.test(text)) return JSON.parse(text) as Json;
    return JSON.parse(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined && !Number.isSafeInteger(value) && INTEGER.test(source)
        ? BigInt(source)
        : value,
    ) as Json;
  } catch (cause) {
    throw new InvalidQueryError('The text is not valid JSON.', { cause });
  }
}

/** JSON text of a value; bigints are written as integers. */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? JSON.rawJSON(v.toString()) : v));
}

/** An integer as `parseJson` would give it: a number where exact, else a bigint. */
export function jsonInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
