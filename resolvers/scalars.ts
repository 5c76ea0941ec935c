import { GraphQLError, Kind, valueFromASTUntyped, type ValueNode } from 'graphql';
import { UUID as UUID_TEXT } from '../src/butler/uuid.ts';

const UUID = {
  serialize: String,
  parseValue: toUuid,
  parseLiteral: (literal: ValueNode) => toUuid(valueFromASTUntyped(literal)),
};

function toUuid(value: unknown): string {
  const text = String(value).toLowerCase();
  if (typeof value === 'string' && UUID_TEXT.test(text)) return text;
  throw new GraphQLError('A UUID is written as 4d2a0d0d-6c2e-5f0f-8d7a-0e5d6d1f2b3c.');
}

/** Of objects and lists in each other; what a data ID or a bind needs are four. */
const MAX_LEVELS = 32;

type JsonObject = Readonly<Record<string, unknown>>;

const JSONObject = {
  serialize: toJson,
  parseValue: toObject,
  parseLiteral: (literal: ValueNode, variables?: Readonly<Record<string, unknown>> | null) => {
    if (literal.kind !== Kind.OBJECT) throw new GraphQLError('An object is expected, such as {instrument: "HSC"}.');
    return toObject(valueFromASTUntyped(literal, variables));
  },
};

function toObject(value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new GraphQLError('An object is expected, such as {"instrument": "HSC"}.');
  }
  if (isDeeper(value, MAX_LEVELS)) throw new GraphQLError(`An object has ${MAX_LEVELS} levels at most.`);
  return value as JsonObject;
}

/** Whether there are more levels of objects and lists; what walks through values may then do so by recursion. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((below) => isDeeper(below, levels - 1));
}

/**
 * Values of rows as JSON has them: integers beyond 2^53 in decimal, hashes in hexadecimal.  The object itself where it is
 * JSON already, as most are.
 */
export function toJson(values: JsonObject): JsonObject {
  for (const name in values) {
    const type = typeof values[name];
    if (type === 'object' || type === 'bigint') {
      return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, toJsonValue(value)]));
    }
  }
  return values;
}

function toJsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return toJsonInteger(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return value;
}

const BigIntScalar = {
  serialize: (value: unknown) => (typeof value === 'bigint' ? toJsonInteger(value) : Number(value)),
};

function toJsonInteger(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

/** How the scalars of `schema/` read and write; their descriptions stay there. */
export const scalars = { UUID, JSONObject, BigInt: BigIntScalar };
