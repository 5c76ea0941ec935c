/**
 * Random queries, put to one repository and to two that share out what it holds: the answers are the same.  In full, 10 000
 * queries; divisions are reused, so that most of the time goes into queries.  A `SATELLITE_TEST_SEED` from 1 on makes other
 * divisions and queries.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../../fixtures/repositories.ts';
import fc, { isFull } from '../../sample.ts';
import { answerTo, described, divide, queryOf, type Division } from './division.ts';
import { vocabularyOf, type Vocabulary } from './random-queries.ts';

const QUERIES = isFull ? 10_000 : 150;
const SEED = Number(process.env['SATELLITE_TEST_SEED'] ?? 0);
/** One of each kind of each repository; see `splitRepository`. */
const DIVISIONS = isFull ? 40 : 8;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
const divisions: Division[] = [];
const vocabularies = new Map<Division, Vocabulary>();

beforeAll(async () => {
  directory = await temporaryDirectory();
  for (let i = 0; i < DIVISIONS; i += 1) {
    divisions.push(await divide(i % 2 === 0 ? 'satellite' : 'official', directory.path, (SEED * DIVISIONS + i) >> 1));
  }
  for (const division of divisions) vocabularies.set(division, await vocabularyOf(division.whole));
});

afterAll(async () => {
  for (const division of divisions) await division[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

test(
  'two repositories answer any query as the one that holds what both hold',
  async () => {
    const division = fc.nat({ max: DIVISIONS - 1 });
    const property = fc.asyncProperty(division, fc.gen(), async (i, gen) => {
      const { whole, together } = divisions[i]!;
      const query = queryOf(vocabularies.get(divisions[i]!)!, gen);
      fc.pre(query !== undefined);
      expect(await answerTo(together, query), described(divisions[i]!, query)).toEqual(await answerTo(whole, query));
    });
    await fc.assert(property, { numRuns: QUERIES, ...(SEED > 0 && { seed: SEED }) });
  },
  24 * 3_600_000,
);
