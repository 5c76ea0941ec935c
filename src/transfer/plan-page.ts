/** Plans one page of a transfer: what it holds, what of it is new, and what is in its way.  Reads only. */
import type { CollectionInfo } from '../butler/collection.ts';
import { requiredDataId } from '../butler/data-id.ts';
import type { DatasetType } from '../butler/dataset-type.ts';
import type { Universe } from '../butler/universe.ts';
import { isUri } from '../repository/direct/datastore/artifact-path.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { DatasetRow } from '../repository/rows.ts';
import type { ImportedDataset, ImportPlan, WriteableRepository } from '../repository/writeable-repository.ts';
import { membershipsOf, planMemberships } from './memberships.ts';
import { bytesOfFiles, definitionOf, TypesInUniverse, type SelectedDataset, type TransferPage } from './page.ts';
import { selectRows } from './selection.ts';
import type { SelectedDatasets, TransferConflict, TransferDatasets } from './service.ts';
import { unfitCollection, unfitDatasetType } from './unfit-names.ts';

/** What the plans of all pages of one transfer go by. */
export interface PlanContext {
  readonly source: Repository;
  readonly satellite: WriteableRepository;
  readonly selection: SelectedDatasets;
  readonly mode: TransferDatasets['mode'];
  /** Whether files are looked for now; else there are none in the page, and its `bytes` are 0. */
  readonly withFiles: boolean;
  /** Collections of the source whose membership comes along. */
  readonly memberships: readonly CollectionInfo[];
  /** Everything that the satellite has, by name. */
  readonly collections: ReadonlyMap<string, CollectionInfo>;
}

export interface PagePlan {
  readonly page: TransferPage;
  /** Where the next page begins; null after the last one. */
  readonly next: string | null;
  /** Bytes of all files, as far as sizes are recorded. */
  readonly bytes: number;
  /** Of the files that a copy would bring. */
  readonly newBytes: number;
  /** Number of datasets that are not there yet, or without their files. */
  readonly new: number;
  /** Those of the new ones that are there: where files are not looked for, the source may have none for them. */
  readonly registered: readonly string[];
  readonly conflicts: readonly TransferConflict[];
}

/**
 * @param place where the page begins, see `selectRows`
 * @param selected told the datasets, without files, as soon as they are known, and whether more pages come
 */
export async function planPage(
  plan: PlanContext,
  place: string | null,
  ctx: QueryContext,
  selected?: (datasets: readonly SelectedDataset[], more: boolean) => Promise<void>,
): Promise<PagePlan> {
  const { source, satellite, mode } = plan;
  const { rows, next } = await selectRows(source, plan.selection, place, ctx);
  const types = new TypesInUniverse(await satellite.universe(ctx));
  const uuids = rows.map(({ uuid }) => uuid);
  const filesComing = plan.withFiles ? source.files(uuids, ctx) : undefined;
  const bare = rows.map((row) => types.select(row, []));
  await selected?.(bare, next !== null);
  const files = await filesComing;
  const datasets = files ? bare.map((dataset) => ({ ...dataset, files: files.get(dataset.uuid) ?? [] })) : bare;
  const memberships = await membershipsOf(source, datasets, plan.memberships, ctx);
  const typeConflicts = conflictsOfTypes(datasets, await satellite.datasetTypes(ctx), await satellite.universe(ctx));
  if (typeConflicts.length > 0) {
    return {
      ...{ page: { datasets, memberships }, next, bytes: 0, newBytes: 0, new: 0, registered: [] },
      conflicts: typeConflicts,
    };
  }
  const imports = await planImports(satellite, datasets, plan, ctx);
  const there = await planMemberships(satellite, datasets, memberships, [...plan.collections.values()], ctx);
  const coming = new Set([...imports.newDatasets, ...imports.newFiles]);
  if (mode === 'COPY') for (const uuid of await referencesAmong(satellite, datasets, ctx)) coming.add(uuid);
  return {
    page: { datasets, memberships },
    next,
    bytes: bytesOf(datasets),
    newBytes: bytesOf(datasets.filter(({ uuid }) => coming.has(uuid))),
    new: coming.size,
    registered: imports.newFiles,
    conflicts: [...conflictsOfRuns(datasets, plan.collections), ...imports.conflicts, ...there.conflicts],
  };
}

