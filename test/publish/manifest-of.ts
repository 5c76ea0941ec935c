/** The manifest of a repository's collections, made in memory with what transfers know of a source. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { requiredDataId } from '../../src/butler/data-id.ts';
import type { ResolvedSource } from '../../src/access/file-resolution.ts';
import { readLocalFile } from '../../src/repository/local-file.ts';
import type { QueryContext, Repository } from '../../src/repository/repository.ts';
import { streamDatasets } from '../../src/repository/search/streams.ts';
import type { Manifest, ManifestDataset } from '../../src/publish/manifest.ts';
import { namedCollections } from '../../src/transfer/collection-structure.ts';
import { neededRecords } from '../../src/transfer/dimension-records.ts';
import { inBatches } from '../../src/butler/in-batches.ts';
import { membershipsOf } from '../../src/transfer/memberships.ts';
import { definitionOf, TypesInUniverse } from '../../src/transfer/page.ts';

export interface WholeManifest extends Manifest {
  readonly content: {
    readonly datasets: ManifestDataset[];
    readonly bytes: number;
  };
}

export interface ManifestOptions {
  /** Datasets of one page. */
  readonly page?: number;
  /** Which of the datasets. */
  readonly only?: (dataset: ManifestDataset) => boolean;
}

/** @param names collections, chains with all that is below them */
export async function manifestOf(
  source: Repository,
  names: readonly string[],
  ctx: QueryContext,
  { page = 7, only = () => true }: ManifestOptions = {},
): Promise<WholeManifest> {
  const universe = await source.universe(ctx);
  const search = { collections: names, datasetTypes: [], findFirst: false };
  const collections = await namedCollections(source, { search }, ctx);
  const leaves = collections.filter(({ type }) => type !== 'CHAINED').map(({ name }) => name);
  const infos = await source.collections({ search: leaves, includeSummary: true }, ctx);
  const datasetTypes = [...new Set(infos.flatMap((info) => info.datasetTypes ?? []))];
  const rows = (
    await Array.fromAsync(
      streamDatasets([source], { datasetTypes, collections: leaves, findFirst: false, implied: false }, ctx),
    )
  ).flat();
  const distinct = [...new Map(rows.map((row) => [row.uuid, row])).values()];
  const uuids = distinct.map(({ uuid }) => uuid);
  const recorded = await source.files(uuids, ctx);
  const types = new TypesInUniverse(universe);
  const selected = distinct.map((row) => types.select(row, recorded.get(row.uuid) ?? []));
  const datasets: ManifestDataset[] = [];
  for (const { uuid, datasetType, run, values, files } of selected) {
    const measured = [];
    for (const { fileName, component, formatter, storageClass } of files) {
      const bytes = await buffer(await openedSource(await foundSource(source, uuid, component, ctx), ctx));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      measured.push({ fileName, component, formatter, storageClass, size: bytes.length, sha256 });
    }
    const dataId = requiredDataId(datasetType.dimensions, values);
    datasets.push({ uuid, datasetType: datasetType.name, run, dataId, files: measured });
  }
  const chosen = datasets.filter(only).sort((a, b) => (a.uuid < b.uuid ? -1 : 1));
  const isChosen = new Set(chosen.map(({ uuid }) => uuid));
  const memberships = (
    await membershipsOf(
      source,
      selected,
      infos.filter(({ type }) => type !== 'RUN'),
      ctx,
    )
  ).filter(({ uuid }) => isChosen.has(uuid));
  const records = (await neededRecords(source, universe, selected, ctx)).toSorted(
    (a, b) => a.element.order - b.element.order,
  );
  const named = new Set(collections.map(({ name }) => name));
  const runs = [...new Set(chosen.map(({ run }) => run))].filter((run) => !named.has(run));
  const more = runs.length === 0 ? [] : await source.collections({ search: runs }, ctx);
  const definitions = new Map(selected.map(({ datasetType }) => [datasetType.name, definitionOf(datasetType)]));
  const bytes = chosen.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0);
  const { namespace, version } = universe;
  return {
    content: { datasets: chosen, bytes },
    header: async () => ({
      universe: { namespace, version },
      datasets: chosen.length,
      bytes,
      lineage: { officialRepositories: [], officialCollections: [], officialDatasets: 0 },
    }),
    datasetTypes: async () => [...definitions.values()].filter((t) => chosen.some((d) => d.datasetType === t.name)),
    collections: async () =>
      [...more, ...collections].map(({ name, type, doc, children }) => ({
        name,
        type,
        doc,
        children,
        isOfficial: false,
      })),
    async *records() {
      yield* inBatches(
        records.map(({ element, fields }) => ({ element: element.name, fields })),
        50,
      );
    },
    async *datasets(after = '') {
      yield* inBatches(
        chosen.filter(({ uuid }) => uuid > after),
        page,
      );
    },
    async *memberships() {
      yield* inBatches(memberships, page);
    },
  };
}

/** Where a file is. */
export async function foundSource(
  source: Repository,
  uuid: string,
  component: string | null,
  ctx: QueryContext,
): Promise<ResolvedSource> {
  const found = await source.fileSource(uuid, component, ctx);
  if (!found || found.kind === 'reference') throw new Error(`dataset ${uuid} has no file of its own`);
  return found;
}

/** Its bytes. */
export async function openedSource(found: ResolvedSource, { signal }: QueryContext): Promise<Readable> {
  if (found.kind === 'path') return readLocalFile(found, null, signal);
  if (found.kind === 'stream') return found.open(null, signal);
  const response = await fetch(found.url, { signal });
  if (!response.ok) throw new Error(`the source answers ${response.status}`);
  return Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
}

/** What a stock server reads once, when it is first asked: universe 8's elements with `is_cached`. */
const KEPT = ['instrument', 'skymap', 'detector', 'physical_filter', 'subfilter', 'visit_system'];

/** Of a manifest, the records alone that a stock server keeps, or those of some elements. */
export function keptRecords(manifest: WholeManifest, elements: readonly string[] = KEPT): WholeManifest {
  return {
    ...manifest,
    datasetTypes: async () => [],
    collections: async () => [],
    async *datasets() {},
    async *memberships() {},
    async *records() {
      for await (const records of manifest.records()) {
        yield records.filter(({ element }) => elements.includes(element));
      }
    },
  };
}
