/** From the arguments of query fields to what the search functions take: an argument that is null counts as left out. */
import type { DataId, DataIdValue } from '../src/butler/data-id.ts';
import { SatelliteError } from '../src/butler/errors.ts';
import type { SearchTerms } from '../src/repository/search/search.ts';

const DEFAULT_FIRST = 100;
const LARGEST_FIRST = 10_000;

type JsonObject = Readonly<Record<string, unknown>>;

interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

interface TermArguments extends PageArguments {
  readonly where?: string | null | undefined;
  readonly bind?: JsonObject | null | undefined;
  readonly dataId?: JsonObject | null | undefined;
  readonly orderBy?: readonly string[] | null | undefined;
  readonly strict?: boolean | null | undefined;
}

/** @throws SatelliteError BAD_USER_INPUT */
export function searchTerms(args: TermArguments): SearchTerms {
  const { where, bind, dataId, orderBy, strict } = args;
  return {
    ...pageTerms(args),
    ...given({ where, bind, orderBy, strict, dataId: dataId && toDataId(dataId) }),
  };
}

/** @throws SatelliteError BAD_USER_INPUT */
export function pageTerms({ first, after }: PageArguments): { first: number; after?: string } {
  const size = first ?? DEFAULT_FIRST;
  if (size < 1 || size > LARGEST_FIRST) {
    throw new SatelliteError('BAD_USER_INPUT', `"first" is ${size}, but must be 1 to ${LARGEST_FIRST}.`);
  }
  return { first: size, ...given({ after }) };
}

/** A data ID from JSON. `{"$int": "…"}` is an integer beyond 2^53. @throws SatelliteError BAD_USER_INPUT */
export function toDataId(json: JsonObject): DataId {
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, toDataIdValue(name, value)]));
}

function toDataIdValue(name: string, value: unknown): DataIdValue {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value); // as to Python, where true is 1
  if (typeof value === 'object' && value !== null && '$int' in value && /^-?\d+$/.test(String(value.$int))) {
    const integer = BigInt(String(value.$int));
    return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
  }
  throw new SatelliteError('BAD_USER_INPUT', `The value of "${name}" in "dataId" must be a text or a number.`);
}

/** The properties that have a value. */
export function given<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}
