import { describe, expect, it } from 'vitest';
import { FairSlots } from '../../../src/repository/remote/fair-slots.ts';

const { signal } = new AbortController();
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('fair slots', () => {
  it('serve users in turn, so that one who asks for much delays another by one request only', async () => {
    const slots = new FairSlots({ perUser: 2, total: 2 });
    const order: string[] = [];
    const run = async (user: string, name: string) => {
      const slot = await slots.acquire(user, signal);
      order.push(name);
      await settled();
      slot.release();
    };
    const greedy = Array.from({ length: 6 }, (_, i) => run('greedy', `greedy${String(i)}`));
    const modest = [run('modest', 'modest0'), run('modest', 'modest1')];
    await Promise.all([...greedy, ...modest]);
    expect(order.indexOf('modest0')).toBeLessThan(order.indexOf('greedy4'));
    expect(order.indexOf('modest1')).toBeLessThan(order.indexOf('greedy5'));
  });

  it('never give a user more than the share, nor all users more than there are', async () => {
    const slots = new FairSlots({ perUser: 1, total: 2 });
    const running = new Map<string, number>();
    let most = 0;
    const run = async (user: string) => {
      const slot = await slots.acquire(user, signal);
      running.set(user, (running.get(user) ?? 0) + 1);
      expect(running.get(user)).toBe(1);
      most = Math.max(
        most,
        [...running.values()].reduce((a, b) => a + b),
      );
      await settled();
      running.set(user, running.get(user)! - 1);
      slot.release();
      slot.release();
    };
    await Promise.all(['a', 'a', 'b', 'b', 'c', 'c', 'a', 'd'].map(run));
    expect(most).toBe(2);
  });

  it('let one who waits leave, with the reason of the abort', async () => {
    const slots = new FairSlots({ perUser: 1, total: 1 });
    const slot = await slots.acquire('a', signal);
    const leaving = new AbortController();
    const reason = new Error('client gone');
    const waiting = slots.acquire('b', leaving.signal);
    const next = slots.acquire('c', signal);
    leaving.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(slots.acquire('b', leaving.signal)).rejects.toBe(reason);
    slot.release();
    (await next).release();
    (await slots.acquire('b', signal)).release();
  });

  it('tell the holder of a slot that another waits for it', async () => {
    const slots = new FairSlots({ perUser: 1, total: 2 });
    const [a, b] = [await slots.acquire('a', signal), await slots.acquire('b', signal)];
    expect(a.wanted).toBe(false);
    const second = slots.acquire('a', signal);
    expect([a.wanted, b.wanted]).toEqual([true, false]);
    const third = slots.acquire('c', signal);
    expect([a.wanted, b.wanted]).toEqual([true, true]);
    a.release();
    expect(a.wanted).toBe(false);
    b.release();
    for (const slot of [await second, await third]) slot.release();
  });
});
