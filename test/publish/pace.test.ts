/** How many files of a publication are under way at once. */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Pace } from '../../src/publish/pace.ts';

/** @param answer milliseconds that a store takes to answer, by how many are under way */
function widthAfter(pace: Pace, answer: (width: number) => number): number {
  for (let i = 0; i < 500; i += 1) pace.answered(answer(pace.width));
  return pace.width;
}

test('A store that is far away is asked for many files at once', () => {
  expect(widthAfter(new Pace(), (width) => 30 + width / 4)).toBe(16);
});

test('a store that answers no faster together than one after the other is left room for others', () => {
  expect(widthAfter(new Pace(), (width) => 2 * Math.max(1, width / 2))).toBeLessThan(5);
});

test('a store that becomes busy is asked for fewer', () => {
  const pace = new Pace();
  expect(widthAfter(pace, () => 10)).toBe(16);
  expect(widthAfter(pace, () => 40)).toBe(4);
});

test('no more are begun than may be, and all are done, also after one fails', async () => {
  const pace = new Pace();
  let running = 0;
  const work = async (i: number) => {
    running += 1;
    expect(running).toBeLessThanOrEqual(pace.width);
    await sleep(1);
    running -= 1;
    if (i === 3) throw new Error('no');
    return i;
  };
  const done = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => pace.run(1, () => work(i))));
  expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(49);
});

describe('While somebody else is answered', () => {
  const mostAtOnce = async (pace: Pace) => {
    let running = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (running += 1));
      await setImmediate();
      running -= 1;
    };
    await Promise.all(Array.from({ length: 50 }, () => pace.run(1, work)));
    return most;
  };

  test('a store that shares the processors is asked for one file after the other, and for more when that is over', async () => {
    let isAsked = true;
    const pace = new Pace(() => isAsked);
    widthAfter(pace, (width) => 2 * width);
    expect(await mostAtOnce(pace)).toBe(1);
    isAsked = false;
    expect(await mostAtOnce(pace)).toBeGreaterThan(1);
  });

  test('a store that is far away is asked for as many as before', async () => {
    const pace = new Pace(() => true);
    widthAfter(pace, () => 30);
    expect(await mostAtOnce(pace)).toBe(16);
  });
});
