/** What is in the source now, as items of a manifest, in bounded memory. */
import { requiredDataId } from '../butler/data-id.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Universe } from '../butler/universe.ts';
import { recordDataId } from '../repository/federated/identity.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { DatasetRow } from '../repository/rows.ts';
import { streamDatasets } from '../repository/search/streams.ts';
import { neededRecords } from '../transfer/dimension-records.ts';
import { inBatches } from '../butler/in-batches.ts';
import { membershipsOf } from '../transfer/memberships.ts';
import { definitionOf, TypesInUniverse, type SelectedDataset } from '../transfer/page.ts';
import { inParallel } from '../transfer/parallel.ts';
import { BehindViews } from './behind-views.ts';
import {
  collectionItem,
  datasetItem,
  datasetKey,
  headerItem,
  memberItem,
  recordItem,
  typeItem,
  type Item,
} from './items.ts';
import type { ManifestDataset } from './manifest.ts';
import type { KnownDataset, Measure } from './measure.ts';
import { Pace } from './pace.ts';
import type { PublicationSource } from './publication.ts';
import type { PublishedStructure } from './structure.ts';

export interface ContentsSetting {
  readonly source: Repository;
  readonly structure: PublishedStructure;
  readonly search: PublicationSource['search'];
  /** Of the published repository, in which everything is said. */
  readonly universe: Universe;
  readonly measure: Measure;
  /** What was measured before, by `datasetKey`. */
  readonly known: (uuids: readonly string[]) => Promise<ReadonlyMap<string, KnownDataset>>;
  readonly isOfficial: (names: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Official repositories that were found to be used so far. */
  readonly officialRepositories: ReadonlySet<string>;
  /** Told how many datasets there are so far. */
  readonly progress: (datasets: number) => Promise<void>;
}

/** What was found on the way. */
export interface ContentsSummary {
  readonly datasets: number;
  readonly bytes: number;
  readonly officialDatasets: number;
  /** Datasets without files. */
  readonly registeredOnly: number;
  /** UUIDs of the first datasets with a file that is not of the size that its repository recorded. */
  readonly unequal: readonly string[];
  /** UUIDs of the first datasets that run what is in their files when they are read. */
  readonly runningCode: readonly string[];
}

interface Counted {
  datasets: number;
  bytes: number;
  officialDatasets: number;
  registeredOnly: number;
  readonly unequal: string[];
  readonly runningCode: string[];
}

const NAMED = 5;
/** Also what is done in one go, while which nobody is answered. */
const DATASETS_AT_ONCE = 100;

/**
 * Gives the items to `take`, some at a time; each item may come more than once.
 * @throws SatelliteError CONFLICT where the universes do not agree; NOT_FOUND naming a dataset whose file is gone
 */
export async function takeContents(
  setting: ContentsSetting,
  take: (items: readonly Item[]) => Promise<void>,
  ctx: QueryContext,
): Promise<ContentsSummary> {
  const { source, structure, universe } = setting;
  const types = new TypesInUniverse(universe);
  const behindViews = new BehindViews(source, universe);
  const collections = new Map(structure.collections.map((info) => [info.name, info]));
  const runs = new Map<string, boolean>();
  const counts = { datasets: 0, bytes: 0, officialDatasets: 0, registeredOnly: 0 };
  const summary: Counted = { ...counts, unequal: [], runningCode: [] };
  const pace = new Pace();
  // A dataset in several collections comes once for each, one after the other.
  let last: ReadonlySet<string> = new Set();
  for await (const rows of datasetsIn(setting, ctx)) {
    const fresh = [...new Map(rows.map((row) => [row.uuid, row])).values()].filter(({ uuid }) => !last.has(uuid));
    last = new Set(rows.map(({ uuid }) => uuid));
    const unknown = [...new Set(fresh.map(({ run }) => run))].filter((run) => !runs.has(run));
    const official = await setting.isOfficial(unknown);
    for (const run of unknown) runs.set(run, official.has(run));
    const own = fresh.filter(({ run }) => !runs.get(run));
    summary.officialDatasets += fresh.length - own.length;
    if (own.length === 0) continue;
    const files = await source.files(
      own.map(({ uuid }) => uuid),
      ctx,
    );
    const datasets = own.map((row) => types.select(row, files.get(row.uuid) ?? []));
    const items = await measured(setting, datasets, pace, summary, ctx);
    for (const { datasetType, run } of datasets) {
      items.push(typeItem(definitionOf(datasetType)));
      if (!collections.has(run)) collections.set(run, await runInfo(source, run, ctx));
    }
    const memberships = await membershipsOf(source, datasets, structure.memberships, ctx);
    items.push(...memberships.map(memberItem));
    const needing = [...datasets, ...(await behindViews.of(datasets, ctx))];
    for (const record of await neededRecords(source, universe, needing, ctx)) {
      const { element, fields } = record;
      items.push(recordItem({ element: element.name, fields }, element.order, recordDataId(record, element.required)));
    }
    await take(distinct(items));
    await setting.progress(summary.datasets);
  }
  const used = [...collections.values()];
  await take(used.map(collectionItem));
  await take([
    headerItem({
      universe: { namespace: universe.namespace, version: universe.version },
      datasets: summary.datasets,
      bytes: summary.bytes,
      lineage: {
        officialRepositories: [...setting.officialRepositories].sort(),
        officialCollections: used
          .filter(({ isOfficial }) => isOfficial)
          .map(({ name }) => name)
          .sort(),
        officialDatasets: summary.officialDatasets,
      },
    }),
  ]);
  return summary;
}

async function* datasetsIn(
  { source, structure: { leaves }, search }: ContentsSetting,
  ctx: QueryContext,
): AsyncGenerator<readonly DatasetRow[]> {
  if (leaves.length === 0) return;
  const infos = await source.collections({ search: leaves, includeSummary: true }, ctx);
  const datasetTypes = [...new Set(infos.flatMap((info) => info.datasetTypes ?? []))];
  if (datasetTypes.length === 0) return;
  const request = search ?? { datasetTypes, collections: leaves, findFirst: false };
  for await (const rows of streamDatasets([source], { ...request, implied: false }, ctx)) {
    yield* inBatches(rows, DATASETS_AT_ONCE);
  }
}

async function measured(
  { source, measure, known }: ContentsSetting,
  datasets: readonly SelectedDataset[],
  pace: Pace,
  summary: Counted,
  ctx: QueryContext,
): Promise<Item[]> {
  const uuids = datasets.map(({ uuid }) => uuid);
  const [before, objects] = await Promise.all([known(uuids), source.storeObjects(uuids, ctx)]);
  const items: Item[] = [];
  await inParallel(datasets, pace.most, ctx.signal, async (dataset, signal) => {
    const { uuid, datasetType, run, values, files } = dataset;
    const bytes = files.reduce((sum, { size }) => sum + (size ?? 0), 0);
    const measuring = () =>
      measure.of(uuid, files, objects.get(uuid) ?? [], before.get(datasetKey(uuid)), { ...ctx, signal });
    const found = await pace.run(bytes, measuring).catch((error: unknown) => {
      throw namingDataset(error, dataset);
    });
    const dataId = requiredDataId(datasetType.dimensions, values);
    const item: ManifestDataset = { uuid, datasetType: datasetType.name, run, dataId, files: found.files };
    items.push(datasetItem(item, found.witness));
    summary.datasets += 1;
    summary.bytes += found.files.reduce((sum, { size }) => sum + size, 0);
    if (found.files.length === 0) summary.registeredOnly += 1;
    const isEqual = dataset.files.every(
      ({ component, size }) => size === null || found.files.some((f) => f.component === component && f.size === size),
    );
    if (!isEqual && summary.unequal.length < NAMED) summary.unequal.push(uuid);
    if (found.runsCode && summary.runningCode.length < NAMED) summary.runningCode.push(uuid);
  });
  return items;
}

function namingDataset(error: unknown, { uuid, datasetType, run }: SelectedDataset): unknown {
  if (!(error instanceof SatelliteError) || error.code !== 'NOT_FOUND') return error;
  return new SatelliteError(
    'NOT_FOUND',
    `A file of dataset ${uuid} (${datasetType.name} in '${run}') is not there any more: remove the dataset, or bring it again.`,
    { cause: error },
  );
}

/** A RUN that was not named, but whose datasets are in what was. */
async function runInfo(source: Repository, run: string, ctx: QueryContext) {
  const [info] = await source.collections({ search: [run] }, ctx);
  return { name: run, type: 'RUN' as const, doc: info?.doc ?? '', children: [], isOfficial: false };
}

function distinct(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.map((item) => [`${item.section} ${item.item}`, item])).values()];
}
