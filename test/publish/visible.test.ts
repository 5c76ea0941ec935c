/** What is visible in the published repository is PUBLISHED, and what is PUBLISHED visible, however the work on it ends. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import { keyOf } from './kept-commit.ts';
import { openPublishing, type PublishingWorld, type Shown } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

let directory: string;
let world: PublishingWorld;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'visible-'));
  world = await openPublishing({ state: `sqlite:${statePath()}` });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const statePath = () => join(directory, 'state.sqlite3');

/** Identifier of what lets somebody read a collection, as its owner has seen it. */
function grantTo(user: string, collection: string): string {
  const state = new Database(statePath(), { readonly: true });
  const find = state.prepare('SELECT id FROM access_grant WHERE subject = ? AND collection = ? AND revoked_at IS NULL');
  const { id } = find.get(user, collection) as { id: string };
  state.close();
  return id;
}

let made = 0;

/** A request of alice's, for bob, that waits for its review. */
async function submitted(input: object = {}): Promise<{ readonly shown: Shown; readonly run: string }> {
  const satellite = `v${(made += 1)}`;
  const run = `u/alice/${satellite}`;
  await world.filled(satellite, run, 1);
  const wanted = { satellite, collections: [run], title: satellite, readers: { users: ['bob'] }, ...input };
  const shown = await world.did('alice', 'submitPublication', wanted);
  expect(shown.state).toBe('SUBMITTED');
  return { shown, run };
}

const approve = ({ id, digest }: Shown) => world.did('curator', 'approvePublication', { publication: id, digest });

async function reads(user: string, collection: string): Promise<boolean> {
  const query = `query ($c: String, $u: String) {
    effectiveAccess(satellite: "published", collection: $c, user: $u) {allowed}}`;
  const { data } = await world.ask('alice', query, { c: collection, u: user });
  return data.effectiveAccess.allowed as boolean;
}

async function refusedCancel(user: string, job: string): Promise<string> {
  const { errors } = await world.change(user, 'cancelJob', { job }, 'job {id}');
  return String(errors?.[0]?.extensions['code']);
}

describe('what became visible', () => {
  test('is published for its readers, though the work on it failed after that', async () => {
    const { shown, run } = await submitted();
    world.commit.after = () => Promise.reject(new SatelliteError('CONFLICT', 'The trash could not be emptied.'));
    await approve(shown);
    const published = await world.reached('alice', shown.id, 'PUBLISHED', 'FAILED');
    world.commit.after = () => Promise.resolve();
    expect(published.state).toBe('PUBLISHED');
    expect(await reads('bob', run)).toBe(true);
    await world.done('alice', 'withdrawPublication', { publication: shown.id, comment: 'An error in it.' });
    expect(world.commit.visible.has(keyOf({ publication: shown.id, version: 1 }))).toBe(false);
  });

  test('is published for its readers, though its submitter cancelled the job', async () => {
    const { shown, run } = await submitted();
    world.commit.after = async ({ task }) => {
      const aborted = task.signal.aborted ? undefined : once(task.signal, 'abort');
      await world.change('alice', 'cancelJob', { job: task.jobId }, 'job {id}');
      await aborted;
      task.signal.throwIfAborted();
    };
    await approve(shown);
    const published = await world.reached('alice', shown.id, 'PUBLISHED', 'FAILED');
    world.commit.after = () => Promise.resolve();
    expect(published.state).toBe('PUBLISHED');
    expect(await reads('bob', run)).toBe(true);
  });
});

