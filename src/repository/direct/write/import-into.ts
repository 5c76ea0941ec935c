/** Registering datasets with the records of their files, as part of a transaction. */
import { SatelliteError } from '../../../butler/errors.ts';
import type { Universe } from '../../../butler/universe.ts';
import type { ImportedDataset } from '../../writeable-repository.ts';
import type { Transaction } from '../database.ts';
import { insertRecords, recordedDatasets, type RecordsLocation } from '../datastore/records.ts';
import { hasTrash, leaveTrash } from '../datastore/trash.ts';
import { insertAllNew, insertDatasets } from './import-datasets.ts';
import { planImport, planOfNew, type DetailedPlan } from './import-plan.ts';
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
  const { universe, location } = target;
  const inserted = await insertAllNew(tx, universe, datasets);
  const plan = inserted ? planOfNew(inserted) : await planImportInto(tx, target, datasets);
  if (plan.conflicts[0]) throw new SatelliteError('CONFLICT', plan.conflicts[0].reason);
  if (!inserted) await insertDatasets(tx, universe, plan.incoming);
  await comeBack(
    tx,
    location,
    plan.withNewFiles.map(({ uuid }) => uuid),
  );
  await insertRecords(
    tx,
    location,
    plan.withNewFiles.map(({ uuid, dataset }) => ({ uuid, files: dataset.files })),
  );
  return plan;
}

/** Left in the trash by a removal that was cut off: what comes now is not to go when that is ended. */
async function comeBack(tx: Transaction, location: RecordsLocation, uuids: readonly string[]): Promise<void> {
  // As a rule there is nothing in it.
  if (await hasTrash(tx, location)) await leaveTrash(tx, location, uuids);
}
