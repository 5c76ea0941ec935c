/** Gateways that are killed while alice publishes, over one state and one published repository that outlive them. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRepository } from '../../src/repository/direct/create.ts';
import type { ArtifactStore } from '../../src/repository/direct/datastore/artifact-store.ts';
import { openArtifactStore } from '../../src/repository/direct/datastore/open-store.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { type Gateway, StackIssuer, startGateway } from '../../stack/gateway.ts';
import { startPostgres } from '../../stack/postgres.ts';
import { startS3 } from '../../stack/s3.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { s3Access } from './published-world.ts';

const SATELLITE = 'mine';
const COUNT = 3;
const LIMIT_MILLISECONDS = 150_000;
const AGAIN_MILLISECONDS = 100;

export type Backend = 'SQLite and files' | 'PostgreSQL and S3';

export interface Seen {
  readonly id: string;
  readonly version: number;
  readonly state: string;
  readonly digest: string | null;
  readonly job: { readonly state: string } | null;
}

const SEEN = 'id version state digest job {state}';

export class KilledWorld implements AsyncDisposable {
  readonly directory: string;
  readonly #issuer: StackIssuer;
  readonly #configuration: Readonly<Record<string, unknown>>;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #artifacts: string;
  readonly #owned: AsyncDisposableStack;

  private constructor(
    directory: string,
    issuer: StackIssuer,
    configuration: Readonly<Record<string, unknown>>,
    environment: Readonly<Record<string, string>>,
    artifacts: string,
    owned: AsyncDisposableStack,
  ) {
    this.directory = directory;
    this.#issuer = issuer;
    this.#configuration = configuration;
    this.#environment = environment;
    this.#artifacts = artifacts;
    this.#owned = owned;
  }

  static async open(backend: Backend): Promise<KilledWorld> {
    await using owned = new AsyncDisposableStack();
    const directory = await mkdtemp(join(tmpdir(), 'killed-'));
    owned.defer(() => rm(directory, { recursive: true, force: true }));
    const published = join(directory, 'published');
    const official = await openDirectRepository({ name: 'dp1', path: sqliteRepository('official') });
    const universe = await official.universe();
    await official.close();
    const isFiles = backend === 'SQLite and files';
    let state = `sqlite:${join(directory, 'state.sqlite3')}`;
    let environment: Readonly<Record<string, string>> = {};
    let s3: object | undefined;
    const made = { name: 'published', directory: published, universe, signal: AbortSignal.timeout(60_000) };
    if (isFiles) await createRepository({ ...made, database: { dialect: 'sqlite' } });
    else {
      const postgres = owned.use(await startPostgres());
      state = await postgres.createDatabase();
      const url = await postgres.createDatabase();
      const store = owned.use(await startS3(join(directory, 's3'), ['satellites', 'published']));
      environment = store.environment;
      s3 = { bucket: 'satellites', ...s3Access(environment), ...s3Access(environment)!.credentials };
      const database = { dialect: 'postgresql', url, publicUrl: url, namespace: 'public' } as const;
      await createRepository({ ...made, database, datastoreRoot: 's3://published/here/' });
    }
    const { endpoint, bucket, accessKeyId, secretAccessKey } = (s3 ?? {}) as Readonly<Record<string, string>>;
    const configuration = {
      state,
      satellites: {
        root: join(directory, 'satellites'),
        ...(s3 && { s3: { endpoint, bucket, accessKeyId, secretAccessKey } }),
      },
      repositories: [
        { name: 'dp1', kind: 'direct', path: sqliteRepository('official') },
        {
          ...{ name: 'published', kind: 'direct', path: published, role: 'published', restart: 'none' },
          reviewers: { users: ['curator'] },
        },
      ],
    };
    const issuer = await StackIssuer.in(directory);
    const artifacts = isFiles ? published : 's3://published/here/';
    const world = new KilledWorld(directory, issuer, configuration, environment, artifacts, owned.move());
    await using gateway = await world.start();
    const input = { name: SATELLITE, official: 'dp1', instruments: ['HSC'], artifacts: isFiles ? 'FILES' : 'S3' };
    await world.done(gateway, 'createSatellite', input);
    const type = { satellite: SATELLITE, name: 'note', dimensions: ['detector'], storageClass: 'StructuredDataDict' };
    await world.call(gateway, 'alice', 'registerDatasetType', type, 'datasetType {name}');
    return world;
  }

  start(failpoint?: string): Promise<Gateway> {
    return startGateway({
      directory: join(this.directory, 'gateway'),
      issuer: this.#issuer,
      repositories: [],
      configuration: this.#configuration,
      environment: { ...this.#environment, ...(failpoint !== undefined && { SATELLITE_FAILPOINT: failpoint }) },
    });
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as a test reads it
  async ask({ url }: Gateway, user: string, query: string, variables: object): Promise<any> {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await this.#issuer.token(user)}` },
      body: JSON.stringify({ query, variables }),
    });
    return answer.json();
  }

  /** The payload of a mutation. @throws Error where it is refused, TypeError where the gateway ends meanwhile */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as a test reads it
  async call(gateway: Gateway, user: string, mutation: string, input: object, fields: string): Promise<any> {
    const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) {${mutation}(input: $input) {${fields}}}`;
    const { data, errors } = await this.ask(gateway, user, query, { input });
    if (errors) throw new Error(JSON.stringify(errors));
    return data[mutation];
  }

  /** Something of alice's, when its job has ended. */
  async done(gateway: Gateway, mutation: string, input: object): Promise<void> {
    const { job } = await this.call(gateway, 'alice', mutation, input, 'job {id}');
    if (!job) return;
    const query = 'query ($id: ID!) {job(id: $id) {state error {message}}}';
    await until(async () => {
      const { data } = await this.ask(gateway, 'alice', query, job as { id: string });
      if (data.job.state === 'FAILED') throw new Error(data.job.error.message as string);
      return data.job.state === 'COMPLETED';
    });
  }

  /** Puts datasets into a RUN of alice's, detectors from `first` on. */
  async ingest(gateway: Gateway, run: string, first: number): Promise<void> {
    const numbers = Array.from({ length: COUNT }, (_, i) => first + i);
    const bytes = (detector: number) => `run: ${run} ${detector}`;
    const files = numbers.map((detector) => {
      const sha256 = createHash('sha256').update(bytes(detector)).digest('hex');
      const upload = { fileName: `note-${detector}.yaml`, size: bytes(detector).length, sha256 };
      return { dataId: { instrument: 'HSC', detector }, upload };
    });
    const input = { satellite: SATELLITE, datasetType: 'note', run, files };
    const { upload } = await this.call(gateway, 'alice', 'ingestDatasets', input, 'upload {id files {url headers}}');
    for (const [i, { url, headers }] of (upload.files as Upload[]).entries()) {
      const answer = await fetch(url, { method: 'PUT', body: bytes(numbers[i]!), headers });
      if (!answer.ok) throw new Error(`the upload is answered with ${String(answer.status)}`);
    }
    await this.done(gateway, 'ingestDatasets', { satellite: SATELLITE, commit: upload.id as string });
  }

  async submit(gateway: Gateway, run: string, reader: string, publication?: string): Promise<Seen> {
    const input = { satellite: SATELLITE, collections: [run], title: run, readers: { users: [reader] } };
    const wanted = { ...input, ...(publication !== undefined && { publication }) };
    const made = await this.call(gateway, 'alice', 'submitPublication', wanted, `publication {${SEEN}}`);
    return made.publication as Seen;
  }

  /** The publication of a RUN. */
  async find(gateway: Gateway, run: string): Promise<Seen | null> {
    const { data } = await this.ask(gateway, 'alice', `{publications(first: 1000) {nodes {title ${SEEN}}}}`, {});
    const nodes = data.publications.nodes as (Seen & { readonly title: string })[];
    return nodes.find(({ title }) => title === run) ?? null;
  }

  /** Waits until it is in one of the states, with no work left. */
  async reached(gateway: Gateway, run: string, ...states: readonly string[]): Promise<Seen> {
    let seen: Seen | null = null;
    await until(async () => {
      seen = await this.find(gateway, run);
      return seen !== null && states.includes(seen.state) && !['QUEUED', 'RUNNING'].includes(seen.job?.state ?? '');
    });
    return seen!;
  }

  /** Detectors that somebody finds in a RUN of the published repository. */
  async read(gateway: Gateway, user: string, run: string): Promise<readonly number[]> {
    const query = `query ($c: [String!]!) {
      datasets(datasetTypes: ["note"], collections: $c, repositories: ["published"]) {nodes {dataId}}
    }`;
    const { data } = await this.ask(gateway, user, query, { c: [run] });
    const nodes = (data?.datasets?.nodes ?? []) as { dataId: { detector: number } }[];
    return nodes.map(({ dataId }) => dataId.detector).sort((a, b) => a - b);
  }

  /** Numbers of datasets by RUN in the published repository, and files that none of them has. */
  async content(): Promise<{ readonly datasets: Readonly<Record<string, number>>; readonly stray: readonly string[] }> {
    const ctx = { caller: { username: 'judge' }, signal: AbortSignal.timeout(60_000) };
    const s3 = s3Access(this.#environment);
    const repository = await openDirectRepository({ name: 'published', path: join(this.directory, 'published'), s3 });
    const store = await openArtifactStore('published', this.#artifacts, { s3 });
    const { searchDatasets } = await import('../../src/repository/search/datasets.ts');
    const types = [...(await repository.datasetTypes(ctx)).keys()];
    const search = { datasetTypes: types, collections: ['*'], findFirst: false, first: 10_000 };
    const rows = types.length === 0 ? [] : (await searchDatasets([repository], search, ctx)).rows;
    const files = await repository.files(
      rows.map(({ uuid }) => uuid),
      ctx,
    );
    const recorded = new Set([...files.values()].flat().map(({ path }) => path));
    const there = (await Array.fromAsync(store.list('publications', ctx.signal))).map(({ path }) => path);
    await repository.close();
    const byRun = Map.groupBy(rows, ({ run }) => run);
    return {
      datasets: Object.fromEntries([...byRun].map(([run, inIt]) => [run, inIt.length])),
      stray: there.filter((path) => !recorded.has(path)),
    };
  }

  /** The object store of satellites, where that is what they are in. */
  satelliteObjects(): Promise<ArtifactStore> {
    return openArtifactStore('satellites', 's3://satellites/', { s3: s3Access(this.#environment) });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

interface Upload {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Waits for a condition. @throws Error when it has lasted too long */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + LIMIT_MILLISECONDS; !(await condition());) {
    if (performance.now() > end) throw new Error(`it is not so in the end: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLISECONDS));
  }
}
