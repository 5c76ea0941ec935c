/** How long publishing takes from one part of an object store to another, beside stock `transfer_from(…, transfer="copy")`. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommitWork } from '../src/publish/commit.ts';
import { PublishedRepositories } from '../src/publish/commit/published-repositories.ts';
import { RepositoryCommit } from '../src/publish/commit/repository-commit.ts';
import type { Manifest, ManifestDataset } from '../src/publish/manifest.ts';
import { createRepository } from '../src/repository/direct/create.ts';
import type { S3Access } from '../src/repository/direct/datastore/s3-client.ts';
import type { DirectRepository } from '../src/repository/direct/direct-repository.ts';
import { openDirectRepository } from '../src/repository/direct/open.ts';
import { openWriteableRepository } from '../src/repository/direct/open-writeable.ts';
import { openArtifactStore } from '../src/repository/direct/datastore/open-store.ts';
import type { QueryContext } from '../src/repository/repository.ts';
import { searchDatasets } from '../src/repository/search/datasets.ts';
import { inBatches } from '../src/butler/in-batches.ts';
import { inParallel } from '../src/transfer/parallel.ts';
import { runPython } from '../stack/run-python.ts';
import { startS3, type S3 } from '../stack/s3.ts';
import { compare, median, type Measure } from './ratio.ts';

/** `BENCH_PUBLISHED`: fewer, to see that it runs. */
const DATASETS = Number(process.env['BENCH_PUBLISHED'] ?? 10_000);
const BYTES = 10_000;
const BUCKET = 'publishing';
const RUN = 'u/alice/blobs';
const TYPE = {
  name: 'blob',
  dimensions: ['instrument', 'detector'],
  storageClass: 'StructuredDataDict',
  isCalibration: false,
};
const FORMATTER = 'lsst.daf.butler.formatters.yaml.YamlFormatter';
const INSTRUMENT = { name: 'Bench', visit_max: 10, exposure_max: 10, detector_max: DATASETS, class_name: 'Bench' };

/** Queries of another user, while nothing is published, and how long they pause after each. */
const QUIET_QUERIES = 200;
const PAUSE_MILLISECONDS = 50;

const ctx = (): QueryContext => ({ caller: { username: 'alice' }, signal: AbortSignal.timeout(3_600_000) });

/** @param scaled root of a repository that others read meanwhile, and whose universe is taken */
export async function publishing(scaled: string): Promise<Measure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-publishing-'));
  await using s3 = await startS3(join(directory, 's3'), [BUCKET]);
  const others = await openDirectRepository({ name: 'others', path: scaled });
  const world = new PublishingBench(directory, s3, others);
  try {
    return await world.measures();
  } finally {
    await others.close();
    await rm(directory, { recursive: true });
  }
}

class PublishingBench {
  readonly #directory: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #access: S3Access;
  readonly #others: DirectRepository;
  #made = 0;

  constructor(directory: string, s3: S3, others: DirectRepository) {
    this.#directory = directory;
    this.#environment = s3.environment;
    const [accessKeyId, secretAccessKey] = [
      s3.environment['AWS_ACCESS_KEY_ID']!,
      s3.environment['AWS_SECRET_ACCESS_KEY']!,
    ];
    this.#access = { endpoint: s3.endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } };
    this.#others = others;
  }

