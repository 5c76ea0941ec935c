/** Satellites over the demo's official repository, in a directory, as a gateway has them. */
import { join } from 'node:path';
import type { VisibleRepositories } from '../../src/access/policy.ts';
import type { Principal } from '../../src/access/principal.ts';
import type { Job, Jobs } from '../../src/jobs/job.ts';
import { createJobs } from '../../src/jobs/jobs.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import type { Care } from '../../src/satellite/care.ts';
import type { PythonSettings } from '../../src/satellite/migration-tool.ts';
import type { Migration } from '../../src/satellite/migration.ts';
import { jobRights } from '../../src/satellite/job-rights.ts';
import { Satellites, type SatellitesOptions } from '../../src/satellite/satellites.ts';
import { visibleRepositories } from '../../src/satellite/visible-repositories.ts';
import type { CreateSatellite } from '../../src/satellite/service.ts';
import type { SatelliteSettings } from '../../src/satellite/settings.ts';
import { createLeases } from '../../src/state/leases.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';

export interface World {
  readonly satellites: Satellites;
  readonly care: Care;
  readonly migration: Migration;
  readonly jobs: Jobs;
  readonly state: State;
  /** What has been warned of. */
  readonly warnings: unknown[];
  /** The job when it has ended. */
  ended(job: Job | null): Promise<Job>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Where the state and the satellites are. */
  readonly directory: string;
  /** Root of the official repository. */
  readonly official: string;
  readonly settings?: Partial<SatelliteSettings>;
  readonly state?: string;
  readonly configured?: SatellitesOptions['configured'];
  readonly python?: PythonSettings;
  /** How long jobs and satellites stay with a process that is not heard of: a slow one is not overtaken by itself. */
  readonly leaseMilliseconds?: number;
}

export const signal = AbortSignal.timeout(30 * 60_000);

export function principal(username: string, groups: readonly string[] = []): Principal {
  return { username, groups, scopes: [], quota: null, kind: 'jwt', token: `token of ${username}` };
}

export const alice = principal('alice', ['g_lensing']);

export function request(name: string, changes: Partial<CreateSatellite> = {}): CreateSatellite {
  return {
    name,
    official: 'dp1',
    database: 'SQLITE',
    artifacts: 'FILES',
    instruments: [],
    skymaps: [],
    curatedCalibrations: [],
    group: null,
    quotaBytes: null,
    capabilityUrls: false,
    ...changes,
  };
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const { directory, official: root, settings = {}, configured = [], leaseMilliseconds = 60_000 } = options;
  const official = await openDirectRepository({ name: 'dp1', path: root });
  const state = await openState(options.state ?? `sqlite:${join(directory, 'state.sqlite3')}`, signal);
  const jobs = await createJobs(state, { pollMilliseconds: 100, leaseMilliseconds });
  const warnings: unknown[] = [];
  const satellites = await Satellites.open({
    settings: {
      root: join(directory, 'satellites'),
      postgresql: undefined,
      s3: undefined,
      notebook: { root: undefined, owners: {}, groups: {} },
      singleWriter: 'detect',
      scratch: [],
      restoreDays: 30,
      quotaBytes: null,
      writeGrants: false,
      ...settings,
    },
    state,
    jobs,
    rights: jobRights({ of: async (username) => (username === alice.username ? alice : principal(username)) }),
    offered: [{ name: 'dp1', kind: 'OFFICIAL', owner: undefined, repository: official }],
    configured,
    publicUrl: () => 'https://gateway.example',
    leases: createLeases(state, leaseMilliseconds),
    bringCalibrations: async () => undefined,
    log: { warn: (...args: unknown[]) => void warnings.push(args) },
  });
  const care = satellites.care({
    repositoriesOf: (who) =>
      visibleRepositories(who, [{ name: 'dp1', kind: 'OFFICIAL', owner: undefined, repository: official }], satellites),
    files: { find: () => Promise.reject(new Error('nothing here is elsewhere')) },
    ownUrls: () => ['https://gateway.example'],
  });
  const migration = satellites.migration(options.python ?? { executable: 'python3', path: [] });
  await jobs.start();
  await satellites.start();
  return {
    satellites,
    care,
    migration,
    jobs,
    state,
    warnings,
    async ended(job) {
      let last = job!;
      for await (const now of jobs.watch(job!.id, job!.owner, signal)) last = now;
      return last;
    },
    async close() {
      await jobs.close();
      await satellites.close();
      await state.close();
      await official.close();
    },
  };
}

/** The repositories that exist for a principal. */
export async function visibleTo(world: World, who: Principal): Promise<VisibleRepositories> {
  return visibleRepositories(who, [], world.satellites);
}
