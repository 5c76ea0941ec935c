/** Small repositories over arrays, and the offers of them that a gateway is started with. */
import { writeFile } from 'node:fs/promises';
import type { OfferedRepository, RepositoryKind } from '../../src/access/policy.ts';
import type { DatasetType } from '../../src/butler/dataset-type.ts';
import type { ResultSpec } from '../../src/butler/query/result-spec.ts';
import type { Query } from '../../src/butler/query/tree.ts';
import type { Page, PageOptions, QueryContext } from '../../src/repository/repository.ts';
import type { FileRecord, FileSource, RepositoryUsage, RowsByResult } from '../../src/repository/rows.ts';
import { ArrayRepository, type ArrayContent } from '../repository/federated/array-repository.ts';
import { smallUniverse } from '../repository/federated/small-universe.ts';

const universe = smallUniverse();
const type = (name: string, dimensions: readonly string[]): DatasetType => {
  return { name, dimensions: universe.conform(dimensions), storageClass: 'Exposure', isCalibration: false };
};
const RAW = type('raw', ['detector']);

/** UUID of the dataset of a detector. */
export const uuidOf = (detector: number, variant = 0): string =>
  `00000000-0000-4000-8000-${String(variant).padStart(4, '0')}${String(detector).padStart(8, '0')}`;

/** `count` raw datasets of the instrument Cam, one a detector, in one RUN that a chain `all` holds. */
export function rawContent(count: number, run: string, variant = 0): ArrayContent {
  const detectors = Array.from({ length: count }, (_, i) => i + 1);
  return {
    universe,
    datasetTypes: [RAW],
    collections: { [run]: { type: 'RUN' }, all: { type: 'CHAINED', children: [run] } },
    datasets: detectors.map((detector) => ({
      uuid: uuidOf(detector, variant),
      datasetType: 'raw',
      dataId: { instrument: 'Cam', detector },
      run,
    })),
    records: {
      instrument: [{ instrument: 'Cam', class_name: 'lsst.Cam' }],
      detector: detectors.map((detector) => ({ instrument: 'Cam', detector, purpose: 'SCIENCE' })),
    },
  };
}

/** Its datasets have one file each, with the text `bytes of UUID`, on this disk or at an address. */
export class FilesRepository extends ArrayRepository {
  /** Directory of the files; absent: they are at addresses. */
  directory: string | undefined;
  /** Datasets whose files are not stored (any more). */
  readonly unstored = new Set<string>();

  override async files(uuids: readonly string[]): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    this.calls.push('files');
    const known = await this.datasets(uuids);
    const file = { fileName: 'a file.fits', checksum: null, formatter: 'F', storageClass: 'Exposure', component: null };
    return new Map(
      [...known.keys()]
        .filter((uuid) => !this.unstored.has(uuid))
        .map((uuid) => [uuid, [{ ...file, path: `${uuid}.fits`, size: bytesOf(uuid).length }]]),
    );
  }

  override async fileSource(uuid: string, component: string | null): Promise<FileSource | null> {
    if (component !== null || this.unstored.has(uuid)) return null;
    if ((await this.datasets([uuid])).size === 0) return null;
    const size = bytesOf(uuid).length;
    if (this.directory === undefined)
      return { kind: 'url', url: `https://store.example/${uuid}?signature=secret`, size };
    const path = `${this.directory}/${uuid}.fits`;
    await writeFile(path, bytesOf(uuid));
    return { kind: 'path', path, size };
  }

  override async usage(): Promise<RepositoryUsage> {
    const sums = { datasets: 1, bytes: 2, referencedBytes: 3 };
    const of = { datasetType: 'raw', ...sums };
    const memberships = async () => [{ collection: 'tag', type: 'TAGGED' as const, ...of }];
    return { ...sums, parts: async () => [{ run: 'run', ...of }], memberships };
  }
}

export const bytesOf = (uuid: string): string => `bytes of ${uuid}`;

export function offer(repository: ArrayRepository, owner?: string): OfferedRepository {
  const kind: RepositoryKind = owner === undefined ? 'OFFICIAL' : 'SATELLITE';
  return { name: repository.name, kind, owner, repository };
}

/** Gives its rows and then nothing, for ever. */
export class EndlessRepository extends ArrayRepository {
  override async *query<S extends ResultSpec>(
    query: Query,
    spec: S,
    ctx: QueryContext,
    options?: PageOptions,
  ): AsyncGenerator<Page<RowsByResult[S['type']]>> {
    yield* super.query(query, spec, ctx, options);
    const { signal } = ctx;
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }
}
