/** Twenty users of one gateway, most of whom have a satellite to publish from, and what is known of what they did. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRepository, type NewDatabase } from '../../../src/repository/direct/create.ts';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { sqliteRepository } from '../../fixtures/repositories.ts';
import type { GraphQLAnswer } from '../../gateway/running-gateway.ts';
import { openSharing, type SharingWorld } from '../../gateway/sharing-world.ts';
import type { Random } from './random.ts';

export const OWNERS = Array.from({ length: 11 }, (_, i) => `owner${i}`);
export const REVIEWERS = ['curator', 'second', 'owner0'];
const READERS = Array.from({ length: 7 }, (_, i) => `reader${i}`);
export const USERS = [...OWNERS, 'curator', 'second', ...READERS];
export const GROUPS = ['g_red', 'g_blue'];

/** Everyone may try everything; what the gateway says to what is not to be done. */
const REFUSALS = ['CONFLICT', 'FORBIDDEN', 'NOT_FOUND', 'BAD_USER_INPUT', 'MISSING_COLLECTION'];

/** What was frozen, as a reviewer saw it. */
export interface FrozenVersion {
  readonly publication: string;
  readonly version: number;
  readonly owner: string;
  readonly digest: string;
  readonly collection: string;
  /** SHA-256 of the file of each dataset. */
  readonly files: ReadonlyMap<string, string>;
  /** Reviewers whose approval was taken, with what each had looked at. */
  readonly approvals: { readonly by: string; readonly digest: string }[];
}

export interface Known {
  readonly publication: string;
  readonly owner: string;
  readonly satellite: string;
  readonly collection: string;
  /** Everybody who was ever proposed as a reader: `*`, users and groups. */
  readonly proposed: Set<string>;
}

/** A right that somebody was given beside those that were reviewed. */
export interface Granted {
  readonly id: string;
  readonly by: string;
  readonly collection: string;
  readonly user: string;
  isRevoked: boolean;
}

export interface Change {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as a test reads it
  readonly data?: any;
  readonly code?: string;
}

export interface CrowdPlaces {
  /** Address of an empty state. */
  readonly state: (directory: string) => Promise<string>;
  readonly published: () => Promise<NewDatabase>;
  /** All that the databases hold which are not files of the crowd's directory. */
  readonly rows: () => Promise<string>;
}

export class CrowdWorld implements AsyncDisposable {
  readonly directory: string;
  readonly publishedRoot: string;
  readonly random: Random;
  /** Of each user, asked at each request. */
  readonly groups: Record<string, string[]> = {};
  readonly known: Known[] = [];
  readonly frozen = new Map<string, FrozenVersion>();
  readonly grants: Granted[] = [];
  /** Satellites by owner, and the RUNs that have something in them. */
  readonly satellites = new Map<string, { readonly name: string; readonly runs: string[] }>();
  readonly jobs: { readonly id: string; readonly owner: string }[] = [];
  /** All that is kept outside of the directory. */
  readonly rows: CrowdPlaces['rows'];
  readonly #yaml: string;
  /** Errors that users were told, since somebody listened. */
  readonly #said: string[] = [];
  /** Lines of the gateway's log that were heard. */
  #heard = 0;
  #world: SharingWorld;
  #made = 0;

  private constructor(directory: string, yaml: string, random: Random, rows: CrowdPlaces['rows']) {
    this.directory = directory;
    this.rows = rows;
    this.publishedRoot = join(directory, 'published');
    this.#yaml = yaml;
    this.random = random;
    for (const user of USERS) {
      this.groups[user] = ['g_users', ...(REVIEWERS.includes(user) ? ['g_curators'] : []), random.pick(GROUPS)];
    }
    this.#world = undefined as unknown as SharingWorld;
  }

