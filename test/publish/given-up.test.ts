/** A way out of what is begun and does not go on: nothing of it is visible then, or later. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import { HeldError } from '../../src/jobs/job.ts';
import { keyOf, type Moment } from './kept-commit.ts';
import { publishingOfFile } from './publishing-world.ts';

const world = await publishingOfFile();
afterEach(() => {
  world.commit.before = () => Promise.resolve();
  world.commit.after = () => Promise.resolve();
});

const AWAY = new SatelliteError('UPSTREAM_UNAVAILABLE', "Repository 'published' is not there.");
const FAILURE = new SatelliteError('CONFLICT', 'The disk is full of holes.');
const HELD = new HeldError('UNAUTHENTICATED', 'Sign in again.');

function failAt(error: Error, ...moments: readonly Moment[]): void {
  world.commit.before = (moment) => (moments.includes(moment) ? Promise.reject(error) : Promise.resolve());
}

/** Away from the moment on in which something became visible, so that its job, which tries again, does not find that out. */
function failOnceVisible(): void {
  world.commit.after = () => {
    failAt(AWAY, 'ASKED');
    return Promise.reject(AWAY);
  };
}

async function approved(name: string, publication?: string) {
  if (publication === undefined) await world.filled(name, `u/alice/${name}`, 1);
  const title = publication === undefined ? name : `Again ${name}`;
  const wanted = { satellite: name, collections: [`u/alice/${name}`], title, publication };
  const { id, digest, version } = await world.did('alice', 'submitPublication', wanted);
  await world.did('curator', 'approvePublication', { publication: id, digest });
  return { id, version };
}

/** Approved, and without an answer of its repository while it was being made visible. */
async function stuck(error: Error, name: string, publication?: string) {
  failAt(error, 'VISIBLE');
  const { id, version } = await approved(name, publication);
  await world.reached('alice', id, 'COMMITTING');
  const isWaiting = error instanceof HeldError ? 'HELD' : 'QUEUED';
  await reachedJob(id, isWaiting);
  return { id, version };
}

/** Approved, and its work ended with a failure. */
async function failed(name: string) {
  failAt(FAILURE, 'VERIFYING');
  const { id, version } = await approved(name);
  await world.reached('alice', id, 'FAILED');
  await reachedJob(id, 'FAILED');
  failAt(FAILURE);
  return { id, version };
}

const jobOf = async (id: string) =>
  (await world.look('alice', id, 'job {id kind state}')).job as { id: string; kind: string; state: string };
async function reachedJob(id: string, ...states: readonly string[]): Promise<void> {
  await vi.waitFor(async () => expect(states).toContain((await jobOf(id)).state), { timeout: 240_000 });
}

describe('what waits in the middle of its commit', () => {
  test.each([
    ['alice', HELD],
    ['curator', AWAY],
  ] as const)('is given up by %s: it never becomes visible, and its work ends', async (user, error) => {
    const { id, version } = await stuck(error, `stuck-${user}`);
    expect((await world.look(user, id, 'actions')).actions).toContain('WITHDRAW');
    const given = await world.did(user, 'withdrawPublication', { publication: id, version });
    expect(given).toMatchObject({ state: 'CANCELLED', reason: `Given up by ${user}.` });
    failAt(AWAY);
    const { id: job } = await jobOf(id);
    await world.change('alice', 'retryJob', { job }, 'job {id}');
    // What tried again at that moment was cancelled.
    await reachedJob(id, 'FAILED', 'CANCELLED');
    expect(world.commit.swept).toContain(id);
    expect(world.commit.visible.size).toBe(0);
    expect((await world.see('alice', id)).state).toBe('CANCELLED');
    // Its next version is no other than any.
    const next = await approved(`stuck-${user}`, id);
    await world.reached('alice', id, 'PUBLISHED');
    await world.done('alice', 'withdrawPublication', {
      ...{ publication: id, comment: 'Done.' },
      version: next.version,
    });
  });

  test('and is visible already, as it turns out, is not given up but withdrawn, as the version before has gone', async () => {
    failOnceVisible();
    const { id } = await approved('answered');
    await world.reached('alice', id, 'COMMITTING');
    await reachedJob(id, 'QUEUED');
    expect(await world.refused('alice', 'withdrawPublication', { publication: id })).toBe('CONFLICT');
    failAt(AWAY);
    await world.reached('alice', id, 'PUBLISHED');
    await world.done('alice', 'withdrawPublication', { publication: id, comment: 'Done.' });
    expect(world.commit.visible.size).toBe(0);
  });

  test('is given up while its repository is away, which lets it in no more when it is back; the version before stays', async () => {
    const first = await approved('away');
    await world.reached('alice', first.id, 'PUBLISHED');
    const { id, version } = await stuck(AWAY, 'away', first.id);
    failAt(AWAY, 'VISIBLE', 'KEPT OUT');
    expect(await world.did('alice', 'withdrawPublication', { publication: id })).toMatchObject({ state: 'CANCELLED' });
    expect(await jobOf(id)).toMatchObject({ kind: 'withdrawPublication' });
    failAt(AWAY, 'VISIBLE');
    await reachedJob(id, 'COMPLETED');
    expect([...world.commit.visible.keys()]).toEqual([keyOf({ publication: id, version: 1 })]);
    const { versions } = await world.look('alice', id, 'versions {version state}');
    expect(versions).toEqual([
      { version, state: 'CANCELLED' },
      { version: 1, state: 'PUBLISHED' },
    ]);
    await world.done('alice', 'withdrawPublication', { publication: id, version: 1, comment: 'Done.' });
  });

  test('and had become visible before its repository was away is taken out when that is back, with a tombstone', async () => {
    const first = await approved('late');
    await world.reached('alice', first.id, 'PUBLISHED');
    failOnceVisible();
    const { id, version } = await approved('late', first.id);
    await world.reached('alice', id, 'COMMITTING');
    await reachedJob(id, 'QUEUED');
    failAt(AWAY, 'ASKED', 'KEPT OUT');
    await world.did('alice', 'withdrawPublication', { publication: id, comment: 'Not so.' });
    failAt(AWAY);
    await reachedJob(id, 'COMPLETED');
    expect(world.commit.visible.size).toBe(0);
    const { versions } = await world.look('alice', id, 'versions {version state reason}');
    expect(versions).toEqual([
      { version, state: 'WITHDRAWN', reason: 'Not so.' },
      { version: 1, state: 'WITHDRAWN', reason: 'Version 2 has taken its place.' },
    ]);
  });
});