  async measures(): Promise<Measure[]> {
    const { root, manifest } = await this.#source();
    const source = await openDirectRepository({ name: 'source', path: root, s3: this.#access });
    const hashing: number[] = [];
    const whole = async (): Promise<number> => {
      const { elapsed, hashed } = await this.#publish(manifest, source);
      hashing.push(hashed);
      return elapsed;
    };
    const options = { unit: 'ms', rounds: 3 } as const;
    const count = DATASETS.toLocaleString('en').replaceAll(',', ' ');
    const all = await compare(
      { name: `(o) publishing ${count} datasets to transfer_from(copy), S3 to S3`, ...options, bound: { atMost: 1 } },
      whole,
      () => this.#stock(root),
    );
    const quiet = await this.#latencies((asked) => asked >= QUIET_QUERIES);
    let isOver = false;
    const published = this.#publish(manifest, source).finally(() => {
      isOver = true;
    });
    const [meanwhile] = await Promise.all([this.#latencies(() => isOver), published]);
    await source.close();
    const hashed = median(hashing.slice(1));
    const rest = all.ours - hashed;
    const [busyP95, quietP95] = [p95(meanwhile), p95(quiet)];
    return [
      all,
      {
        name: '(o) the same without reading and hashing the copies again',
        unit: 'ms',
        ours: rest,
        peer: all.peer!,
        ratio: rest / all.peer!,
        bound: { atMost: 0.5 },
      },
      { name: '(o) reading and hashing the copies again', unit: 'ms', ours: hashed },
      {
        name: '(o) p95 of 100 refs for others during a publication to quiet',
        unit: 'ms',
        ours: busyP95,
        peer: quietP95,
        ratio: busyP95 / quietP95,
        bound: { atMost: 1.5 },
      },
    ];
  }

  async #repository(name: string): Promise<string> {
    const directory = join(this.#directory, name);
    const universe = await this.#others.universe();
    const database = { dialect: 'sqlite' } as const;
    const datastoreRoot = `s3://${BUCKET}/${name}/`;
    await createRepository({ name, directory, universe, database, datastoreRoot, signal: ctx().signal });
    return directory;
  }

  async #source(): Promise<{ readonly root: string; readonly manifest: Manifest }> {
    const root = await this.#repository('source');
    const repository = await openWriteableRepository({ name: 'source', path: root, s3: this.#access });
    const artifacts = await openArtifactStore('source', `s3://${BUCKET}/source/`, { s3: this.#access });
    const universe = await repository.universe();
    const records = [
      { element: 'instrument', fields: INSTRUMENT },
      ...Array.from({ length: DATASETS }, (_, id) => ({
        element: 'detector',
        fields: { instrument: INSTRUMENT.name, id, full_name: `D${id}` },
      })),
    ];
    const rows = records.map(({ element, fields }) => ({
      element: universe.element(element),
      fields,
      repository: 'source',
    }));
    await repository.insertDimensionRecords(rows, 'FAIL', ctx(), 2500);
    await repository.registerDatasetTypes([TYPE], ctx());
    await repository.registerCollection({ name: RUN, type: 'RUN' }, ctx());
    const datasets: ManifestDataset[] = [];
    const numbers = Array.from({ length: DATASETS }, (_, i) => i);
    await inParallel(numbers, 16, ctx().signal, async (detector, signal) => {
      const bytes = Buffer.from(`text: ${randomBytes(BYTES / 2).toString('hex')}`).subarray(0, BYTES);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const fileName = `blob_${detector}.yaml`;
      await artifacts.write(`${RUN}/${fileName}`, Readable.from(bytes), { size: BYTES }, signal);
      const file = {
        fileName,
        size: BYTES,
        sha256,
        formatter: FORMATTER,
        storageClass: TYPE.storageClass,
        component: null,
      };
      const dataId = { instrument: INSTRUMENT.name, detector };
      datasets.push({ uuid: randomUUID(), datasetType: TYPE.name, run: RUN, dataId, files: [file] });
    });
    datasets.sort((a, b) => (a.uuid < b.uuid ? -1 : 1));
    const datasetType = { ...TYPE, dimensions: universe.conform(TYPE.dimensions) };
    for (const batch of inBatches(datasets, 2500)) {
      const imports = batch.map(({ uuid, run, dataId, files }) => ({
        ...{ uuid, datasetType, run, values: datasetType.dimensions.required.map((name) => dataId[name]!) },
        files: files.map(({ fileName, ...file }) => ({ ...file, path: `${RUN}/${fileName}`, checksum: null })),
      }));
      await repository.importDatasets(imports, ctx());
    }
    await repository.close();
    const { namespace, version } = universe;
    const lineage = { officialRepositories: [], officialCollections: [], officialDatasets: 0 };
    return {
      root,
      manifest: {
        header: async () => ({
          universe: { namespace, version },
          datasets: DATASETS,
          bytes: DATASETS * BYTES,
          lineage,
        }),
        datasetTypes: async () => [TYPE],
        collections: async () => [{ name: RUN, type: 'RUN', doc: '', children: [], isOfficial: false }],
        async *records() {
          yield* inBatches(records, 1000);
        },
        async *datasets() {
          yield* inBatches(datasets, 1000);
        },
        async *memberships() {},
      },
    };
  }

  async #publish(manifest: Manifest, source: DirectRepository) {
    const name = `published${(this.#made += 1)}`;
    const path = await this.#repository(name);
    const repositories = new PublishedRepositories([{ name, path, s3: this.#access }]);
    const commit = new RepositoryCommit(repositories, () => Promise.resolve(true));
    await repositories.writeable(name);
    const at: number[] = [performance.now()];
    const asked = ctx();
    const work: CommitWork = {
      ctx: asked,
      task: {
        jobId: 'bench',
        owner: 'alice',
        attempt: 1,
        signal: asked.signal,
        step: (_name, work) => work(),
        progress: () => Promise.resolve(),
        log: () => Promise.resolve(),
      },
      enter: () => Promise.resolve(void at.push(performance.now())),
      find: async ({ uuid }, { component }, fileCtx) => {
        const found = await source.fileSource(uuid, component, fileCtx);
        if (found?.kind !== 'url') throw new Error(`dataset ${uuid} is not in the object store`);
        return found;
      },
      storeObjects: (datasets, pageCtx) =>
        source.storeObjects(
          datasets.map(({ uuid }) => uuid),
          pageCtx,
        ),
      read: () => Promise.reject(new Error('the bytes were to be copied within the object store')),
      replaced: null,
    };
    const version = { publication: randomUUID(), version: 1, repository: name };
    await commit.commit(version, manifest, work);
    at.push(performance.now());
    await repositories.close();
    const [begin, verifying, committing, end] = at as [number, number, number, number];
    return { elapsed: end - begin, hashed: committing - verifying };
  }

  async #stock(source: string): Promise<number> {
    const root = await this.#repository(`stock${(this.#made += 1)}`);
    const selection = JSON.stringify([[TYPE.name, [RUN], '']]);
    const args = ['transfer', source, root, 'copy', selection];
    return Number(await runPython('test/oracle/stock_transfer.py', args, this.#environment)) * 1000;
  }

  /** Milliseconds that each of another's queries for a page takes. */
  async #latencies(isOver: (asked: number) => boolean): Promise<number[]> {
    const latencies: number[] = [];
    const search = { datasetTypes: ['sim_source'], collections: ['SimCam/runs/big'], findFirst: false, first: 100 };
    while (!isOver(latencies.length)) {
      const begin = performance.now();
      const { rows } = await searchDatasets([this.#others], search, ctx());
      if (rows.length !== search.first) throw new Error(`${rows.length} datasets were found`);
      latencies.push(performance.now() - begin);
      await sleep(PAUSE_MILLISECONDS);
    }
    return latencies;
  }
}

function p95(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length * 0.95)]!;
}