describe('what another gateway, which was taken for dead, makes visible at the last moment', () => {
  /** Of version 1, in a state without work. */
  async function ended(shown: Shown, state: string): Promise<string> {
    const jobOf = () => world.look('alice', shown.id, 'state job {id state}');
    await vi.waitFor(async () => expect(await jobOf()).toMatchObject({ state, job: { state: 'FAILED' } }), 240_000);
    return (await jobOf()).job.id as string;
  }
  /** It is tried again where something has changed at its source. */
  async function becameStale(also: (shown: Shown) => void) {
    const { shown, run } = await submitted();
    let tries = 0;
    world.commit.before = async (stage) => {
      if (stage === 'VISIBLE') {
        await world.ingest(`v${made}`, run, 1, { name: 'later' });
        throw new SatelliteError('UPSTREAM_UNAVAILABLE', 'It does not answer.');
      }
      if (stage === 'COMMITTING' && (tries += 1) === 2) also(shown);
    };
    await approve(shown);
    return { shown, run };
  }

  test('is published for its readers, though its source was found to have changed and it was STALE', async () => {
    const { shown, run } = await becameStale((one) => world.commit.show({ publication: one.id, version: 1 }, []));
    const stateNow = async () => (await world.see('alice', shown.id)).state;
    await vi.waitFor(async () => expect(await stateNow()).toBe('PUBLISHED'), 240_000);
    world.commit.before = () => Promise.resolve();
    const state = new Database(statePath(), { readonly: true });
    const events = state.prepare('SELECT event FROM publication_event WHERE publication = ? ORDER BY at, rowid');
    expect(events.pluck().all(shown.id).slice(-2)).toEqual(['STALE', 'PUBLISHED']);
    state.close();
    expect(await reads('bob', run)).toBe(true);
  });

  test('is published by retryJob, where it comes when its work here has ended', async () => {
    const { shown, run } = await becameStale(() => undefined);
    const job = await ended(shown, 'STALE');
    world.commit.before = () => Promise.resolve();
    expect(await reads('bob', run)).toBe(false);
    world.commit.show({ publication: shown.id, version: 1 }, []);
    await world.done('alice', 'retryJob', { job });
    expect((await world.see('alice', shown.id)).state).toBe('PUBLISHED');
    expect(await reads('bob', run)).toBe(true);

    const { shown: other, run: otherRun } = await submitted();
    world.commit.before = (stage) =>
      stage === 'VISIBLE' ? Promise.reject(new SatelliteError('CONFLICT', 'In its place.')) : Promise.resolve();
    await approve(other);
    const failed = await ended(other, 'FAILED');
    world.commit.before = () => Promise.resolve();
    const { commits } = world.commit;
    world.commit.show({ publication: other.id, version: 1 }, []);
    await world.done('alice', 'retryJob', { job: failed });
    expect((await world.see('alice', other.id)).state).toBe('PUBLISHED');
    // It was not brought over again.
    expect(world.commit.commits).toBe(commits + 1);
    expect(await reads('bob', otherRun)).toBe(true);
  });

  test('is not published where nothing of it is visible: what is STALE stays so, however often it is tried', async () => {
    const { shown, run } = await becameStale(() => undefined);
    const job = await ended(shown, 'STALE');
    world.commit.before = () => Promise.resolve();
    await world.change('alice', 'retryJob', { job }, 'job {id}');
    await ended(shown, 'STALE');
    expect(world.commit.visible.has(keyOf({ publication: shown.id, version: 1 }))).toBe(false);
    expect(await reads('bob', run)).toBe(false);
  });
});

describe('readers', () => {
  test('of the version before do not read the new one, which is for others, from the moment it is there', async () => {
    const { shown, run } = await submitted();
    await approve(shown);
    await world.reached('alice', shown.id, 'PUBLISHED');
    expect(await reads('bob', run)).toBe(true);
    const wanted = { publication: shown.id, satellite: `v${made}`, collections: [run], title: 'x' };
    const next = await world.did('alice', 'submitPublication', { ...wanted, readers: { users: ['carol'] } });
    const seen: boolean[] = [];
    // It fails in the middle, once, and the readers of the version that stays are let in again.
    world.commit.before = async (stage) => {
      if (stage === 'VISIBLE') {
        seen.push(await reads('bob', run));
        throw new SatelliteError('CONFLICT', 'Something is in its place.');
      }
    };
    await approve(next);
    await world.reached('alice', shown.id, 'FAILED');
    expect(seen).toEqual([false]);
    expect(await reads('bob', run)).toBe(true);
    world.commit.before = async (stage) => {
      if (stage === 'VISIBLE') seen.push(await reads('bob', run));
    };
    const { job } = await world.look('alice', shown.id, 'job {id}');
    await world.done('alice', 'retryJob', { job: job.id });
    world.commit.before = () => Promise.resolve();
    expect((await world.see('alice', shown.id)).state).toBe('PUBLISHED');
    expect(seen).toEqual([false, false]);
    expect([await reads('bob', run), await reads('carol', run)]).toEqual([false, true]);
  });

  test('whom their owner takes out while it is tried again stay out, and the others get it back', async () => {
    const { shown, run } = await submitted({ readers: { users: ['bob', 'dave'] } });
    await approve(shown);
    await world.reached('alice', shown.id, 'PUBLISHED');
    const wanted = { publication: shown.id, satellite: `v${made}`, collections: [run], title: 'x' };
    const next = await world.did('alice', 'submitPublication', { ...wanted, readers: { users: ['carol'] } });
    const readers = () => Promise.all(['bob', 'dave', 'carol'].map((user) => reads(user, run)));
    const seen: (readonly boolean[])[] = [];
    world.commit.before = async (stage) => {
      if (stage === 'STAGING' && seen.length === 1) {
        seen.push(await readers());
        await world.revoke(grantTo('bob', run));
        const comment = { publication: shown.id, comment: 'Not for bob.' };
        await world.done('alice', 'commentPublication', comment, 'publication {id}');
      }
      if (stage !== 'VISIBLE') return;
      seen.push(await readers());
      throw new SatelliteError(seen.length === 1 ? 'UPSTREAM_UNAVAILABLE' : 'CONFLICT', 'It does not answer.');
    };
    await approve(next);
    await world.reached('alice', shown.id, 'FAILED');
    world.commit.before = () => Promise.resolve();
    expect(seen).toEqual([
      [false, false, false],
      [true, true, false],
      [false, false, false],
    ]);
    expect(await readers()).toEqual([false, true, false]);
  });

  test('of the version before get it back where the job of the next is cancelled in the middle', async () => {
    const { shown, run } = await submitted();
    await approve(shown);
    await world.reached('alice', shown.id, 'PUBLISHED');
    const wanted = { publication: shown.id, satellite: `v${made}`, collections: [run], title: 'x' };
    const next = await world.did('alice', 'submitPublication', { ...wanted, readers: { users: ['carol'] } });
    const seen: boolean[] = [];
    world.commit.before = async (stage) => {
      if (stage !== 'VISIBLE') return;
      seen.push(await reads('bob', run));
      const { job } = await world.look('alice', shown.id, 'job {id}');
      await world.change('alice', 'cancelJob', { job: job.id }, 'job {id}');
      throw new SatelliteError('UPSTREAM_UNAVAILABLE', 'It does not answer.');
    };
    await approve(next);
    await world.reached('alice', shown.id, 'FAILED');
    world.commit.before = () => Promise.resolve();
    expect(seen).not.toContain(true);
    expect(await reads('bob', run)).toBe(true);
  });

  test('of what was published under the same names later keep it, when the withdrawal before is done again', async () => {
    const { shown, run } = await submitted();
    await approve(shown);
    await world.reached('alice', shown.id, 'PUBLISHED');
    // It is out of the repository, and the job fails all the same.
    let times = 0;
    world.commit.before = (stage) => {
      if (stage !== 'OUT' || (times += 1) > 1) return Promise.resolve();
      return Promise.reject(new SatelliteError('CONFLICT', 'The trash could not be emptied.'));
    };
    await world.did('alice', 'withdrawPublication', { publication: shown.id, comment: 'An error in it.' });
    const jobOf = async () => (await world.look('alice', shown.id, 'job {id kind state}')).job;
    await vi.waitFor(async () => expect((await jobOf()).state).toBe('FAILED'), 240_000);
    const wanted = { satellite: `v${made}`, collections: [run], title: 'x', readers: { users: ['bob'] } };
    const later = await world.did('alice', 'submitPublication', wanted);
    await approve(later);
    await world.reached('alice', later.id, 'PUBLISHED');
    expect(await reads('bob', run)).toBe(true);
    await world.done('alice', 'retryJob', { job: (await jobOf()).id });
    world.commit.before = () => Promise.resolve();
    expect(await reads('bob', run)).toBe(true);
  });
});

