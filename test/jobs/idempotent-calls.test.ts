import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SatelliteError, UncertainCommitError } from '../../src/butler/errors.ts';
import { CALL_TABLES, IdempotentCalls, type CallAttempt } from '../../src/jobs/idempotent-calls.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';
import { prepareTables } from '../../src/state/tables.ts';

/** How long a call may take, ms. */
const LONGEST = 60_000;
const signal = AbortSignal.timeout(20 * 60_000);
const call = { owner: 'alice', mutation: 'deleteSatellite', key: 'k', input: { satellite: 'mine' } };
const never = () => new Promise<string>(() => undefined);

let state: State;
beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'calls-'));
  state = await openState(`sqlite:${join(directory, 'state.sqlite3')}`, signal);
  await prepareTables(state.database, CALL_TABLES, signal);
});
afterEach(() => state.close());

/** Gateways that share their state with others. */
const replica = () => {
  const { database, secret } = state;
  const close = () => state.close();
  return new IdempotentCalls({ database, secret, postgresUrl: 'postgresql://shared', close }, LONGEST);
};

/** Begins a call that goes on until it is ended. */
async function begun(calls: IdempotentCalls) {
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const { promise: work, resolve: end } = Promise.withResolvers<string>();
  const answer = calls.once(call, () => (start(), work));
  await started;
  return { answer, end };
}

test('a call that was interrupted by the end of the only gateway is done by the next one at once', async () => {
  await begun(new IdempotentCalls(state, LONGEST));
  const next = new IdempotentCalls(state, LONGEST);
  expect(await next.once(call, () => Promise.resolve('done'))).toBe('done');
  expect(await next.once(call, never)).toBe('done');
});

test('a call that may have been done is told so when it is done again, and makes the same identifiers', async () => {
  const attempts: CallAttempt[] = [];
  const failing = (error: Error) => async (attempt: CallAttempt) => {
    attempts.push(attempt);
    throw error;
  };
  const calls = new IdempotentCalls(state, LONGEST);
  await expect(calls.once(call, failing(new SatelliteError('CONFLICT', 'no')))).rejects.toThrow('no');
  await expect(calls.once(call, failing(new SatelliteError('UPSTREAM_UNAVAILABLE', 'away')))).rejects.toThrow('away');
  await expect(calls.once(call, failing(new TypeError('a defect')))).rejects.toThrow('a defect');
  const done = await calls.once(call, async (attempt) => (attempts.push(attempt), 'done'));
  expect(done).toBe('done');
  expect(attempts.map(({ isRepeat }) => isRepeat)).toEqual([false, false, true, true]);
  expect(new Set(attempts.slice(1).map(({ seed }) => seed.toString('hex'))).size).toBe(1);
});

test.each([
  ['the database was taken over during its commit', () => new UncertainCommitError('mine', new Error('overtaken'))],
  ['its time was over', () => new SatelliteError('DEADLINE_EXCEEDED', 'too long')],
  ['a server had too many requests', () => new SatelliteError('RATE_LIMITED', 'later')],
])('a call that broke off as %s is repeated, also after a repeat was refused', async (_why, broken) => {
  const calls = new IdempotentCalls(state, LONGEST);
  const repeats: boolean[] = [];
  const failing = (error: Error) => async (attempt: CallAttempt) => {
    repeats.push(attempt.isRepeat);
    throw error;
  };
  const refusal = new SatelliteError('FORBIDDEN', 'not now');
  for (const error of [broken(), refusal, refusal]) await expect(calls.once(call, failing(error))).rejects.toBe(error);
  expect(repeats).toEqual([false, true, true]);
});

test('a call that came so long ago that it is forgotten is done as another, with other identifiers', async () => {
  const attempts: CallAttempt[] = [];
  const note = async (attempt: CallAttempt) => (attempts.push(attempt), attempts.length);
  const calls = new IdempotentCalls(state, LONGEST);
  expect([await calls.once(call, note), await calls.once(call, note)]).toEqual([1, 1]);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 8 * 86_400_000 });
  try {
    expect(await calls.once(call, note)).toBe(2);
  } finally {
    vi.useRealTimers();
  }
  expect(attempts[1]!.seed).not.toEqual(attempts[0]!.seed);
});

test('a call that was interrupted before an upgrade of the gateway is repeated after it', async () => {
  const older = await openState(`sqlite:${join(await mkdtemp(join(tmpdir(), 'calls-')), 'state.sqlite3')}`, signal);
  await prepareTables(older.database, { ...CALL_TABLES, versions: CALL_TABLES.versions.slice(0, 1) }, signal);
  const row = sql`INSERT INTO ${older.database.table('call')} (owner, mutation, idempotency_key, input, begun_at)
    VALUES ('alice', 'deleteSatellite', 'k', ${createHash('sha256').update('{"satellite":"mine"}').digest('hex')}, ${BigInt(Date.now())})`;
  await older.database.transaction((transaction) => transaction.run(row), signal);
  try {
    await prepareTables(older.database, CALL_TABLES, signal);
    const calls = new IdempotentCalls(older, LONGEST);
    expect(await calls.once(call, async ({ isRepeat }) => isRepeat)).toBe(true);
  } finally {
    await older.close();
  }
});

test('an answer that opens something is kept, and cannot be read in the database', async () => {
  const calls = new IdempotentCalls(state, 60_000);
  const answer = { upload: { url: 'https://store.example/zip?signed=by-the-store' } };
  expect(await calls.once(call, async () => answer)).toEqual(answer);
  expect(await replica().once(call, never)).toEqual(answer);
  const table = state.database.table('call');
  const [row] = await state.database.all(sql`SELECT answer FROM ${table}`, signal);
  expect(row![0]).toMatch(/^[\w-]{60,}$/);
  // As a gateway before this one kept it.
  await state.database.transaction(
    (transaction) => transaction.run(sql`UPDATE ${table} SET answer = ${JSON.stringify(answer)}`),
    signal,
  );
  expect(await replica().once(call, never)).toEqual(answer);
});

test('a call that another gateway is doing is waited for, and answered alike', async () => {
  const elsewhere = await begun(replica());
  const again = replica().once(call, never);
  elsewhere.end('done');
  expect(await again).toBe('done');
});

test('a call that another gateway is doing for long is a conflict that says when to ask again', async () => {
  const elsewhere = await begun(replica());
  const again = replica().once(call, never);
  const later = performance.now() + LONGEST;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => later);
  await expect(again).rejects.toMatchObject({ code: 'CONFLICT', retryAfter: 60 });
  clock.mockRestore();
  elsewhere.end('done');
  await elsewhere.answer;
});
