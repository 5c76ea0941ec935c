/** What is visible in the published repository is PUBLISHED, and what is PUBLISHED visible, however the work on it ends. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import { keyOf } from './kept-commit.ts';
import { openPublishing, type PublishingWorld, type Shown } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

let world: PublishingWorld;
beforeAll(async () => {
  world = await openPublishing();
}, 120_000);
afterAll(() => world[Symbol.asyncDispose]());

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