test.each([
  ['withdrawPublication', 'alice', 'CANCELLED'],
  ['requestPublicationChanges', 'second', 'CHANGES_REQUESTED'],
  ['rejectPublication', 'second', 'REJECTED'],
] as const)('%s ends work that is HELD, and sweeps what it has staged', async (mutation, user, state) => {
  failAt(HELD, 'VERIFYING');
  const { id } = await approved(`held-${state.slice(0, 6).toLowerCase()}`);
  await reachedJob(id, 'HELD');
  expect(world.commit.swept).not.toContain(id);
  await world.did(user, mutation, { publication: id, comment: 'Not so.' });
  await reachedJob(id, 'FAILED');
  expect(world.commit.swept).toContain(id);
  expect((await world.see('alice', id)).state).toBe(state);
});

describe.each([
  ['requestPublicationChanges', 'CHANGES_REQUESTED', 'REQUEST_CHANGES'],
  ['rejectPublication', 'REJECTED', 'REJECT'],
] as const)('%s of what was approved, and whose work failed', (mutation, state, action) => {
  test('leaves nothing that could be tried again', async () => {
    const { id } = await failed(`failed-${action.slice(0, 3).toLowerCase()}`);
    expect((await world.look('second', id, 'actions')).actions).toContain(action);
    expect(await world.did('second', mutation, { publication: id, comment: 'Not so.' })).toMatchObject({ state });
    const { id: job } = await jobOf(id);
    await world.change('alice', 'retryJob', { job }, 'job {id}');
    await reachedJob(id, 'FAILED');
    expect(await world.see('alice', id)).toMatchObject({ state, reason: 'Not so.' });
    expect(world.commit.visible.size).toBe(0);
  });

  test('is a CONFLICT where it is visible all the same, and says so where its repository cannot tell', async () => {
    const { id, version } = await failed(`shown-${action.slice(0, 3).toLowerCase()}`);
    failAt(AWAY, 'KEPT OUT');
    expect(await world.refused('second', mutation, { publication: id, comment: 'No.' })).toBe('UPSTREAM_UNAVAILABLE');
    failAt(AWAY);
    world.commit.show({ publication: id, version }, ['a']);
    expect(await world.refused('second', mutation, { publication: id, comment: 'No.' })).toBe('CONFLICT');
    world.commit.hide({ publication: id, version });
  });
});

test('what was approved and whose work failed is given up for good: its repository keeps it out, when it is back', async () => {
  const { id, version } = await failed('failed-own');
  world.commit.show({ publication: id, version }, ['a']);
  expect(await world.refused('alice', 'withdrawPublication', { publication: id })).toBe('CONFLICT');
  world.commit.hide({ publication: id, version });
  failAt(AWAY, 'KEPT OUT');
  expect(await world.did('alice', 'withdrawPublication', { publication: id })).toMatchObject({ state: 'CANCELLED' });
  expect(await jobOf(id)).toMatchObject({ kind: 'withdrawPublication' });
  failAt(AWAY);
  await reachedJob(id, 'COMPLETED');
  expect((await world.see('alice', id)).state).toBe('CANCELLED');
});

test('files that are still being staged are not brought to their end when it is given up', async () => {
  const begun = Promise.withResolvers<void>();
  const never = Promise.withResolvers<void>();
  world.commit.before = async (moment) => {
    if (moment !== 'STAGING') return;
    begun.resolve();
    await never.promise;
  };
  const { id } = await approved('long');
  await begun.promise;
  await world.did('alice', 'withdrawPublication', { publication: id });
  // As a copy does that is under way.
  never.reject(new Error('It was stopped.'));
  await reachedJob(id, 'CANCELLED');
  expect(world.commit.swept).toContain(id);
});
