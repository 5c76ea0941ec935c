/** What an import would do. */
import sql from 'sql-template-tag';
import { requiredDataId, type DataIdValue } from '../../../butler/data-id.ts';
import { ButlerUserError, SatelliteError } from '../../../butler/errors.ts';
import type { Universe } from '../../../butler/universe.ts';
import type { ImportConflict, ImportedDataset, ImportPlan } from '../../writeable-repository.ts';
import { uuidFromStored, validUuid } from '../dataset-ids.ts';
import { existingCollections, type StoredCollection } from './collections.ts';
import { columnsOf, dimensionColumns, keyText, rowsWithKeys, type Reads } from './reads.ts';
import {
  sameValues,
  storedDatasets,
  storedDatasetTypes,
  type StoredDataset,
  type StoredDatasetType,
} from './stored-datasets.ts';
import { dataIdText, storedDimensionValue } from './stored-values.ts';

/** A dataset in this repository's own terms. */
export interface IncomingDataset {
  readonly uuid: string;
  readonly datasetType: StoredDatasetType;
  readonly run: { readonly id: bigint; readonly name: string };
  /** Values of the type's required dimensions here, in order. */
  readonly values: readonly (bigint | string)[];
  readonly dataset: ImportedDataset;
}

export interface DetailedPlan extends ImportPlan {
  /** The new ones. */
  readonly incoming: readonly IncomingDataset[];
  /** Those that bring files which are to be recorded: new ones, and those registered without. */
  readonly withNewFiles: readonly IncomingDataset[];
}

/**
 * @param recorded those of the datasets for which a file is recorded
 * @throws MISSING_DATASET_TYPE, MISSING_COLLECTION, COLLECTION_TYPE for what must be there first; CONFLICT where a dataset
 *   type is defined otherwise here; DIMENSION_VALUE, BAD_USER_INPUT
 */
