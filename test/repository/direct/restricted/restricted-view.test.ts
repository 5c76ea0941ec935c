import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import fc, { runs } from '../../../sample.ts';
import { answersOf, PATHS } from './answers.ts';
import { postgresPlaces, sqlitePlaces, type Places } from './places.ts';
import { RECORDS } from './sky.ts';
import { build, carriedRecords, readablePart, rules, worlds } from './world.ts';

const ctx = () => ({ caller: { username: 'ann' }, signal: AbortSignal.timeout(600_000) });

describe.each([
  ['SQLite', sqlitePlaces, 2],
  ['PostgreSQL', postgresPlaces, 1],
] as const)('Who may read a part of a repository on %s', (_, makePlaces, worldsTried) => {
  let places: Places;
  beforeAll(async () => {
    places = await makePlaces();
  });
  afterAll(() => places[Symbol.asyncDispose]());

  test('gets the answers of a repository that holds nothing else', { timeout: 3_000_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        worlds(60),
        fc.array(fc.tuple(rules, fc.subarray([...PATHS], { minLength: 6, maxLength: 8 })), {
          minLength: 2,
          maxLength: 3,
        }),
        async (world, asked) => {
          const whole = await places.empty();
          await build(whole, world, RECORDS, ctx());
          for (const [rule, paths] of asked) {
            const part = readablePart(world, rule);
            const alone = await places.empty();
            await build(alone, part, carriedRecords(part), ctx());
            const seen = await answersOf(whole.readableAs(rule), world, paths, ctx());
            expect(seen).toEqual(await answersOf(alone, world, paths, ctx()));
          }
        },
      ),
      // to shrink takes longer than to look at the difference
      { numRuns: runs(worldsTried), endOnFailure: true },
    );
  });
});
