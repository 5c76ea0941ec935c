/** Reads fields of wire JSON, which may come from anybody. */
import { InvalidQueryError, QueryTooCostlyError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { DimensionGroup } from '../dimension-group.ts';
import type { Universe } from '../universe.ts';

/** Nesting of expressions and trees inside each other. */
const MAX_WIRE_DEPTH = 100;

/** @throws QueryTooCostlyError beyond `MAX_WIRE_DEPTH` */
export function checkDepth(depth: number): void {
  if (depth > MAX_WIRE_DEPTH) {
    throw new QueryTooCostlyError(`The query nests expressions deeper than ${MAX_WIRE_DEPTH}; simplify it.`);
  }
}

export function objectAt(json: Json | undefined, what: string): JsonObject {
  if (!isJsonObject(json)) throw malformed(what, 'an object');
  return json;
}

export function arrayAt(json: Json | undefined, what: string): readonly Json[] {
  if (!Array.isArray(json)) throw malformed(what, 'an array');
  return json as readonly Json[];
}

export function stringAt(json: Json | undefined, what: string): string {
  if (typeof json !== 'string') throw malformed(what, 'a string');
  return json;
}

export function stringsAt(json: Json | undefined, what: string): readonly string[] {
  return arrayAt(json, what).map((item) => stringAt(item, what));
}

export function booleanAt(json: Json | undefined, what: string): boolean {
  if (typeof json !== 'boolean') throw malformed(what, 'true or false');
  return json;
}

/** Python clients send a boolean for a bind value that serves as an integer. */
export function integerAt(json: Json | undefined, what: string): bigint {
  if (typeof json === 'bigint' || typeof json === 'boolean') return BigInt(json);
  if (typeof json !== 'number' || !Number.isSafeInteger(json)) throw malformed(what, 'an integer');
  return BigInt(json);
}

export function oneOf<T extends string>(json: Json | undefined, values: readonly T[], what: string): T {
  const value = values.find((v) => v === json);
  if (value === undefined) throw malformed(what, `one of ${values.join(', ')}`);
  return value;
}

export function groupAt(json: Json | undefined, universe: Universe, what: string): DimensionGroup {
  return universe.conform(stringsAt(json, what));
}

/** A map from a JSON object's entries. */
export function mapAt<T>(json: Json | undefined, what: string, read: (value: Json, key: string) => T): Map<string, T> {
  if (json === undefined || json === null) return new Map();
  return new Map(Object.entries(objectAt(json, what)).map(([key, value]) => [key, read(value, key)]));
}

export function malformed(what: string, expected: string): InvalidQueryError {
  return new InvalidQueryError(`The query is malformed: ${what} must be ${expected}.`);
}
