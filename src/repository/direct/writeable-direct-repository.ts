/** A DirectButler repository that the gateway writes to. */
import { inBatches } from '../../butler/in-batches.ts';
import { SatelliteError } from '../../butler/errors.ts';
import type { DataId } from '../../butler/data-id.ts';
import type { Timespan } from '../../butler/timespan.ts';
import type { QueryContext } from '../repository.ts';
import type { DimensionRecordRow } from '../rows.ts';
import type {
  ChainChange,
  DatasetTypeDefinition,
  ImportedDataset,
  ImportPlan,
  JoinedChanges,
  Reference,
  RemovedDatasets,
  WriteableRepository,
} from '../writeable-repository.ts';
import { validUuids } from './dataset-ids.ts';
import { ConstraintError, type Transaction, type WriteableDatabase } from './database.ts';
import { DirectRepository, type DirectRepositoryParts } from './direct-repository.ts';
import { recordedReferences } from './datastore/recorded-files.ts';
import { moveToTrash } from './datastore/records.ts';
import { emptyTrash, hasTrash } from './datastore/trash.ts';
import { certify, decertify } from './write/calibrations.ts';
import { checkChildren, editChain } from './write/chains.ts';
import { registerCollection, setCollectionDoc } from './write/collections.ts';
import { checkedDatasetType, registerDatasetType } from './write/dataset-types.ts';
import type { Finding } from './verify/finding.ts';
import { verifyPart, type VerificationPart } from './verify/verify.ts';
import { insertElementRows } from './write/dimension-records.ts';
import { elementRows, elementRowsInTurns, type ElementRows } from './write/dimension-rows.ts';
import { importInto, planImportInto, type ImportTarget } from './write/import-into.ts';
import type { DetailedPlan } from './write/import-plan.ts';
import { readsOf } from './write/reads.ts';
import { datasetsAtPaths, movePaths, removeUnrecorded } from './write/references.ts';
import {
  DATASETS_PER_TRANSACTION,
  deleteCollection,
  deleteDatasets,
  registeredUuids,
  removableCollection,
  uuidsOfRun,
} from './write/removal.ts';
import { associate, disassociate } from './write/tags.ts';

export interface WriteableDirectRepositoryParts extends DirectRepositoryParts {
  readonly database: WriteableDatabase;
}

/** How often an import is planned anew because another writer registered one of its datasets meanwhile. */
const IMPORT_ATTEMPTS = 5;

/** What the first change waits for removals that were cut off to be ended. */
const END_REMOVALS_MILLISECONDS = 5_000;

export class WriteableDirectRepository extends DirectRepository implements WriteableRepository {
  readonly #parts: WriteableDirectRepositoryParts;
  #removalsEnded: Promise<void> | undefined;

  constructor(parts: WriteableDirectRepositoryParts) {
    super(parts);
    this.#parts = parts;
  }

