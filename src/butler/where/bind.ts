/**
 * Bind values: plain JSON, and the tagged forms for what JSON cannot say:
 * `{"$time": "2025-01-01T00:00:00"}`, `{"$uuid": …}`, ….
 */
import { InvalidQueryError, QueryTooCostlyError } from '../errors.ts';
import type { Literal } from '../query/expression.ts';
import { decodeRegion } from '../region/codec.ts';
import { point } from '../region/construct.ts';
import { parseIvoaPos } from '../region/ivoa.ts';
import { EMPTY_TIMESPAN, timespanBetween, type Timespan } from '../timespan.ts';
import { literalInteger, literalTime, literalUuid } from './literals.ts';

/** A bind as a client gives it: name → plain JSON value or tagged form. */
export type BindInput = Readonly<Record<string, unknown>>;

/** One value, or a list for use inside IN. */
export type BindValue = Literal | { readonly type: 'sequence'; readonly items: readonly Literal[] };

/** Values that a list or `$range` may hold. */
export const MAX_LIST_LENGTH = 10_000;

const tagReaders: Readonly<Record<string, (content: unknown, context: BindContext) => BindValue>> = {
  $int: (content, { fail }) => {
    if (typeof content !== 'string' || !/^[-+]?\d+$/.test(content)) return fail('a string of digits');
    return { type: 'int', value: literalInteger(content) };
  },
  $float: (content, { fail }) => {
    const value = typeof content === 'string' && content.trim() !== '' ? Number(content) : content;
    return typeof value === 'number' && Number.isFinite(value) ? { type: 'float', value } : fail('a finite number');
  },
  $bool: (content, { fail }) => (typeof content === 'boolean' ? fromBoolean(content) : fail('true or false')),
  $uuid: (content, { text }) => ({ type: 'uuid', value: literalUuid(text(content)) }),
  $time: (content, { text, warn }) => ({ type: 'datetime', nsec: literalTime(`isot/${text(content)}/tai`, warn) }),
  $time_utc: (content, { text, warn }) => ({ type: 'datetime', nsec: literalTime(`isot/${text(content)}/utc`, warn) }),
  $datetime: (content, { text, warn }) => ({ type: 'datetime', nsec: literalTime(`isot/${text(content)}/utc`, warn) }),
  $time_nsec: (content, { integer }) => ({ type: 'datetime', nsec: integer(content) }),
  $timespan: (content, { pair, text, warn }) => {
    const bound = (value: unknown) => (value === null ? null : literalTime(`isot/${text(value)}/tai`, warn));
    const [begin, end] = pair(content);
    return fromTimespan(timespanBetween(bound(begin), bound(end)));
  },
  $timespan_nsec: (content, { pair, integer }) => {
    const [begin, end] = pair(content).map(integer) as [bigint, bigint];
    return fromTimespan(begin < end ? { begin, end } : EMPTY_TIMESPAN);
  },
  $timespan_empty: () => fromTimespan(EMPTY_TIMESPAN),
  $region_pos: (content, { text }) => ({ type: 'region', region: parseIvoaPos(text(content)) }),
  $region_hex: (content, { bytes }) => ({ type: 'region', region: decodeRegion(bytes(content)) }),
  $lonlat: (content, { pair, fail }) => {
    const [lon, lat] = pair(content);
    if (typeof lon !== 'number' || typeof lat !== 'number') return fail('two numbers of degrees');
    return { type: 'region', region: point([lon, lat]) };
  },
  $bytes: (content, { bytes }) => ({ type: 'hash', bytes: bytes(content) }),
  $set: (content, context) => sequence(distinct(context.list(content)), context),
  $tuple: (content, context) => sequence(context.list(content), context),
  $range: (content, context) => sequence(integersOf(context.list(content).map(context.integer), context), context),
};

/**
 * Reads one bind value.
 * @param warn takes a sentence where the value does not mean what it seems to
 * @throws InvalidQueryError where it is null, an object of no known tag, or malformed; QueryTooCostlyError where a list is
 * longer than `MAX_LIST_LENGTH`
 */
export function readBind(name: string, input: unknown, warn: (warning: string) => void): BindValue {
  const context = new BindContext(name, warn);
  if (Array.isArray(input)) return sequence(input, context);
  return readScalar(input, context);
}

