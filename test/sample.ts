/**
 * How much of the long suites runs: in `npm test` a sample that is always the same, in `npm run test:full` all of it.
 * Property tests import fast-check from here.
 */
import fc from 'fast-check';

/** Whether all of it runs. */
export const isFull = process.env['SATELLITE_TEST_FULL'] === '1';

/** Runs of a property: `count` in `npm test`, ten times as many in full. */
export function runs(count: number): number {
  return isFull ? 10 * count : count;
}

/** Every `n`th of the cases; in full, all of them. */
export function oneIn<Case>(n: number, cases: readonly Case[]): readonly Case[] {
  return isFull ? cases : cases.filter((_, i) => i % n === 0);
}

// In full, fast-check takes a new seed each time, and prints it with a property that fails.
fc.configureGlobal({ numRuns: runs(100), ...(!isFull && { seed: 20_261_124 }) });

export default fc;
