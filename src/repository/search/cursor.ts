/** Cursors: where a page ended, in a form that means nothing to clients and fits one search only. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SatelliteError } from '../../butler/errors.ts';
import type { Key, KeyValue, Position, Repository } from '../repository.ts';

const VERSION = 1;

/** The largest page. */
const MOST_ROWS = 10_000;

/** Terms that change no row's place, so that they may change from page to page. */
const PLACELESS = new Set(['first', 'after', 'strict', 'implied', 'details', 'rows']);

/** Where each part of a search is to go on, by its name (a dataset type's; '' where there is but one part). */
export type Bookmark = Readonly<Record<string, Position>>;

/** JSON has no exact integers beyond 2^53, and no infinities. */
const keyValue = z
  .union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.strictObject({ i: z.string().regex(/^-?\d{1,19}$/) }),
    z.strictObject({ f: z.enum(['Infinity', '-Infinity', 'NaN']) }),
  ])
  .transform((value): KeyValue => {
    if (typeof value !== 'object' || value === null) return value;
    return 'i' in value ? BigInt(value.i) : Number(value.f);
  });
const bookmark = z.record(z.string(), z.record(z.string(), z.array(keyValue)));
const cursor = z.tuple([z.literal(VERSION), z.string(), bookmark]);

/** Writes and reads the cursors of one search. */
export class CursorBook {
  readonly #fingerprint: string;

  /** @param terms all that was asked */
  constructor(repositories: readonly Repository[], terms: object) {
    const asked = Object.entries(terms).filter(([name]) => !PLACELESS.has(name));
    const text = JSON.stringify([repositories.map((r) => r.name), sortedByKey(Object.fromEntries(asked))]);
    this.#fingerprint = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  }

  write(place: Bookmark): string {
    return Buffer.from(JSON.stringify([VERSION, this.#fingerprint, place], writtenValue)).toString('base64url');
  }

  /** @throws SatelliteError BAD_USER_INPUT for what is no cursor of this search */
  read(after: string | undefined): Bookmark | undefined {
    if (after === undefined) return undefined;
    const parsed = cursor.safeParse(parseJson(Buffer.from(after, 'base64url').toString()));
    if (!parsed.success) throw new SatelliteError('BAD_USER_INPUT', `'after' is not a cursor of this gateway.`);
    const [, fingerprint, place] = parsed.data;
    if (fingerprint !== this.#fingerprint) {
      throw new SatelliteError(
        'BAD_USER_INPUT',
        `'after' is a cursor of another query: it fits only the query that it came from.`,
      );
    }
    return place;
  }
}

/** @throws SatelliteError BAD_USER_INPUT for a page size that is not offered */
export function checkPageSize(first: number): void {
  if (Number.isInteger(first) && first >= 1 && first <= MOST_ROWS) return;
  throw new SatelliteError('BAD_USER_INPUT', `'first' is ${first}; it must be between 1 and ${MOST_ROWS}.`);
}

function writtenValue(_: string, value: Key[number] | object): unknown {
  if (typeof value === 'bigint') return { i: String(value) };
  if (typeof value === 'number' && !Number.isFinite(value)) return { f: String(value) };
  return value;
}

function sortedByKey(value: unknown): unknown {
  if (typeof value === 'bigint') return { i: String(value) };
  if (Array.isArray(value)) return value.map(sortedByKey);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sortedByKey(v)]),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
