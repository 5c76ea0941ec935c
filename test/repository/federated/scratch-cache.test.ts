import { expect, test } from 'vitest';
import { ScratchCache, type Place } from '../../../src/repository/federated/join/scratch-cache.ts';

/** A place that is there when the test says so. */
function work() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let stopped: AbortSignal | undefined;
  let removed = 0;
  const make = async (signal: AbortSignal): Promise<Place> => {
    stopped = signal;
    const { promise: given, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    await Promise.race([promise, given]);
    return {
      directory: '/nowhere',
      [Symbol.asyncDispose]: async () => {
        removed += 1;
      },
    };
  };
  return { make, finish: resolve, isStopped: () => stopped!.aborted, removals: () => removed };
}

const never = new AbortController().signal;
const refuse = () => Promise.reject<Place>(new Error('made twice'));

test('who waits for the same rows gets them, also where the first to ask gave up', async () => {
  const cache = new ScratchCache<Place>();
  const { make, finish, isStopped } = work();
  const first = new AbortController();
  const given = cache.borrow('rows', false, make, first.signal);
  const second = cache.borrow('rows', false, refuse, never);
  first.abort(new Error('gave up'));
  await expect(given).rejects.toThrow('gave up');
  finish();
  expect((await second).place.directory).toBe('/nowhere');
  expect(isStopped()).toBe(false);
  await using third = await cache.borrow('rows', false, refuse, never);
  expect(third.place.directory).toBe('/nowhere');
});

test('what nobody waits for any more is given up, and made anew for who asks next', async () => {
  const cache = new ScratchCache<Place>();
  const { make, isStopped } = work();
  const [first, second] = [new AbortController(), new AbortController()];
  const both = [first, second].map(({ signal }) => cache.borrow('rows', false, make, signal));
  first.abort(new Error('gave up'));
  expect(isStopped()).toBe(false);
  second.abort(new Error('gave up too'));
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(isStopped()).toBe(true);
  const again = work();
  again.finish();
  await using found = await cache.borrow('rows', false, again.make, never);
  expect(found.place.directory).toBe('/nowhere');
});
