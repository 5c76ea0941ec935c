/** A run that a machine of its user's has claimed: when that machine leaves it, as another may have it by then. */
import { expect, test } from 'vitest';
import { KeptClaim } from '../../src/cli/kept-claim.ts';

/** One whose clock is set by hand; each beat is answered by hand, too. */
function claimed() {
  const state = { now: 0, lost: [] as unknown[], kept: [] as string[] };
  const beats: PromiseWithResolvers<string>[] = [];
  const claim = new KeptClaim<string>({
    ...{ since: 0, now: () => state.now },
    beat: () => (beats.push(Promise.withResolvers<string>()), beats.at(-1)!.promise),
    onKept: (held) => void state.kept.push(held),
    isRefusal: (error) => error === 'refused',
    onLost: (why) => void state.lost.push(why),
  });
  const tickAt = (now: number) => {
    state.now = now;
    return { done: claim.tick(), beat: beats.at(-1)! };
  };
  return { claim, state, tickAt };
}

test('is left after forty seconds in which no beat was answered, nor refused', () => {
  const { claim, state, tickAt } = claimed();
  using _claim = claim;
  for (const now of [10_000, 20_000, 30_000]) tickAt(now);
  expect(state.lost).toEqual([]);
  tickAt(40_000);
  expect(state.lost).toHaveLength(1);
});

test('is kept from the latest beat that was answered, in whatever order the answers come', async () => {
  const { claim, state, tickAt } = claimed();
  using _claim = claim;
  const [first, second] = [tickAt(10_000), tickAt(20_000)];
  second.beat.resolve('second');
  await second.done;
  first.beat.resolve('first');
  await first.done;
  expect(state.kept).toEqual(['second']);
  tickAt(55_000);
  expect(state.lost).toEqual([]);
  tickAt(60_000);
  expect(state.lost).toHaveLength(1);
});

test('is left at once where the gateway says that it is another’s, and not where it is away', async () => {
  const { claim, state, tickAt } = claimed();
  using _claim = claim;
  for (const [at, why] of [[10_000, 'away'] as const, [20_000, 'refused'] as const]) {
    const { beat, done } = tickAt(at);
    beat.reject(why);
    await done;
  }
  expect(state.lost).toEqual(['refused']);
});