  async registerDatasetTypes(types: readonly DatasetTypeDefinition[], ctx: QueryContext): Promise<readonly string[]> {
    const { universe } = this.#parts;
    const checked = types.map((type) => checkedDatasetType(universe, type));
    return this.#write(ctx, async (tx) => {
      const registered: string[] = [];
      for (const type of checked) {
        if (await registerDatasetType(tx, universe, type)) registered.push(type.name);
      }
      return registered;
    });
  }

  async registerCollection(
    collection: Parameters<WriteableRepository['registerCollection']>[0],
    ctx: QueryContext,
  ): Promise<boolean> {
    const { name, children } = collection;
    return this.#write(ctx, async (tx) => {
      const isNew = await registerCollection(tx, collection);
      if (children && isNew) await editChain(tx, name, children, 'REDEFINE');
      else if (children) await checkChildren(tx, name, children);
      return isNew;
    });
  }

  async setCollectionDoc(name: string, doc: string, ctx: QueryContext): Promise<void> {
    await this.#write(ctx, (tx) => setCollectionDoc(tx, name, doc));
  }

  async setCollectionChain(
    parent: string,
    children: readonly string[],
    edit: ChainChange,
    ctx: QueryContext,
  ): Promise<void> {
    await this.#write(ctx, (tx) => editChain(tx, parent, children, edit));
  }

  async insertDimensionRecords(
    records: readonly DimensionRecordRow[],
    existing: 'FAIL' | 'SKIP' | 'REPLACE',
    ctx: QueryContext,
    atOnce = records.length,
  ): Promise<number> {
    const { universe, database } = this.#parts;
    let written = Promise.resolve(0);
    for (const batch of inBatches(records, atOnce)) {
      let elements: readonly ElementRows[];
      try {
        // Pixels of regions take their time: the database is busy meanwhile with the records before.
        const repeated = existing === 'SKIP' ? 'SKIP' : 'FAIL';
        elements = await elementRowsInTurns(universe, database.dialect, batch, repeated);
      } catch (error) {
        await written;
        throw error;
      }
      const before = await written;
      written = this.#write(ctx, async (tx) => {
        let inserted = before;
        for (const rows of elements) inserted += await insertElementRows(tx, universe, rows, existing);
        return inserted;
      });
      // Its failure is told when its turn comes.
      written.catch(() => undefined);
    }
    return written;
  }

  async recordedAt(paths: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly string[]>> {
    return datasetsAtPaths(readsOf(this.#parts.database, ctx.signal), this.#parts.datastore.location, paths);
  }

  async planImport(datasets: readonly ImportedDataset[], ctx: QueryContext): Promise<ImportPlan> {
    return contractual(await planImportInto(readsOf(this.#parts.database, ctx.signal), this.#target, datasets));
  }

  async importDatasets(datasets: readonly ImportedDataset[], ctx: QueryContext): Promise<ImportPlan> {
    return contractual(await this.unlessRaced(ctx, (tx) => importInto(tx, this.#target, datasets)));
  }

  async changeTogether(changes: JoinedChanges, ctx: QueryContext): Promise<readonly string[]> {
    const { universe, database } = this.#parts;
    const types = changes.datasetTypes.map((type) => checkedDatasetType(universe, type));
    const elements = elementRows(universe, database.dialect, changes.dimensionRecords, 'SKIP');
    return this.unlessRaced(ctx, async (tx) => {
      for (const rows of elements) await insertElementRows(tx, universe, rows, 'SKIP');
      for (const type of types) await registerDatasetType(tx, universe, type);
      for (const collection of changes.collections) await registerCollection(tx, collection);
      const added: string[] = [];
      for (const batch of changes.datasets) {
        for (const uuid of (await importInto(tx, this.#target, batch)).newDatasets) added.push(uuid);
      }
      for (const { parent, children, edit } of changes.chains) await editChain(tx, parent, children, edit);
      return added;
    });
  }

  async moveReferences(
    move: (path: string, uuid: string) => string | null,
    ctx: QueryContext,
    among?: readonly string[],
  ): Promise<number> {
    return this.#write(ctx, (tx) => movePaths(tx, this.#parts.datastore.location, move, among));
  }

  async associate(collection: string, uuids: readonly string[], ctx: QueryContext): Promise<void> {
    await this.#write(ctx, (tx) => associate(tx, this.#parts.universe, collection, uuids));
  }

  async disassociate(collection: string, uuids: readonly string[], ctx: QueryContext): Promise<void> {
    await this.#write(ctx, (tx) => disassociate(tx, this.#parts.universe, collection, uuids));
  }

  async certify(
    collection: string,
    uuids: readonly string[],
    timespan: Timespan,
    ctx: QueryContext,
    existing: 'FAIL' | 'SKIP' = 'FAIL',
  ): Promise<void> {
    await this.#write(ctx, (tx) => certify(tx, this.#parts.universe, collection, uuids, timespan, existing));
  }

  async decertify(
    collection: string,
    datasetType: string,
    timespan: Timespan,
    dataIds: readonly DataId[] | null,
    ctx: QueryContext,
  ): Promise<void> {
    await this.#write(ctx, (tx) => decertify(tx, this.#parts.universe, collection, datasetType, timespan, dataIds));
  }

  async removeDatasets(
    uuids: readonly string[],
    mode: 'UNSTORE' | 'PURGE',
    ctx: QueryContext,
  ): Promise<RemovedDatasets> {
    let datasets = 0;
    for (const batch of inBatches(validUuids(uuids), DATASETS_PER_TRANSACTION)) {
      datasets += await this.#write(ctx, (tx) => this.#trash(tx, batch, mode));
    }
    const { bytes } = await this.emptyTrash(ctx);
    return { datasets, bytes };
  }

  async removeCollection(name: string, unlink: boolean, ctx: QueryContext): Promise<RemovedDatasets> {
    const reads = readsOf(this.#parts.database, ctx.signal);
    const collection = await removableCollection(reads, name, unlink).catch(async (error: unknown) => {
      // Where whoever removed it was ended after its rows went, its files go now.
      await this.#removeLeft(ctx).catch(() => undefined);
      throw error;
    });
    let removed = { datasets: 0, bytes: 0 };
    if (collection.type === 'RUN') {
      for (;;) {
        const datasets = await this.#write(ctx, async (tx) => {
          await removableCollection(tx, name, unlink);
          return this.#trash(tx, await uuidsOfRun(tx, collection), 'PURGE');
        });
        if (datasets === 0) {
          // An attempt before may have left files, where their store was away.
          await this.#removeLeft(ctx);
          break;
        }
        removed = { datasets: removed.datasets + datasets, bytes: removed.bytes + (await this.emptyTrash(ctx)).bytes };
      }
    }
    await this.#write(ctx, (tx) => deleteCollection(tx, name, unlink));
    return removed;
  }

  async emptyTrash(ctx: QueryContext): Promise<RemovedDatasets> {
    const { location, store } = this.#parts.datastore;
    const removed = { datasets: 0, bytes: 0 };
    for (;;) {
      const { datasets, bytes } = await this.#change(ctx, (tx) => emptyTrash(tx, location, store, ctx.signal));
      if (datasets === 0) return removed;
      removed.datasets += datasets;
      removed.bytes += bytes;
    }
  }

  async removeUnrecorded(paths: readonly string[], ctx: QueryContext): Promise<number> {
    const { location, store } = this.#parts.datastore;
    return this.#write(ctx, (tx) => removeUnrecorded(tx, location, store, paths, ctx.signal));
  }

  async *verify(part: VerificationPart, repair: boolean, ctx: QueryContext): AsyncGenerator<Finding> {
    const { database, registry, datastore } = this.#parts;
    const { location, store } = datastore;
    const verified = { ...location, database, store, registry: await registry.current(ctx.signal) };
    try {
      yield* verifyPart(part, verified, repair, ctx.signal);
    } finally {
      if (repair) registry.written();
    }
  }

  references(ctx: QueryContext): AsyncIterable<readonly Reference[]> {
    return recordedReferences(this.#parts.database, this.#parts.datastore.location, ctx.signal);
  }

  /** @returns the number of datasets */
  async #trash(tx: Transaction, uuids: readonly string[], mode: 'UNSTORE' | 'PURGE'): Promise<number> {
    await moveToTrash(tx, this.#parts.datastore.location, uuids);
    return mode === 'PURGE' ? deleteDatasets(tx, uuids) : (await registeredUuids(tx, uuids)).length;
  }

  get #target(): ImportTarget {
    return { universe: this.#parts.universe, location: this.#parts.datastore.location };
  }

  /** Writes datasets, anew where another writer registered one of them meanwhile. */
  protected async unlessRaced<T>(ctx: QueryContext, work: (tx: Transaction) => Promise<T>): Promise<T> {
    await this.#endRemovals(ctx);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#parts.database.transaction(work, ctx.signal);
      } catch (error) {
        const raced = error instanceof ConstraintError && error.kind === 'unique' && attempt < IMPORT_ATTEMPTS;
        if (!raced) throw changedMeanwhile(error);
      } finally {
        this.#parts.registry.written();
      }
    }
  }

  async #write<T>(ctx: QueryContext, work: (tx: Transaction) => Promise<T>): Promise<T> {
    await this.#endRemovals(ctx);
    return this.#change(ctx, work);
  }

  /** Before the first change: whoever removed datasets before may have been ended, or their store away, with files left. */
  #endRemovals(ctx: QueryContext): Promise<void> {
    // What cannot be removed now either keeps nobody from writing: the next removal tries it again.
    return (this.#removalsEnded ??= this.#removeLeft(ctx).catch(() => undefined));
  }

  async #removeLeft({ caller, signal: asked }: QueryContext): Promise<void> {
    const { database, datastore } = this.#parts;
    if (!(await hasTrash(readsOf(database, asked), datastore.location))) return;
    await this.emptyTrash({ caller, signal: AbortSignal.any([asked, AbortSignal.timeout(END_REMOVALS_MILLISECONDS)]) });
  }

  async #change<T>(ctx: QueryContext, work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.#parts.database.transaction(work, ctx.signal);
    } catch (error) {
      throw changedMeanwhile(error);
    } finally {
      this.#parts.registry.written();
    }
  }
}

function contractual({ newDatasets, newFiles, conflicts }: DetailedPlan): ImportPlan {
  return { newDatasets, newFiles, conflicts };
}

/** What no look before and after explains: another writer added or took away what the rows refer to. */
function changedMeanwhile(error: unknown): unknown {
  if (!(error instanceof ConstraintError)) return error;
  const what =
    error.kind === 'foreign key' ? 'something that it needs is gone, or is still in use' : 'it is there already';
  return new SatelliteError(
    'CONFLICT',
    `The repository does not take the change: ${what}, through another writer at the same time. Look at it and try again.`,
    { cause: error },
  );
}