/** Datasets whose type or run the satellite does not have are new, unless it has their UUIDs as something else. */
async function planImports(
  satellite: WriteableRepository,
  datasets: readonly SelectedDataset[],
  { collections, withFiles }: PlanContext,
  ctx: QueryContext,
): Promise<Omit<ImportPlan, 'conflicts'> & { readonly conflicts: readonly TransferConflict[] }> {
  const types = await satellite.datasetTypes(ctx);
  const isKnown = ({ datasetType, run }: SelectedDataset) =>
    types.has(datasetType.name) && collections.get(run)?.type === 'RUN';
  const { known = [], unknown = [] } = Object.groupBy(datasets, (d) => (isKnown(d) ? 'known' : 'unknown'));
  const uuids = unknown.map(({ uuid }) => uuid);
  // Where there is no type, there is no dataset.
  const taken = types.size === 0 ? new Map<string, DatasetRow>() : await satellite.datasets(uuids, ctx);
  const plan =
    known.length === 0 ? NOTHING_NEW : await satellite.planImport(withFiles ? known : known.map(withSomeFile), ctx);
  return {
    newFiles: plan.newFiles,
    newDatasets: [...plan.newDatasets, ...uuids.filter((uuid) => !taken.has(uuid))],
    conflicts: [...plan.conflicts, ...unknown.flatMap((d) => differingUse(d, taken.get(d.uuid)))],
  };
}

const NOTHING_NEW: ImportPlan = { newDatasets: [], newFiles: [], conflicts: [] };

function differingUse(
  { uuid, datasetType, run, values }: SelectedDataset,
  there: DatasetRow | undefined,
): readonly TransferConflict[] {
  if (!there) return [];
  const reason =
    `Dataset ${uuid} is a '${there.datasetType.name}' in run '${there.run}' of the satellite, and a ` +
    `'${datasetType.name}' in run '${run}' of the source.`;
  const dataId = requiredDataId(datasetType.dimensions, values);
  return [{ uuid, existing: uuid, datasetType: datasetType.name, run, dataId, reason }];
}

/** Datasets that the satellite has by reference. */
export async function referencesAmong(
  satellite: Repository,
  datasets: readonly SelectedDataset[],
  ctx: QueryContext,
): Promise<readonly string[]> {
  const uuids = datasets.filter(({ files }) => files.length > 0).map(({ uuid }) => uuid);
  const files = await satellite.files(uuids, ctx);
  return uuids.filter((uuid) => files.get(uuid)?.some(({ path }) => isUri(path)));
}

/** For plans, which only look whether there are files. */
function withSomeFile(dataset: SelectedDataset): ImportedDataset {
  return { ...dataset, files: [SOME_FILE] };
}

const SOME_FILE = { path: '', formatter: '', storageClass: '', component: null, checksum: null, size: null };

function bytesOf(datasets: readonly SelectedDataset[]): number {
  return bytesOfFiles(datasets.flatMap(({ files }) => files));
}

function conflictsOfTypes(
  datasets: readonly SelectedDataset[],
  there: ReadonlyMap<string, DatasetType>,
  universe: Universe,
): readonly TransferConflict[] {
  const types = new Map(datasets.map(({ datasetType }) => [datasetType.name, datasetType]));
  return [...types.values()].flatMap((coming) => {
    const existing = there.get(coming.name);
    if (!existing) {
      const unfit = unfitDatasetType(universe, definitionOf(coming));
      return unfit === undefined ? [] : [{ reason: unfit, datasetType: coming.name }];
    }
    if (describe(existing) === describe(coming)) return [];
    const reason =
      `Dataset type '${coming.name}' is defined otherwise in the satellite (${describe(existing)}) than in the ` +
      `source (${describe(coming)}).`;
    return [{ reason, datasetType: coming.name }];
  });
}

function describe({ dimensions, storageClass, isCalibration }: DatasetType): string {
  return `{${dimensions.required.join(', ')}}, ${storageClass}${isCalibration ? ', a calibration' : ''}`;
}

function conflictsOfRuns(
  datasets: readonly SelectedDataset[],
  collections: ReadonlyMap<string, CollectionInfo>,
): readonly TransferConflict[] {
  return [...new Set(datasets.map(({ run }) => run))].flatMap((run) => {
    const type = collections.get(run)?.type;
    if (type === 'RUN') return [];
    const reason = type
      ? `Collection '${run}' is ${type} in the satellite, but RUN in the source.`
      : unfitCollection(run);
    return reason === undefined ? [] : [{ reason, run }];
  });
}