export async function planImport(
  reads: Reads,
  universe: Universe,
  datasets: readonly ImportedDataset[],
  recorded: (uuids: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<DetailedPlan> {
  const candidates = await inOwnTerms(reads, universe, datasets);
  const known = await storedDatasets(reads, universe, [...new Set(candidates.map(({ uuid }) => uuid))]);
  const conflicts: ImportConflict[] = [];
  const byUuid = new Map<string, IncomingDataset>();
  const byDataId = new Map<string, IncomingDataset>();
  // What is registered already has the better right to its data ID.
  const isKnown = ({ uuid }: IncomingDataset) => known.has(uuid);
  for (const candidate of [...candidates.filter(isKnown), ...candidates.filter((c) => !isKnown(c))]) {
    const same = byUuid.get(candidate.uuid);
    const identity = identityText(candidate);
    const twin = byDataId.get(identity);
    if (same) {
      if (identityText(same) !== identity) conflicts.push(differingUse(candidate, same));
    } else if (twin) conflicts.push(takenDataId(candidate, twin.uuid));
    else {
      byUuid.set(candidate.uuid, candidate);
      byDataId.set(identity, candidate);
    }
  }

  const unregistered: IncomingDataset[] = [];
  const registered: IncomingDataset[] = [];
  for (const candidate of byUuid.values()) {
    const there = known.get(candidate.uuid);
    if (!there) unregistered.push(candidate);
    else if (identityText(there) !== identityText(candidate)) conflicts.push(differingUse(candidate, there));
    else registered.push(candidate);
  }
  const taken = await takenDataIds(reads, universe, unregistered);
  for (const [candidate, existing] of taken) conflicts.push(takenDataId(candidate, existing));
  const incoming = unregistered.filter((candidate) => !taken.has(candidate));
  const bringing = registered.filter(({ dataset }) => dataset.files.length > 0);
  const stored = await recorded(bringing.map(({ uuid }) => uuid));
  const newFiles = bringing.filter(({ uuid }) => !stored.has(uuid));
  return {
    newDatasets: incoming.map(({ uuid }) => uuid),
    newFiles: newFiles.map(({ uuid }) => uuid),
    conflicts,
    incoming,
    withNewFiles: [...incoming.filter(({ dataset }) => dataset.files.length > 0), ...newFiles],
  };
}

/** The plan for datasets of which nothing is there, and of which no two are in each other's way. */
export function planOfNew(incoming: readonly IncomingDataset[]): DetailedPlan {
  return {
    newDatasets: incoming.map(({ uuid }) => uuid),
    newFiles: [],
    conflicts: [],
    incoming,
    withNewFiles: incoming.filter(({ dataset }) => dataset.files.length > 0),
  };
}

/** @throws as `planImport` */
export async function inOwnTerms(
  reads: Reads,
  universe: Universe,
  datasets: readonly ImportedDataset[],
): Promise<readonly IncomingDataset[]> {
  const types = await storedDatasetTypes(reads, universe, new Set(datasets.map((d) => d.datasetType.name)));
  const runs = new Map<string, StoredCollection>();
  for (const run of await existingCollections(reads, [...new Set(datasets.map((d) => d.run))])) {
    if (run.type !== 'RUN') {
      throw new ButlerUserError(
        'COLLECTION_TYPE',
        `Datasets cannot be imported into collection '${run.name}' of type ${run.type}; it must be RUN.`,
      );
    }
    runs.set(run.name, run);
  }
  const translations = new Map<ImportedDataset['datasetType'], readonly number[]>();
  return datasets.map((dataset) => {
    const { name } = dataset.datasetType;
    const datasetType = types.get(name);
    if (!datasetType) throw new ButlerUserError('MISSING_DATASET_TYPE', `Dataset type '${name}' does not exist.`);
    const order = translations.get(dataset.datasetType) ?? requiredOrder(dataset, datasetType);
    translations.set(dataset.datasetType, order);
    const uuid = validUuid(dataset.uuid);
    if (uuid === undefined) throw new SatelliteError('BAD_USER_INPUT', `'${dataset.uuid.slice(0, 100)}' is no UUID.`);
    const values = datasetType.dimensions.required.map((dimension, i) =>
      storedDimensionValue(dimension, universe.element(dimension).primaryKey!, dataset.values[order[i]!]),
    );
    return { uuid, datasetType, run: runs.get(dataset.run)!, values, dataset };
  });
}

/** Where the value of each required dimension of the type here is among the values that come. */
function requiredOrder({ datasetType: source }: ImportedDataset, target: StoredDatasetType): readonly number[] {
  const { required } = source.dimensions;
  const refuse = (what: string, there: string, here: string): never => {
    throw new SatelliteError(
      'CONFLICT',
      `The dataset type '${target.name}' has the ${what} ${there} where the datasets come from, and ${here} here.`,
    );
  };
  if (
    required.length !== target.dimensions.required.length ||
    !required.every((r) => target.dimensions.required.includes(r))
  ) {
    refuse('required dimensions', required.join(', '), target.dimensions.required.join(', '));
  }
  if (source.storageClass !== target.storageClass) refuse('storage class', source.storageClass, target.storageClass);
  if (source.isCalibration !== target.isCalibration) {
    refuse('isCalibration', String(source.isCalibration), String(target.isCalibration));
  }
  return target.dimensions.required.map((name) => required.indexOf(name));
}

/** Incoming datasets whose data ID another one has in the same run, with that one's UUID. */
async function takenDataIds(
  reads: Reads,
  universe: Universe,
  incoming: readonly IncomingDataset[],
): Promise<ReadonlyMap<IncomingDataset, string>> {
  const taken = new Map<IncomingDataset, string>();
  const groups = Map.groupBy(incoming, ({ datasetType, run }) => `${datasetType.id},${run.id}`);
  for (const group of groups.values()) {
    const { datasetType, run } = group[0]!;
    const { required } = datasetType.dimensions;
    const byValues = new Map(group.map((candidate) => [keyText(candidate.values), candidate]));
    const rows = await rowsWithKeys(
      reads,
      datasetType.tagsTable,
      columnsOf(['dataset_id', ...required]),
      dimensionColumns(universe, required),
      group.map(({ values }) => values),
      sql`t.dataset_type_id = ${datasetType.id} AND t.collection_id = ${run.id}`,
    );
    for (const [id, ...values] of rows) {
      taken.set(byValues.get(keyText(values as readonly DataIdValue[]))!, uuidFromStored(id as string));
    }
  }
  return taken;
}

function identityText({ datasetType, run, values }: StoredDataset | IncomingDataset): string {
  return `${datasetType.name}\n${run.name}\n${keyText(values)}`;
}

function differingUse(candidate: IncomingDataset, there: StoredDataset | IncomingDataset): ImportConflict {
  const words = ({ datasetType, run, values }: StoredDataset | IncomingDataset): string =>
    `a '${datasetType.name}' with {${dataIdText(datasetType.dimensions.required, values)}} in run '${run.name}'`;
  const reason = sameValues(candidate.values, there.values) ? 'it keeps its type and run' : 'it keeps its data ID';
  return conflict(
    candidate,
    there.uuid,
    `Dataset ${candidate.uuid} is ${words(there)} already, and cannot be ${words(candidate)} too: ${reason}.`,
  );
}

function takenDataId(candidate: IncomingDataset, existing: string): ImportConflict {
  const { datasetType, run, values } = candidate;
  return conflict(
    candidate,
    existing,
    `Dataset ${candidate.uuid} cannot be imported: the '${datasetType.name}' with ` +
      `{${dataIdText(datasetType.dimensions.required, values)}} in run '${run.name}' is dataset ${existing} already.`,
  );
}

function conflict(
  { uuid, datasetType, run, values }: IncomingDataset,
  existing: string,
  reason: string,
): ImportConflict {
  const dataId = requiredDataId(datasetType.dimensions, values.map(narrowed));
  return { uuid, existing, datasetType: datasetType.name, run: run.name, dataId, reason };
}

/** Integers as numbers where exact. */
function narrowed(value: bigint | string): DataIdValue {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
