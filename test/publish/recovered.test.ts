/** What a gateway goes on with that is started again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import type { Job, JobKind, Jobs } from '../../src/jobs/job.ts';
import type { PublicationCommit, PublishedVersion } from '../../src/publish/commit.ts';
import type { PublicationState, PublicationVersion } from '../../src/publish/publication.ts';
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

const NEVER_VISIBLE = { visibleSince: () => Promise.resolve(null) };
const KINDS = { submit: kindOf('submit'), publish: kindOf('publish'), withdraw: kindOf('withdraw') };

async function recordsOf(...versions: readonly PublicationVersion[]): Promise<PublicationRecords> {
  const directory = await mkdtemp(join(tmpdir(), 'recovered-'));
  const state = await openState(`sqlite:${join(directory, 'state.sqlite3')}`, LIMIT);
  onTestFinished(async () => {
    await state.close();
    await rm(directory, { recursive: true });
  });
  await prepareTables(state.database, PUBLICATION_TABLES, LIMIT);
  const records = new PublicationRecords(state.database, [], () => 1);
  for (const version of versions) await records.add(version);
  return records;
}

function versionJobs(
  records: PublicationRecords,
  jobs: Partial<Jobs>,
  commit: Pick<PublicationCommit, 'visibleSince'> = NEVER_VISIBLE,
): VersionJobs {
  return new VersionJobs({
    ...{ records, commit, jobs: jobs as Jobs, changed: () => undefined, waitMilliseconds: 1000 },
    log: pino({ level: 'silent' }),
  });
}

test('one publication that cannot be gone on with keeps no other from it', async () => {
  const records = await recordsOf(...['a', 'b', 'c'].map(approved));
  const begun: string[] = [];
  const enqueue = (_kind: unknown, { input }: { readonly input: unknown }) => {
    const { publication } = input as VersionInput;
    if (publication === 'b') return Promise.reject(new SatelliteError('CONFLICT', 'Its key was used for another.'));
    begun.push(publication);
    return Promise.resolve({ id: `job of ${publication}` } as Job);
  };
  await versionJobs(records, { enqueue }).recover(KINDS, Infinity);
  expect(begun.sort()).toEqual(['a', 'c']);
  expect((await records.get('c'))!.job).toBe('job of c');
});

test('what is visible though its work failed is published by itself, and what is not stays as it is', async () => {
  const ended = (publication: string, state: PublicationState, more: Partial<PublicationVersion> = {}) => ({
    ...{ ...approved(publication), state, job: `job of ${publication}`, ...more },
  });
  const records = await recordsOf(
    ended('failed', 'FAILED'),
    ended('stale', 'STALE'),
    ended('invisible', 'FAILED'),
    ...['away', 'away too'].map((name) => ended(name, 'FAILED', { repository: 'away' })),
    ended('other', 'FAILED', { approvedDigest: 'of another version' }),
  );
  const retried: string[] = [];
  const retry = (id: string, owner: string) => {
    retried.push(`${id} for ${owner}`);
    return Promise.resolve({ id } as Job);
  };
  let asked = 0;
  const visibleSince = ({ publication, repository }: PublishedVersion) => {
    asked += repository === 'away' ? 1 : 0;
    if (repository === 'away') return Promise.reject(new SatelliteError('UPSTREAM_UNAVAILABLE', 'It is away.'));
    return Promise.resolve(publication === 'invisible' ? null : 7);
  };
  await versionJobs(records, { retry }, { visibleSince }).recover(KINDS, Infinity);
  expect(retried.sort()).toEqual(['job of failed for alice', 'job of stale for alice']);
  // One that is away is waited for once.
  expect(asked).toBe(1);
});

test.each(['CANCELLED', 'CHANGES_REQUESTED', 'REJECTED'] as const)(
  'work that was not ended with its version, which is %s, is ended later',
  async (state) => {
    const records = await recordsOf(
      ...(['HELD', 'RUNNING', 'COMPLETED'] as const).map((job) => ({ ...approved(job), state, job })),
    );
    const asked: string[] = [];
    const jobs: Partial<Jobs> = {
      find: (id) => Promise.resolve({ id, state: id } as Job),
      cancel: (id) => Promise.resolve({ id: String(asked.push(`cancel ${id}`)) } as Job),
      retry: (id) => Promise.resolve({ id: String(asked.push(`retry ${id}`)) } as Job),
    };
    await versionJobs(records, jobs).recover(KINDS, Infinity);
    expect(asked.sort()).toEqual(['cancel RUNNING', 'retry HELD']);
  },
);
