import { describe, expect, it } from 'vitest';
import { QueryTooCostlyError } from '../../../src/butler/errors.ts';
import {
  fromNormalForm,
  MAX_GROUPS,
  MAX_LEAVES,
  normalForm,
  type NormalForm,
} from '../../../src/butler/query/normal-form.ts';
import type { Predicate } from '../../../src/butler/query/predicate.ts';
import fc from '../../sample.ts';

/** A leaf that stands for a variable, by number. */
const variable = (n: number): Predicate => ({
  type: 'is_null',
  operand: { type: 'int', value: BigInt(n) },
});
const variableOf = (leaf: Predicate) =>
  leaf.type === 'is_null' && leaf.operand.type === 'int' ? Number(leaf.operand.value) : NaN;

const and = (...operands: Predicate[]): Predicate => ({ type: 'and', operands });
const or = (...operands: Predicate[]): Predicate => ({ type: 'or', operands });
const not = (operand: Predicate): Predicate => ({ type: 'not', operand });

const VARIABLES = 4;

const predicates = fc.letrec<{ predicate: Predicate }>((tie) => ({
  predicate: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.nat(VARIABLES - 1).map(variable),
    fc.array(tie('predicate'), { maxLength: 3 }).map((operands) => and(...operands)),
    fc.array(tie('predicate'), { maxLength: 3 }).map((operands) => or(...operands)),
    tie('predicate').map(not),
  ),
})).predicate;

/** Kleene's three values as 0, ½ and 1, as SQL has them. */
function evaluate(predicate: Predicate, values: readonly number[]): number {
  switch (predicate.type) {
    case 'and':
      return Math.min(1, ...predicate.operands.map((operand) => evaluate(operand, values)));
    case 'or':
      return Math.max(0, ...predicate.operands.map((operand) => evaluate(operand, values)));
    case 'not':
      return 1 - evaluate(predicate.operand, values);
    default:
      return values[variableOf(predicate)]!;
  }
}

const allValues = Array.from({ length: 3 ** VARIABLES }, (_, n) =>
  Array.from({ length: VARIABLES }, (_, i) => (Math.floor(n / 3 ** i) % 3) / 2),
);

const text = (form: NormalForm) =>
  form
    .map((group) => group.map(({ leaf, negated }) => `${negated ? '-' : ''}${variableOf(leaf)}`).join(' '))
    .join(' | ');

/** k pairs (a AND b), OR-ed. */
const pairs = (k: number): Predicate => ({
  type: 'or',
  operands: Array.from({ length: k }, (_, i) => and(variable(2 * i), variable(2 * i + 1))),
});

describe('the normal form', () => {
  it('is true, false and unknown where the predicate is', () => {
    fc.assert(
      fc.property(predicates, (predicate) => {
        let form: NormalForm;
        try {
          form = normalForm(predicate);
        } catch (error) {
          expect(error).toBeInstanceOf(QueryTooCostlyError);
          return;
        }
        const again = fromNormalForm(form);
        for (const values of allValues) expect(evaluate(again, values)).toBe(evaluate(predicate, values));
        expect(normalForm(again)).toEqual(form);
      }),
    );
  });

  it.each([
    [and(), ''],
    [or(variable(0), variable(1)), '0 1'],
    [or(and(variable(0), variable(1)), and(variable(2), variable(3))), '0 2 | 0 3 | 1 2 | 1 3'],
    [not(or(and(variable(0), variable(1)), variable(2))), '-0 -1 | -0 -2 | -2 -1 | -2 -2'],
    [not(not(and(variable(0), variable(1)))), '0 | 1'],
  ])('has the groups of the real client in its order', (predicate, expected) => {
    expect(text(normalForm(predicate))).toBe(expected);
  });

  it('may have as many groups as the predicate has terms', () => {
    const long = and(...Array.from({ length: 3 * MAX_GROUPS }, (_, i) => variable(i)));
    expect(normalForm(long)).toHaveLength(3 * MAX_GROUPS);
    expect(normalForm(not(long))).toHaveLength(1);
  });

  it('is made of 8 AND-pairs', () => expect(normalForm(pairs(8))).toHaveLength(MAX_GROUPS));

  it.each([
    ['9 AND-pairs', pairs(9)],
    ['100000 AND-pairs', pairs(100_000)],
    ['NOT of an OR of 4 AND-pairs', not(pairs(4))],
    ['NOT of an OR of 64 AND-pairs', not(pairs(64))],
    [
      'NOT of NOT of NOT … of a long OR',
      Array.from({ length: 800 }).reduce<Predicate>(
        not,
        or(...Array.from({ length: MAX_LEAVES }, (_, i) => variable(i))),
      ),
    ],
    [
      'NOT, OR and AND in turn',
      Array.from({ length: 18 }).reduce<Predicate>(
        (p, _, i) => (i % 3 === 0 ? not(p) : i % 3 === 1 ? or(p, p) : and(p, p)),
        pairs(2),
      ),
    ],
  ])('is refused for %s', (_, predicate) => {
    expect(() => normalForm(predicate)).toThrow(QueryTooCostlyError);
    expect(() => normalForm(predicate)).toThrow(/simplify/);
  });
});
