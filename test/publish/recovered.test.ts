/** What a gateway goes on with that is started again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import type { Job, JobKind, Jobs } from '../../src/jobs/job.ts';
import type { PublicationVersion } from '../../src/publish/publication.ts';
import { PublicationRecords } from '../../src/publish/records.ts';
import type { VersionInput } from '../../src/publish/submit-kind.ts';
import { PUBLICATION_TABLES } from '../../src/publish/tables.ts';
import { VersionJobs } from '../../src/publish/version-jobs.ts';
import { openState } from '../../src/state/open.ts';
import { prepareTables } from '../../src/state/tables.ts';

const LIMIT = AbortSignal.timeout(600_000);
const kindOf = (name: string): JobKind<VersionInput> => ({ name, run: () => Promise.resolve(null) });

/** Approved by a gateway that ended before it began to bring it over. */
const approved = (publication: string): PublicationVersion => ({
  ...{ publication, version: 1, state: 'APPROVED', revision: 1, repository: 'published' },
  ...{ owner: 'alice', group: null, groupId: null, submittedBy: 'alice' },
  source: { repository: 'alice~mine', satelliteId: 'id', collections: ['u/alice/run'], search: null, groups: [] },
  ...{ title: 'x', description: null, licence: null, readers: { allUsers: true, groups: [], users: [] } },
  ...{ digest: 'd', checks: [], datasets: 0, bytes: 0, reason: null, claimedBy: null, claimedUntil: null },
  ...{ approvedBy: 'curator', approvedDigest: 'd', restartConfirmed: false, generation: null, withdrawnBy: null },
  ...{ goneSince: null, job: null, createdAt: 1, submittedAt: 1, changedAt: 1 },
});

test('one publication that cannot be gone on with keeps no other from it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'recovered-'));
  const state = await openState(`sqlite:${join(directory, 'state.sqlite3')}`, LIMIT);
  onTestFinished(async () => {
    await state.close();
    await rm(directory, { recursive: true });
  });
  await prepareTables(state.database, PUBLICATION_TABLES, LIMIT);
  const records = new PublicationRecords(state.database, [], () => 1);
  for (const name of ['a', 'b', 'c']) await records.add(approved(name));
  const begun: string[] = [];
  const enqueue = (_kind: unknown, { input }: { readonly input: VersionInput }) => {
    if (input.publication === 'b')
      return Promise.reject(new SatelliteError('CONFLICT', 'Its key was used for another.'));
    begun.push(input.publication);
    return Promise.resolve({ id: `job of ${input.publication}` } as Job);
  };
  const jobs = new VersionJobs({
    ...{ records, jobs: { enqueue } as unknown as Jobs, changed: () => undefined, waitMilliseconds: 1000 },
    log: pino({ level: 'silent' }),
  });
  const kinds = { submit: kindOf('submit'), publish: kindOf('publish'), withdraw: kindOf('withdraw') };
  await jobs.recover(kinds, Infinity);
  expect(begun.sort()).toEqual(['a', 'c']);
  expect((await records.get('c'))!.job).toBe('job of c');
});
