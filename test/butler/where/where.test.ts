import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { InvalidQueryError, QueryTooCostlyError } from '../../../src/butler/errors.ts';
import { parseJson, stringifyJson, type Json } from '../../../src/butler/json.ts';
import { encodePredicate } from '../../../src/butler/query/wire.ts';
import { wherePredicate, type WhereContext } from '../../../src/butler/where/where.ts';
import { repositories } from '../../conformance/requests.ts';

const gunzip = (name: string) => gunzipSync(readFileSync(new URL(`../../data/${name}`, import.meta.url))).toString();

/** Written by test/oracle/where.py. */
const expressions = parseJson(gunzip('where.json.gz')) as readonly (readonly [text: string, operands: Json])[];

const { universe } = repositories.official;
const bind = { i: 3, f: 1.5, s: 'HSC', many: [1, 2, 3], names: ['a', 'b'], none: [], detector: 7, null: 1 };
const context: WhereContext = {
  dimensions: universe.conform(['visit', 'detector']),
  datasetTypes: new Set(['bias', 'flat']),
  bind,
  warn: () => undefined,
};

type Outcome = { readonly operands: Json } | { readonly refusal: string };

function outcomeOf(text: string): Outcome {
  try {
    return { operands: parseJson(stringifyJson(encodePredicate(wherePredicate(text, context))['operands'])) };
  } catch (error) {
    if (error instanceof InvalidQueryError) return { refusal: error.message };
    throw error;
  }
}

/** What stock Butler accepts and cannot run afterwards. */
const deliberate = /^Timespans cannot be compared|is out of range/;

describe('a where-expression', () => {
  it('means the predicate that stock Butler makes of it, or is refused as there', () => {
    const wrong = expressions
      .map(([text, expected]) => ({ text, expected, got: outcomeOf(text) }))
      .filter(({ expected, got }) =>
        'refusal' in got
          ? expected !== null && !deliberate.test(got.refusal)
          : stringifyJson(sorted(got.operands)) !== stringifyJson(sorted(expected)),
      );
    expect(wrong).toEqual([]);
  });

  it.each([
    ['sums without end', `${'1 + '.repeat(10_000)}1 = detector`],
    ['comparisons of comparisons', `detector${' = 1'.repeat(10_000)}`],
    ['signs without end', `detector = ${'- '.repeat(20_000)}1`],
    ['negations without end', `${'NOT '.repeat(10_000)}detector = 1`],
  ])('with %s is refused', (_, text) => {
    expect(() => wherePredicate(text, context)).toThrow(QueryTooCostlyError);
  });

  it.each([
    ['terms', `${'detector = 1 OR '.repeat(4_000)}detector = 2`],
    ['list items', `detector IN (${'1, '.repeat(20_000)}2)`],
    ['parentheses', `${'('.repeat(200)}detector = 1${')'.repeat(200)}`],
    ['sums', `${'1 + '.repeat(800)}1 = detector`],
  ])('with many %s is read', (_, text) => {
    expect(wherePredicate(text, context)).toBeDefined();
  });
});

function sorted(json: Json): Json {
  return JSON.parse(stringifyJson(json), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  ) as Json;
}
