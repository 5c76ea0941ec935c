/** A DirectButler repository as a `Repository`. */
import type { CollectionInfo, CollectionSummary } from '../../butler/collection.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import type { Universe } from '../../butler/universe.ts';
import type { Query } from '../../butler/query/tree.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type {
  CollectionQuery,
  CollectionRule,
  CountOptions,
  FindDatasetRequest,
  Page,
  PageOptions,
  QueryContext,
  Repository,
  RestrictableRepository,
} from '../repository.ts';
import type { DatasetRow, FileRecord, FileSource, RepositoryUsage, RowsByResult, StoreObject } from '../rows.ts';
import { findCollections, summaryOf } from './collections.ts';
import { anyRows, countRows, explainRows, queryRows } from './compile/execute.ts';
import type { Database } from './database.ts';
import { datasetsByUuid } from './datasets.ts';
import type { Datastore } from './datastore/datastore.ts';
import { findDataset } from './find-dataset.ts';
import { readGeneration } from './published/ledger.ts';
import type { RegistryReader } from './registry-reader.ts';
import type { DirectAccess } from './registry.ts';
import { ReadableAccesses } from './restricted/readable-access.ts';
import { RestrictedRepository } from './restricted/restricted-repository.ts';

/** Made by `openDirectRepository`, which has checked all that it is made of. */
export interface DirectRepositoryParts {
  readonly name: string;
  readonly database: Database;
  readonly universe: Universe;
  readonly registry: RegistryReader;
  readonly datastore: Datastore;
}

export class DirectRepository implements RestrictableRepository {
  readonly name: string;
  readonly #parts: DirectRepositoryParts;
  readonly #readable: ReadableAccesses;

  constructor(parts: DirectRepositoryParts) {
    this.name = parts.name;
    this.#parts = parts;
    this.#readable = new ReadableAccesses(parts.database, parts.datastore.location.recordsTable);
  }

  /** What one request works with: the database, and its collections and dataset types as they are now. */
  async access(signal: AbortSignal): Promise<DirectAccess> {
    const { database, registry } = this.#parts;
    return { repository: this.name, database, registry: await registry.current(signal) };
  }

  /** Number of the state of a repository in which publications are, as everybody sees it from now on; else 0. */
  async generation(ctx: QueryContext): Promise<number> {
    const { database, registry } = this.#parts;
    const generation = await readGeneration(database, ctx.signal);
    // What was read before may be older.
    registry.written();
    return generation;
  }

  async universe(): Promise<Universe> {
    return this.#parts.universe;
  }

  async datasetTypes(ctx: QueryContext): Promise<ReadonlyMap<string, DatasetType>> {
    return (await this.#parts.registry.current(ctx.signal)).datasetTypes;
  }

  async collections(query: CollectionQuery, ctx: QueryContext): Promise<readonly CollectionInfo[]> {
    return findCollections(await this.#parts.registry.current(ctx.signal), query, ctx.signal);
  }

  async summary(collection: string, ctx: QueryContext): Promise<CollectionSummary> {
    return summaryOf(await this.#parts.registry.current(ctx.signal), collection, ctx.signal);
  }

  async *query<S extends ResultSpec>(
    query: Query,
    spec: S,
    ctx: QueryContext,
    options?: PageOptions,
  ): AsyncGenerator<Page<RowsByResult[S['type']]>> {
    yield* queryRows(await this.access(ctx.signal), query, spec, ctx.signal, options);
  }

  async count(query: Query, spec: ResultSpec, ctx: QueryContext, options: CountOptions = {}): Promise<number> {
    return countRows(await this.access(ctx.signal), query, spec, ctx.signal, options);
  }

  async any(
    query: Query,
    ctx: QueryContext,
    { execute = true, exact = true }: { readonly execute?: boolean; readonly exact?: boolean } = {},
  ): Promise<boolean> {
    return anyRows(await this.access(ctx.signal), query, ctx.signal, { execute, exact });
  }

  async explain(query: Query, ctx: QueryContext): Promise<readonly string[]> {
    return explainRows(await this.access(ctx.signal), query, ctx.signal);
  }

  async findDataset(request: FindDatasetRequest, ctx: QueryContext): Promise<DatasetRow | null> {
    return findDataset(this, request, ctx);
  }

  async datasets(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, DatasetRow>> {
    return datasetsByUuid(await this.access(ctx.signal), uuids, ctx.signal);
  }

  async files(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    return this.#parts.datastore.files(uuids, ctx.signal);
  }

  async fileSource(uuid: string, component: string | null, ctx: QueryContext): Promise<FileSource | null> {
    return this.#parts.datastore.source(uuid, component, ctx.signal);
  }

  async storeObjects(
    uuids: readonly string[],
    ctx: QueryContext,
  ): Promise<ReadonlyMap<string, readonly StoreObject[]>> {
    return this.#parts.datastore.objects(uuids, ctx.signal);
  }

  async usage(ctx: QueryContext): Promise<RepositoryUsage> {
    return this.#parts.datastore.usage(await this.#parts.registry.current(ctx.signal), ctx.signal);
  }

  async countReferences(prefixes: readonly string[], ctx: QueryContext): Promise<number> {
    return this.#parts.datastore.countReferences(prefixes, ctx.signal);
  }

  readableAs(rule: CollectionRule): Repository {
    return new RestrictedRepository(this.#parts, this.#readable, rule);
  }

  async close(): Promise<void> {
    await this.#parts.database.close();
  }
}
