import { expect, it } from 'vitest';
import type { Expression } from '../../../src/butler/query/expression.ts';
import type { Predicate } from '../../../src/butler/query/predicate.ts';
import { normalForm } from '../../../src/butler/query/normal-form.ts';
import { continuation, type OrderTerm } from '../../../src/repository/remote/order.ts';
import type { Key, KeyValue } from '../../../src/repository/repository.ts';
import fc from '../../sample.ts';

const spec = { findFirst: false, dimensions: { required: ['d'] } };

const termAt = (i: number, descending: boolean): OrderTerm => {
  const column = { type: 'dimension_field', element: 'e', field: String(i) } as const;
  return { expression: column, column, bound: undefined, descending, type: 'int', nullable: true };
};

/** What a database makes of a predicate on a row: true, false or unknown. */
function evaluate(predicate: Predicate, row: Key): boolean | undefined {
  const value = (e: Expression): KeyValue => {
    if (e.type === 'int') return Number(e.value);
    if (e.type === 'dimension_field') return row[Number(e.field)]!;
    throw new Error(`no ${e.type} here`);
  };
  switch (predicate.type) {
    case 'and':
    case 'or': {
      const results = predicate.operands.map((p) => evaluate(p, row));
      const decisive = predicate.type === 'or';
      return results.includes(decisive) ? decisive : results.includes(undefined) ? undefined : !decisive;
    }
    case 'not': {
      const result = evaluate(predicate.operand, row);
      return result === undefined ? undefined : !result;
    }
    case 'is_null':
      return value(predicate.operand) === null;
    case 'comparison': {
      const [a, b] = [value(predicate.a), value(predicate.b)];
      if (a === null || b === null) return undefined;
      return { '<': a < b, '>': a > b, '<=': a <= b, '>=': a >= b }[predicate.operator as string];
    }
    default:
      throw new Error(`no ${predicate.type} here`);
  }
}

function compare(a: Key, b: Key, terms: readonly OrderTerm[]): number {
  for (const [i, { descending }] of terms.entries()) {
    const [x, y] = [a[i]!, b[i]!];
    if (x === y) continue;
    const sign = x === null ? -1 : y === null ? 1 : x < y ? -1 : 1;
    return descending ? -sign : sign;
  }
  return 0;
}

const value = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 3 }));
const ordersAndKeys = fc
  .integer({ min: 1, max: 4 })
  .chain((length) =>
    fc.tuple(
      fc.array(fc.boolean(), { minLength: length, maxLength: length }),
      fc.array(fc.array(value, { minLength: length, maxLength: length }), { minLength: 1, maxLength: 12 }),
      fc.array(value, { minLength: length, maxLength: length }),
    ),
  );

it('goes on with exactly the rows that come after a position, wherever NULL and descending terms are', () => {
  fc.assert(
    fc.property(ordersAndKeys, ([directions, rows, position]) => {
      const terms = directions.map((descending, i) => termAt(i, descending));
      const { predicate, strict } = continuation(terms, position, spec);
      expect(strict).toBe(true);
      for (const row of rows) expect(evaluate(predicate, row) === true).toBe(compare(row, position, terms) > 0);
      // One group a term on the wire, not one for each way to be later.
      expect(normalForm(predicate).length).toBeLessThanOrEqual(terms.length);
    }),
  );
});

it('with find-first, tells the server only what is the same for all datasets of a data ID', () => {
  const column = { type: 'dimension_key', dimension: 'd' } as const;
  const dimension: OrderTerm = { ...termAt(0, false), expression: column, column, nullable: false };
  const run = { type: 'dataset_field', datasetType: 't', field: 'run' } as const;
  const byRun: OrderTerm = { ...dimension, expression: run, column: run, type: 'string' };
  const findFirst = { ...spec, findFirst: true };
  // After the data ID, nothing else is needed.
  expect(continuation([dimension, byRun], [1, 'r'], findFirst)).toEqual(continuation([dimension], [1], findFirst));
  // Before it, rows up to the position have to be skipped by hand.
  expect(continuation([byRun, dimension], ['r', 1], findFirst)).toEqual({
    predicate: { type: 'and', operands: [] },
    strict: false,
  });
  // A dataset without dimensions is the only one of its type.
  const alone = { findFirst: true, dimensions: { required: [] } };
  expect(continuation([byRun], ['r'], alone)).toEqual({ predicate: { type: 'or', operands: [] }, strict: true });
});
