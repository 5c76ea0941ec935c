/** Data IDs as terms of a query. */
import type { DataId } from '../data-id.ts';
import { ButlerUserError, InvalidQueryError } from '../errors.ts';
import { didYouMean } from '../nearest-name.ts';
import type { Universe } from '../universe.ts';
import { literalInteger } from '../where/literals.ts';
import { comparison } from './checked.ts';
import type { Literal } from './expression.ts';
import type { Predicate } from './predicate.ts';

/**
 * `dimension = value` for every entry, in universe order.
 * @throws ButlerUserError DIMENSION_NAME for an unknown dimension, naming the nearest; InvalidQueryError for a value of
 * the wrong type.
 */
export function dataIdPredicates(universe: Universe, dataId: Readonly<Record<string, unknown>>): readonly Predicate[] {
  for (const dimension of Object.keys(dataId)) checkDimension(universe, dimension);
  const order = (dimension: string) => universe.element(dimension).order;
  const entries = Object.entries(dataId).sort(([a], [b]) => order(a) - order(b));
  return entries.map(([dimension, value]) => {
    const literal = literalOf(value);
    if (!literal)
      throw new InvalidQueryError(
        `Data ID value of '${dimension}' must be a string or an integer, exact up to 2^53; write {"$int": "…"} beyond.`,
      );
    return comparison(universe, { type: 'dimension_key', dimension }, '==', literal);
  });
}

/** A default data ID, once checked.  @throws InvalidQueryError where it has other dimensions than governors. */
export function defaultsOf(universe: Universe, dataId: DataId): DataId {
  const others = Object.keys(dataId).filter((name) => !universe.governors.includes(name));
  if (others.length === 0) return dataId;
  throw new InvalidQueryError(
    `Only governor dimensions (${universe.governors.join(', ')}) may be identified by a default data ID, not ` +
      `${others.join(', ')}.`,
  );
}

function checkDimension(universe: Universe, name: string): void {
  if (universe.isDimension(name)) return;
  const known = universe.elements.filter((e) => e.isDimension && e.skypix === undefined).map((e) => e.name);
  throw new ButlerUserError('DIMENSION_NAME', `Unknown dimension '${name}' in data ID.${didYouMean(name, known)}`);
}

function literalOf(value: unknown): Literal | undefined {
  switch (typeof value) {
    case 'string':
      return { type: 'string', value };
    case 'bigint':
      return { type: 'int', value: literalInteger(value.toString()) };
    case 'boolean':
      return { type: 'int', value: value ? 1n : 0n };
    case 'number':
      if (Number.isSafeInteger(value)) return { type: 'int', value: BigInt(value) };
      return Number.isFinite(value) && !Number.isInteger(value) ? { type: 'float', value } : undefined;
    default:
      return undefined;
  }
}
