import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Verdicts } from '../../src/access/verdicts.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

const open = () => new Verdicts<{ readonly n: number }>({ seconds: 60, refusedSeconds: 5 });

test('many who ask at once for one credential make one question', async () => {
  const verdicts = open();
  let asked = 0;
  const answers = await Promise.all(
    Array.from({ length: 50 }, () =>
      verdicts.get('secret', async () => {
        await Promise.resolve();
        return { n: ++asked };
      }),
    ),
  );
  expect(asked).toBe(1);
  expect(new Set(answers).size).toBe(1);
});

test('an answer is asked for again after a third of its age, and used to its age while there is no other', async () => {
  const verdicts = open();
  const fail = () => Promise.reject(new Error('down'));
  expect(await verdicts.get('secret', async () => ({ n: 1 }))).toEqual({ n: 1 });
  vi.advanceTimersByTime(19_999);
  expect(await verdicts.get('secret', fail)).toEqual({ n: 1 });
  vi.advanceTimersByTime(1);
  expect(await verdicts.get('secret', fail)).toEqual({ n: 1 });
  vi.advanceTimersByTime(39_999);
  expect(await verdicts.get('secret', fail)).toEqual({ n: 1 });
  vi.advanceTimersByTime(1);
  await expect(verdicts.get('secret', fail)).rejects.toThrow('down');
  expect(await verdicts.get('secret', async () => ({ n: 2 }))).toEqual({ n: 2 });
});

test('a refusal ends an answer at once, and is used for its own, shorter time', async () => {
  const verdicts = open();
  await verdicts.get('secret', async () => ({ n: 1 }));
  vi.advanceTimersByTime(20_000);
  expect(await verdicts.get('secret', async () => null)).toBeNull();
  expect(await verdicts.get('secret', async () => ({ n: 2 }))).toBeNull();
  vi.advanceTimersByTime(5_000);
  expect(await verdicts.get('secret', async () => ({ n: 2 }))).toEqual({ n: 2 });
});

test('made-up credentials do not drive out good ones', async () => {
  const verdicts = open();
  await verdicts.get('secret', async () => ({ n: 1 }));
  for (let i = 0; i < 11_000; i++) await verdicts.get(`made up ${i}`, async () => null);
  expect(await verdicts.get('secret', async () => ({ n: 2 }))).toEqual({ n: 1 });
});
