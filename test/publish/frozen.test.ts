/** What was submitted stays as it was, whatever is done again after a crash. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test, vi } from 'vitest';
import { openPublishing } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

test('a submission that is worked on again, after its gateway was killed, keeps the manifest that has the digest', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'frozen-'));
  const path = join(directory, 'state.sqlite3');
  {
    await using world = await openPublishing({ state: `sqlite:${path}` });
    await world.filled('work', 'u/alice/run', 1);
    const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'Notes' };
    const { id, digest, state } = await world.did('alice', 'submitPublication', wanted);
    expect(state).toBe('SUBMITTED');
    await world.ingest('work', 'u/alice/run', 2, { name: 'later' });
    const manifest = () => world.look('alice', id, 'digest manifest {datasetTypes datasets {nodes {uuid}}}');
    const before = await manifest();
    expect(before.manifest.datasets.nodes).toHaveLength(1);

    // As a gateway leaves it that is killed between the state of the version and that of its job.
    const database = new Database(path, { timeout: 60_000 });
    const again = database.prepare("UPDATE job SET state = 'QUEUED', not_before = 0 WHERE kind = 'submitPublication'");
    expect(again.run().changes).toBe(1);
    const stateOf = database.prepare("SELECT state FROM job WHERE kind = 'submitPublication'").pluck();
    await vi.waitFor(() => expect(stateOf.get()).toBe('COMPLETED'), { timeout: 120_000, interval: 50 });
    database.close();

    expect(await manifest()).toEqual(before);
    expect(before.digest).toBe(digest);
  }
  await rm(directory, { recursive: true, force: true });
});
