/** Registering datasets with the records of their files, as part of a transaction. */
import { SatelliteError } from '../../../butler/errors.ts';
import type { Universe } from '../../../butler/universe.ts';
import type { ImportedDataset } from '../../writeable-repository.ts';
import { ConstraintError, type Insertion, type Transaction } from '../database.ts';
import { recordedDatasets, recordInsertions, type RecordedFiles, type RecordsLocation } from '../datastore/records.ts';
import { hasTrash, leaveTrash } from '../datastore/trash.ts';
import { datasetInsertions, insertDatasets } from './import-datasets.ts';
import { inOwnTerms, planImport, planOfNew, type DetailedPlan, type IncomingDataset } from './import-plan.ts';
import type { Reads } from './reads.ts';

/** What an import into a repository needs of it. */
export interface ImportTarget {
  readonly universe: Universe;
  readonly location: RecordsLocation;
}

/** What `importInto` would do. */
export function planImportInto(
  reads: Reads,
  { universe, location }: ImportTarget,
  datasets: readonly ImportedDataset[],
): Promise<DetailedPlan> {
  return planImport(reads, universe, datasets, (uuids) => recordedDatasets(reads, location, uuids));
}

/** @throws as `WriteableRepository.importDatasets`; then the transaction is to be undone */
export async function importInto(
  tx: Transaction,
  target: ImportTarget,
  datasets: readonly ImportedDataset[],
): Promise<DetailedPlan> {
  const asNew = await importAllNew(tx, target, datasets);
  if (asNew) return asNew;
  const { universe, location } = target;
  const plan = await planImportInto(tx, target, datasets);
  if (plan.conflicts[0]) throw new SatelliteError('CONFLICT', plan.conflicts[0].reason);
  await insertDatasets(tx, universe, plan.incoming);
  await comeBack(tx, location, plan.withNewFiles);
  await tx.insertAll(recordInsertions(tx, location, plan.withNewFiles.map(filesOf)));
  return plan;
}

/**
 * Imports datasets as if all were new, as they are as a rule: nothing is looked for before.
 * @returns undefined, with nothing changed, where the database refuses any: a plan tells why, and what of them is new
 * @throws as `planImport` for what must be there first
 */
async function importAllNew(
  tx: Transaction,
  { universe, location }: ImportTarget,
  datasets: readonly ImportedDataset[],
): Promise<DetailedPlan | undefined> {
  const plan = planOfNew(await inOwnTerms(tx, universe, datasets));
  try {
    await tx.savepoint(async () => {
      await comeBack(tx, location, plan.withNewFiles);
      await tx.insertAll(allInsertions(tx, location, plan));
    });
    return plan;
  } catch (error) {
    if (error instanceof ConstraintError) return undefined;
    throw error;
  }
}

function* allInsertions(
  tx: Transaction,
  location: RecordsLocation,
  { incoming, withNewFiles }: DetailedPlan,
): Generator<Insertion> {
  yield* datasetInsertions(tx, incoming);
  yield* recordInsertions(tx, location, withNewFiles.map(filesOf));
}

function filesOf({ uuid, dataset: { files } }: IncomingDataset): RecordedFiles {
  return { uuid, files };
}

/** Left in the trash by a removal that was cut off: what comes now is not to go when that is ended. */
async function comeBack(
  tx: Transaction,
  location: RecordsLocation,
  datasets: readonly IncomingDataset[],
): Promise<void> {
  // As a rule there is nothing in it.
  if (!(await hasTrash(tx, location))) return;
  await leaveTrash(
    tx,
    location,
    datasets.map(({ uuid }) => uuid),
  );
}