describe('a withdrawal', () => {
  test('is refused while a new version is being made visible, by its owner and by a reviewer', async () => {
    const { shown, run } = await submitted();
    await approve(shown);
    await world.reached('alice', shown.id, 'PUBLISHED');
    const wanted = { publication: shown.id, satellite: `v${made}`, collections: [run], title: 'x' };
    const next = await world.did('alice', 'submitPublication', { ...wanted, readers: { users: ['bob'] } });
    const codes: string[] = [];
    world.commit.before = async (stage) => {
      // Which of the two they mean nobody knows.
      if (stage !== 'VISIBLE') return;
      codes.push(await world.refused('curator', 'withdrawPublication', { publication: shown.id, comment: 'no' }));
    };
    world.commit.after = async () => {
      for (const user of ['alice', 'curator']) {
        codes.push(await world.refused(user, 'withdrawPublication', { publication: shown.id, comment: 'no' }));
      }
    };
    await approve(next);
    await world.reached('alice', shown.id, 'PUBLISHED');
    world.commit.before = () => Promise.resolve();
    world.commit.after = () => Promise.resolve();
    expect(codes).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT']);
    expect(await reads('bob', run)).toBe(true);
  });

  test('by a reviewer takes out what is published, whatever its owner submits after it, and cannot be stopped', async () => {
    const { shown, run } = await submitted();
    await approve(shown);
    await world.reached('alice', shown.id, 'PUBLISHED');
    const wanted = { publication: shown.id, satellite: `v${made}`, collections: [run], title: 'x' };
    await world.did('alice', 'submitPublication', wanted);
    const codes: string[] = [];
    world.commit.before = async (stage) => {
      if (stage !== 'WITHDRAWN') return;
      const query = 'query ($id: ID!) {publication(id: $id, version: 1) {job {id kind}}}';
      const { data } = await world.ask('alice', query, { id: shown.id });
      expect(data.publication.job.kind).toBe('withdrawPublication');
      for (const user of ['alice', 'curator']) {
        codes.push(await refusedCancel(user, data.publication.job.id as string));
      }
    };
    const taken = { publication: shown.id, comment: 'Embargoed.' };
    const gone = await world.done('curator', 'withdrawPublication', taken);
    world.commit.before = () => Promise.resolve();
    expect(gone.job.state).toBe('COMPLETED');
    expect(codes).toEqual(['NOT_FOUND', 'CONFLICT']);
    expect(world.commit.visible.has(keyOf({ publication: shown.id, version: 1 }))).toBe(false);
    expect(await world.see('alice', shown.id)).toMatchObject({ version: 2, state: 'SUBMITTED' });
  });
});
