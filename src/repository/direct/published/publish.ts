/** Makes a version of a publication visible, as part of a transaction. */
import sql from 'sql-template-tag';
import { SatelliteError } from '../../../butler/errors.ts';
import { failpoint } from '../../failpoints.ts';
import type { PublishedContent } from '../../published-repository.ts';
import type { FileRecord } from '../../rows.ts';
import type { ImportedDataset } from '../../writeable-repository.ts';
import type { Transaction } from '../database.ts';
import { isOneOf } from '../dataset-ids.ts';
import type { ArtifactStore } from '../datastore/artifact-store.ts';
import { recordedFiles } from '../datastore/recorded-files.ts';
import { recordInsertions, type RecordsLocation } from '../datastore/records.ts';
import { leaveTrash } from '../datastore/trash.ts';
import { checkedDatasetType, registerDatasetType } from '../write/dataset-types.ts';
import { insertElementRows } from '../write/dimension-records.ts';
import { elementRows } from '../write/dimension-rows.ts';
import { importInto, type ImportTarget } from '../write/import-into.ts';
import { registeredUuids } from '../write/removal.ts';
import { prepareCollections, writeMemberships } from './collections.ts';
import { addDatasets, addGeneration, publishedAmong, solelyPublished, standingOf } from './ledger.ts';
import { removeForgotten } from './remove.ts';

export interface PublishTarget extends ImportTarget {
  readonly store: Pick<ArtifactStore, 'list'>;
}

/** @returns the generation; that of before where the version is visible already */
export async function publishContent(
  tx: Transaction,
  target: PublishTarget,
  content: PublishedContent,
  signal: AbortSignal,
): Promise<number> {
  const { publication, version } = content;
  const standing = await standingOf(tx, publication);
  if (standing?.visible?.version === version) return standing.visible.generation;
  if (standing && standing.latest >= version) {
    const { latest } = standing;
    const what = latest > version ? `version ${latest} has taken its place` : 'it was withdrawn meanwhile';
    throw new SatelliteError('CONFLICT', `Version ${version} cannot be published (any more): ${what}.`);
  }
  await content.check();
  const staged = new Map<string, number>();
  for await (const { path, size } of target.store.list(content.staged, signal)) staged.set(path, size);
  await registerTypes(tx, target, content);
  await insertRecordsOf(tx, target, content);
  // What is replaced goes first: a dataset in its place may have its data ID.
  for await (const datasets of content.datasets()) {
    await claimDatasets(tx, content, datasets);
    // Left there by a withdrawal whose files are still to go: what comes now is not to go with them.
    await leaveTrash(
      tx,
      target.location,
      datasets.map(({ uuid }) => uuid),
    );
  }
  const collections = await prepareCollections(tx, content);
  await removeForgotten(tx, target.location, publication, version);
  failpoint('publish:before-datasets');
  for await (const datasets of content.datasets()) await bringDatasets(tx, target, publication, datasets, staged);
  failpoint('publish:before-memberships');
  await writeMemberships(tx, target.universe, content, collections);
  failpoint('publish:before-generation');
  return addGeneration(tx, publication, version, true);
}

async function registerTypes(tx: Transaction, { universe }: ImportTarget, content: PublishedContent): Promise<void> {
  for (const type of content.datasetTypes) await registerDatasetType(tx, universe, checkedDatasetType(universe, type));
}

async function insertRecordsOf(tx: Transaction, { universe }: ImportTarget, content: PublishedContent): Promise<void> {
  for await (const records of content.records()) {
    for (const rows of elementRows(universe, tx.dialect, records, 'SKIP')) {
      await insertElementRows(tx, universe, rows, 'SKIP');
    }
  }
}

/** What is there and no publication has, was there before any and stays. */
async function claimDatasets(
  tx: Transaction,
  { publication, version }: PublishedContent,
  datasets: readonly ImportedDataset[],
): Promise<void> {
  const uuids = datasets.map(({ uuid }) => uuid);
  const there = new Set(await registeredUuids(tx, uuids));
  const published = await publishedAmong(tx, uuids);
  const claimed = uuids.filter((uuid) => !there.has(uuid) || published.has(uuid));
  await addDatasets(tx, publication, version, claimed);
}

async function bringDatasets(
  tx: Transaction,
  target: ImportTarget,
  publication: string,
  datasets: readonly ImportedDataset[],
  staged: ReadonlyMap<string, number>,
): Promise<void> {
  const recorded = await recordedFiles(
    tx,
    target.location,
    datasets.map(({ uuid }) => uuid),
  );
  const { withNewFiles } = await importInto(tx, target, datasets);
  checkStaged(
    withNewFiles.map(({ dataset }) => dataset),
    staged,
  );
  const other = datasets.filter(({ uuid, files }) => recorded.has(uuid) && !hasBytes(recorded.get(uuid)!, files));
  if (other.length === 0) return;
  const uuids = other.map(({ uuid }) => uuid);
  const own = await solelyPublished(tx, publication, uuids);
  const foreign = uuids.find((uuid) => !own.has(uuid));
  if (foreign !== undefined) {
    throw new SatelliteError(
      'CONFLICT',
      `Dataset ${foreign} is there already, with other bytes: write what has changed as a new dataset.`,
    );
  }
  checkStaged(other, staged);
  await replaceRecords(tx, target.location, other);
}

/** What was stored when files were staged may be withdrawn since, and what was staged swept by who had given it up. */
function checkStaged(datasets: readonly ImportedDataset[], staged: ReadonlyMap<string, number>): void {
  for (const { files } of datasets) {
    if (files.every(({ path, size }) => staged.get(path) === size)) continue;
    throw new SatelliteError(
      'UPSTREAM_UNAVAILABLE',
      'Files were taken away while they were being published: they have to be brought again.',
    );
  }
}

/** Whether what is recorded has the bytes of these files, as far as its checksums and sizes tell. */
function hasBytes(recorded: readonly FileRecord[], files: ImportedDataset['files']): boolean {
  if (files.length === 0) return true;
  return (
    recorded.length === files.length &&
    files.every((file) => {
      const there = recorded.find(({ component }) => component === file.component);
      if (there?.size !== file.size) return false;
      return there.checksum?.length !== file.checksum?.length || there.checksum === file.checksum;
    })
  );
}

async function replaceRecords(
  tx: Transaction,
  location: RecordsLocation,
  datasets: readonly ImportedDataset[],
): Promise<void> {
  const among = isOneOf(
    tx.dialect,
    sql`dataset_id`,
    datasets.map(({ uuid }) => uuid),
  );
  await tx.run(sql`DELETE FROM ${tx.table(location.recordsTable)} WHERE ${among}`);
  await tx.insertAll(recordInsertions(tx, location, datasets));
}