function readScalar(input: unknown, context: BindContext): BindValue {
  switch (typeof input) {
    case 'string':
      return { type: 'string', value: input };
    case 'boolean':
      return fromBoolean(input);
    case 'bigint':
      return { type: 'int', value: literalInteger(input.toString()) };
    case 'number':
      if (Number.isSafeInteger(input)) return { type: 'int', value: BigInt(input) };
      if (Number.isFinite(input) && !Number.isInteger(input)) return { type: 'float', value: input };
      return context.fail('exact: write {"$int": "…"} or {"$float": "…"} for numbers beyond 2^53');
    default:
      return readTagged(input, context);
  }
}

function readTagged(input: unknown, context: BindContext): BindValue {
  const entries = typeof input === 'object' && input !== null ? Object.entries(input) : [];
  const [tag, content] = entries.length === 1 ? entries[0]! : [];
  if (tag !== undefined && Object.hasOwn(tagReaders, tag)) return tagReaders[tag]!(content, context);
  if (tag?.startsWith('$')) {
    return context.fail(`of a known form: ${tag} is none of ${Object.keys(tagReaders).join(', ')}`);
  }
  return context.fail(`a string, number, boolean, list or tagged value, not ${input === null ? 'null' : 'an object'}`);
}

function sequence(inputs: readonly unknown[], context: BindContext): BindValue {
  if (inputs.length > MAX_LIST_LENGTH) {
    throw new QueryTooCostlyError(
      `Bind '${context.name}' has ${inputs.length} values, more than the limit of ${MAX_LIST_LENGTH}; ask in parts.`,
    );
  }
  const items = inputs.map((input) => {
    const item = readScalar(input, context);
    return item.type === 'sequence' ? context.fail('a list of single values') : item;
  });
  const types = new Set(items.map((item) => item.type));
  if (types.size > 1) {
    throw new InvalidQueryError(
      `Mismatched types in bind '${context.name}': its values are a mix of ${[...types].join(', ')}.`,
    );
  }
  return { type: 'sequence', items };
}

function integersOf(bounds: readonly bigint[], context: BindContext): readonly bigint[] {
  const [start, stop, step = 1n] = bounds;
  if (start === undefined || stop === undefined || step === 0n || bounds.length > 3) {
    return context.fail('a range [start, stop, step] with a step other than zero');
  }
  const integers: bigint[] = [];
  for (let i = start; step > 0n ? i < stop : i > stop; i += step) {
    integers.push(i);
    if (integers.length > MAX_LIST_LENGTH) break;
  }
  return integers;
}

/** Equal values once, in the order of their first appearance. */
function distinct(inputs: readonly unknown[]): readonly unknown[] {
  return [...new Map(inputs.map((input) => [JSON.stringify(input), input])).values()];
}

function fromBoolean(value: boolean): Literal {
  return { type: 'int', value: value ? 1n : 0n };
}

function fromTimespan({ begin, end }: Timespan): Literal {
  return { type: 'timespan', begin, end };
}

/** Reads the contents of tags; its errors name the bind. */
class BindContext {
  readonly name: string;
  readonly warn: (warning: string) => void;

  constructor(name: string, warn: (warning: string) => void) {
    this.name = name;
    this.warn = warn;
  }

  readonly fail = (expected: string): never => {
    throw new InvalidQueryError(`Bind '${this.name}' must be ${expected}.`);
  };

  readonly text = (value: unknown): string => (typeof value === 'string' ? value : this.fail('a string'));

  readonly list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : this.fail('a list'));

  readonly pair = (value: unknown): readonly [unknown, unknown] =>
    Array.isArray(value) && value.length === 2 ? [value[0], value[1]] : this.fail('a list of two values');

  readonly integer = (value: unknown): bigint => {
    if (typeof value === 'bigint' || Number.isSafeInteger(value)) return BigInt(value as bigint | number);
    if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) return BigInt(value);
    return this.fail('an exact integer (a string of digits beyond 2^53)');
  };

  readonly bytes = (value: unknown): Uint8Array => {
    const hex = this.text(value);
    if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) return this.fail('hexadecimal digits');
    return Buffer.from(hex, 'hex');
  };
}
