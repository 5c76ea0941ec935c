/** A gateway with a published repository, satellites of alice to publish from, and curators. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, vi } from 'vitest';
import { createRepository } from '../../src/repository/direct/create.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import type { GraphQLAnswer } from '../gateway/running-gateway.ts';
import { openSharing, type SharingWorld } from '../gateway/sharing-world.ts';
import { KeptCommit } from './kept-commit.ts';

export interface Shown {
  readonly id: string;
  readonly version: number;
  readonly state: string;
  readonly reason: string | null;
  readonly digest: string;
  readonly owner: string;
  readonly checks: readonly { readonly code: string; readonly state: string; readonly message: string }[];
  readonly comments: readonly { readonly author: string; readonly text: string }[];
}

export interface PublishingWorld extends SharingWorld {
  readonly commit: KeptCommit;
  /** Directory of the published repository. */
  readonly published: string;
  /** The payload's publication, of a mutation that must be done. */
  did(user: string, mutation: string, input: object): Promise<Shown>;
  /** Code of the error of a mutation that must be refused. */
  refused(user: string, mutation: string, input: object): Promise<string>;
  see(user: string, id: string): Promise<Shown>;
  /** Other fields. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  look(user: string, id: string, fields: string): Promise<any>;
  /** Waits until the publication is in one of the states. */
  reached(user: string, id: string, ...states: readonly string[]): Promise<Shown>;
  /** A satellite of alice with datasets in a RUN that a chain holds. */
  filled(name: string, run: string, count?: number): Promise<readonly string[]>;
}

export const SHOWN = 'id version state reason digest owner checks {code state message} comments {author text}';

export interface PublishingOptions {
  /** `real`: what the gateway itself has; `world.commit` is not asked then. @default kept */
  readonly commit?: 'kept' | 'real';
  readonly state?: string;
  /** Directory of the published repository. @default an empty one in SQLite, made for this */
  readonly published?: string;
  readonly publishing?: string;
  readonly restart?: string;
  readonly more?: string;
  /** More of the official repository. */
  readonly official?: string;
  /** More repositories, as lines of YAML. */
  readonly repositories?: string;
  /** Groups of users, asked at each request. @default those of curators */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly now?: () => number;
  /** As `http.limits`. */
  readonly limits?: Readonly<Record<string, number>>;
}

async function makePublished(directory: string): Promise<void> {
  const official = await openDirectRepository({ name: 'dp1', path: sqliteRepository('official') });
  const signal = AbortSignal.timeout(60_000);
  const universe = await official.universe();
  await createRepository({ name: 'published', directory, universe, database: { dialect: 'sqlite' }, signal });
  await official.close();
}

/** The third of them is in a group of alice's too. */
export const CURATORS = {
  third: ['g_users', 'g_curators', 'g_lensing'],
  curator: ['g_users', 'g_curators'],
  second: ['g_users', 'g_curators'],
};

export async function openPublishing(options: PublishingOptions = {}): Promise<PublishingWorld> {
  const {
    publishing = '{}',
    restart = 'none',
    state,
    more = '',
    now,
    official: rest = '',
    repositories = '',
  } = options;
  const directory = await mkdtemp(join(tmpdir(), 'published-'));
  const path = options.published ?? join(directory, 'published');
  if (options.published === undefined) await makePublished(path);
  const commit = new KeptCommit();
  const world = await openSharing({
    ...(options.commit === 'real' ? {} : { commit }),
    ...(now && { now }),
    ...(options.limits && { limits: options.limits }),
    groups: options.groups ?? CURATORS,
    yaml: `
${state === undefined ? '' : `state: ${JSON.stringify(state)}`}
satellites: {root: ./satellites}
${more}
repositories:
  - {name: dp1, kind: direct, path: ${JSON.stringify(sqliteRepository('official'))}, ${rest}}
${repositories}
  - {name: published, kind: direct, path: ${JSON.stringify(path)}, role: published, reviewers: {groups: [g_curators]}, restart: ${restart}, publishing: ${publishing}}`,
  });
  const look: PublishingWorld['look'] = async (user, id, fields) => {
    const answer = await world.ask(user, `query ($id: ID!) {publication(id: $id) {${fields}}}`, { id });
    expect(answer.errors).toBeUndefined();
    return answer.data.publication;
  };
  const see = async (user: string, id: string) => (await look(user, id, SHOWN)) as Shown;
  return {
    ...world,
    commit,
    published: path,
    see,
    look,
    did: async (user, mutation, input) => {
      const answer = await world.change(user, mutation, input, `publication {${SHOWN}} job {id state}`);
      expect(answer.errors).toBeUndefined();
      const { publication, job } = answer.data[mutation];
      if (mutation !== 'submitPublication') return publication as Shown;
      // It is answered after a while, on a slow machine also before its checks have come to their end.
      for (let state = job?.state as string | undefined; state === 'QUEUED' || state === 'RUNNING';) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        state = (await world.ask(user, 'query ($id: ID!) {job(id: $id) {state}}', job as object)).data.job.state;
      }
      return job ? see(user, publication.id as string) : (publication as Shown);
    },
    refused: async (user, mutation, input) => {
      const { errors }: GraphQLAnswer = await world.change(user, mutation, input, 'publication {id}');
      expect(errors, `${mutation} by ${user} was done`).toHaveLength(1);
      return errors![0]!.extensions['code'] as string;
    },
    reached: async (user, id, ...states) => {
      for (;;) {
        const found = await see(user, id);
        if (states.includes(found.state)) return found;
        // It stays a DRAFT then, for its owner to mend.
        expect(found.checks.filter(({ state }) => found.state === 'DRAFT' && state === 'FAILED')).toEqual([]);
        expect(['DRAFT', 'APPROVED', 'STAGING', 'VERIFYING', 'COMMITTING'], found.reason ?? '').toContain(found.state);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    filled: async (name, run, count = 3) => {
      await world.done('alice', 'createSatellite', { name, official: 'dp1', instruments: ['HSC'] }, 'job {id}');
      const uuids = await world.ingest(name, run, count);
      const chain = { satellite: name, name: `${run}-chain`, type: 'CHAINED', children: [run] };
      await world.done('alice', 'createCollection', chain, 'collection {name}');
      return uuids;
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** One for all tests of a file, which goes with the last of them. */
export async function publishingOfFile(options?: PublishingOptions): Promise<PublishingWorld> {
  // On a slow machine.
  vi.setConfig({ testTimeout: 600_000 });
  const world = await openPublishing(options);
  afterAll(() => world[Symbol.asyncDispose]());
  return world;
}