  static async open(places: CrowdPlaces, random: Random): Promise<CrowdWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'crowd-'));
    const official = await openDirectRepository({ name: 'dp1', path: sqliteRepository('official') });
    const universe = await official.universe();
    await official.close();
    const path = join(directory, 'published');
    const signal = AbortSignal.timeout(60_000);
    await createRepository({
      name: 'published',
      directory: path,
      universe,
      database: await places.published(),
      signal,
    });
    const yaml = `
state: ${JSON.stringify(await places.state(directory))}
satellites: {root: ${JSON.stringify(join(directory, 'satellites'))}}
repositories:
  - {name: dp1, kind: direct, path: ${JSON.stringify(sqliteRepository('official'))}}
  - {name: published, kind: direct, path: ${JSON.stringify(path)}, role: published, reviewers: {groups: [g_curators]}, restart: none}`;
    const world = new CrowdWorld(directory, yaml, random, places.rows);
    await world.restart();
    return world;
  }

  /** Ends the gateway, wherever its jobs are, and starts another one on the same state. */
  async restart(): Promise<void> {
    await (this.#world as SharingWorld | undefined)?.[Symbol.asyncDispose]();
    this.#world = await openSharing({ yaml: this.#yaml, groups: this.groups });
    this.#heard = 0;
  }

  /** What the gateway has told users of errors, and its log, since this was asked last. */
  heard(): string {
    const { log } = this.#world.gateway;
    const lines = log.slice(this.#heard);
    this.#heard = log.length;
    return [...this.#said.splice(0), ...lines].join('\n');
  }

  /** A name that nobody has. */
  fresh(prefix: string): string {
    return `${prefix}${(this.#made += 1)}`;
  }

  async ask(user: string, query: string, variables: object = {}): Promise<GraphQLAnswer> {
    return this.#noting(await this.#world.ask(user, query, variables));
  }

  #noting(answer: GraphQLAnswer): GraphQLAnswer {
    if (answer.errors) this.#said.push(JSON.stringify(answer.errors));
    return answer;
  }

  /**
   * What came of a mutation: its payload, or the code of its refusal.  Some calls are made twice at once with the same key,
   * and have to come to the same.
   * @throws Error where the gateway fails
   */
  async change(user: string, mutation: string, input: object, fields: string): Promise<Change> {
    const isTwice = this.random.chance(0.15);
    const asked = { ...input, ...(isTwice && { idempotencyKey: this.fresh('key') }) };
    const answers = await Promise.all(
      Array.from({ length: isTwice ? 2 : 1 }, async () =>
        this.#noting(await this.#world.change(user, mutation, asked, fields)),
      ),
    );
    const results = answers.map(({ data, errors }) => {
      if (!errors) return { data: data[mutation] as unknown };
      const code = String(errors[0]!.extensions['code']);
      if (!REFUSALS.includes(code)) throw new Error(`${mutation} by ${user}: ${code} ${errors[0]!.message}`);
      return { code };
    });
    const [first, again = first] = results;
    const ids = [first, again].map((result) => JSON.stringify(identifiersIn(result)));
    if (ids[0] !== ids[1]) throw new Error(`${mutation} by ${user} with one key was ${ids.join(' and ')}`);
    return first!;
  }

  /** Puts one dataset of a type of its own into a RUN. @returns whether it is there */
  async ingest(user: string, satellite: string, run: string): Promise<boolean> {
    const datasetType = this.fresh('note');
    const type = { satellite, name: datasetType, dimensions: ['detector'], storageClass: 'StructuredDataDict' };
    if ((await this.change(user, 'registerDatasetType', type, 'datasetType {name}')).code) return false;
    const bytes = `${datasetType}: ${run}`;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const upload = { fileName: `${datasetType}.yaml`, size: bytes.length, sha256 };
    const files = [{ dataId: { instrument: 'HSC', detector: 0 }, upload }];
    const begun = await this.change(
      user,
      'ingestDatasets',
      { satellite, datasetType, run, files },
      'upload {id files {url}}',
    );
    if (begun.code) return false;
    const { id, files: places } = begun.data.upload as { id: string; files: { url: string }[] };
    if ((await fetch(places[0]!.url, { method: 'PUT', body: bytes })).status !== 204) return false;
    const ended = await this.change(user, 'ingestDatasets', { satellite, commit: id }, 'job {id}');
    if (ended.code) return false;
    return this.completed(user, ended.data.job as { id: string } | null);
  }

  /** @param job null: it is done */
  async completed(user: string, job: { readonly id: string } | null): Promise<boolean> {
    if (!job) return true;
    for (;;) {
      const { data } = await this.ask(user, 'query ($id: ID!) {job(id: $id) {state}}', job);
      if (!['QUEUED', 'RUNNING'].includes(data.job.state as string)) return data.job.state === 'COMPLETED';
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#world[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export const keyOf = (publication: string, version: number): string => `${publication} ${version}`;

/** What the same call has to give again: states go on meanwhile. */
function identifiersIn(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(identifiersIn);
  if (typeof result !== 'object' || result === null) return undefined;
  const entries = Object.entries(result).flatMap(([key, value]) => {
    if (['id', 'code', 'version', 'digest'].includes(key)) return [[key, value] as const];
    const below = identifiersIn(value);
    return below === undefined ? [] : [[key, below] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
