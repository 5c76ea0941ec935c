/** Repositories with files in one object store, and one of them full of small files that are to be published. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { inBatches } from '../src/butler/in-batches.ts';
import type { Universe } from '../src/butler/universe.ts';
import type { Manifest, ManifestDataset } from '../src/publish/manifest.ts';
import { createRepository } from '../src/repository/direct/create.ts';
import { openArtifactStore } from '../src/repository/direct/datastore/open-store.ts';
import type { S3Access } from '../src/repository/direct/datastore/s3-client.ts';
import { openDirectRepository } from '../src/repository/direct/open.ts';
import { openWriteableRepository } from '../src/repository/direct/open-writeable.ts';
import type { QueryContext } from '../src/repository/repository.ts';
import { inParallel } from '../src/transfer/parallel.ts';
import { startS3 } from '../stack/s3.ts';

/** `BENCH_PUBLISHED`: fewer, to see that it runs. */
export const DATASETS = Number(process.env['BENCH_PUBLISHED'] ?? 10_000);
const BYTES = 10_000;
const BUCKET = 'publishing';
export const RUN = 'u/alice/blobs';
export const TYPE = {
  name: 'blob',
  dimensions: ['instrument', 'detector'],
  storageClass: 'StructuredDataDict',
  isCalibration: false,
};
const FORMATTER = 'lsst.daf.butler.formatters.yaml.YamlFormatter';
const INSTRUMENT = { name: 'Bench', visit_max: 10, exposure_max: 10, detector_max: DATASETS, class_name: 'Bench' };

export const contextOf = (): QueryContext => ({
  caller: { username: 'alice' },
  signal: AbortSignal.timeout(3_600_000),
});

export class BlobWorld implements AsyncDisposable {
  readonly directory: string;
  /** With which stock Python and a gateway reach the object store. */
  readonly environment: Readonly<Record<string, string>>;
  readonly access: S3Access;
  readonly #universe: Universe;
  readonly #parts: AsyncDisposableStack;

  private constructor(
    directory: string,
    environment: Readonly<Record<string, string>>,
    universe: Universe,
    parts: AsyncDisposableStack,
  ) {
    this.directory = directory;
    this.environment = environment;
    const [accessKeyId, secretAccessKey] = [environment['AWS_ACCESS_KEY_ID']!, environment['AWS_SECRET_ACCESS_KEY']!];
    const endpoint = environment['S3_ENDPOINT_URL']!;
    this.access = { endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } };
    this.#universe = universe;
    this.#parts = parts;
  }

  /** @param scaled root of a repository whose universe is taken */
  static async start(scaled: string): Promise<BlobWorld> {
    await using parts = new AsyncDisposableStack();
    const directory = await mkdtemp(join(tmpdir(), 'bench-publishing-'));
    parts.defer(() => rm(directory, { recursive: true }));
    const { environment } = parts.use(await startS3(join(directory, 's3'), [BUCKET]));
    const repository = await openDirectRepository({ name: 'scaled', path: scaled });
    const universe = await repository.universe();
    await repository.close();
    return new BlobWorld(directory, environment, universe, parts.move());
  }

  /** Makes an empty one. @returns its root */
  async repository(name: string): Promise<string> {
    const directory = join(this.directory, name);
    const database = { dialect: 'sqlite' } as const;
    const datastoreRoot = `s3://${BUCKET}/${name}/`;
    const { signal } = contextOf();
    await createRepository({ name, directory, universe: this.#universe, database, datastoreRoot, signal });
    return directory;
  }

  async source(): Promise<{ readonly root: string; readonly manifest: Manifest }> {
    const root = await this.repository('source');
    const repository = await openWriteableRepository({ name: 'source', path: root, s3: this.access });
    const artifacts = await openArtifactStore('source', `s3://${BUCKET}/source/`, { s3: this.access });
    const universe = this.#universe;
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
    await repository.insertDimensionRecords(rows, 'FAIL', contextOf(), 2500);
    await repository.registerDatasetTypes([TYPE], contextOf());
    await repository.registerCollection({ name: RUN, type: 'RUN' }, contextOf());
    const datasets: ManifestDataset[] = [];
    const numbers = Array.from({ length: DATASETS }, (_, i) => i);
    await inParallel(numbers, 16, contextOf().signal, async (detector, signal) => {
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
      await repository.importDatasets(imports, contextOf());
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync();
  }
}
