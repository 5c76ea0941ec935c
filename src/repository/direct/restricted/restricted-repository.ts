/** A DirectButler repository as one sees it who may read only some of its collections. */
import type { CollectionInfo, CollectionSummary } from '../../../butler/collection.ts';
import type { DatasetType } from '../../../butler/dataset-type.ts';
import type { Query } from '../../../butler/query/tree.ts';
import type { ResultSpec } from '../../../butler/query/result-spec.ts';
import type { Universe } from '../../../butler/universe.ts';
import type {
  CollectionQuery,
  CollectionRule,
  CountOptions,
  FindDatasetRequest,
  Page,
  PageOptions,
  QueryContext,
  Repository,
} from '../../repository.ts';
import type { DatasetRow, FileRecord, FileSource, RepositoryUsage, RowsByResult, StoreObject } from '../../rows.ts';
import { findCollections, summaryOf } from '../collections.ts';
import { anyRows, countRows, explainRows, queryRows } from '../compile/execute.ts';
import { datasetsByUuid } from '../datasets.ts';
import type { Datastore } from '../datastore/datastore.ts';
import type { DirectRepositoryParts } from '../direct-repository.ts';
import { findDataset } from '../find-dataset.ts';
import type { DirectAccess } from '../registry.ts';
import type { ReadableAccesses } from './readable-access.ts';

/**
 * Answers as a repository that holds nothing but what the rule allows.  Its statements are those of `DirectRepository`,
 * made from a registry without the denied collections and a database that shows readable rows only; neither the whole
 * registry nor the whole database is in reach of what makes them.
 */
export class RestrictedRepository implements Repository {
  readonly name: string;
  readonly #parts: DirectRepositoryParts;
  readonly #accesses: ReadableAccesses;
  readonly #rule: CollectionRule;

  constructor(parts: DirectRepositoryParts, accesses: ReadableAccesses, rule: CollectionRule) {
    this.name = parts.name;
    this.#parts = parts;
    this.#accesses = accesses;
    this.#rule = rule;
  }

  async universe(): Promise<Universe> {
    return this.#parts.universe;
  }

  async datasetTypes(ctx: QueryContext): Promise<ReadonlyMap<string, DatasetType>> {
    return (await this.#access(ctx)).registry.datasetTypes;
  }

  async collections(query: CollectionQuery, ctx: QueryContext): Promise<readonly CollectionInfo[]> {
    return findCollections((await this.#access(ctx)).registry, query, ctx.signal);
  }

  async summary(collection: string, ctx: QueryContext): Promise<CollectionSummary> {
    return summaryOf((await this.#access(ctx)).registry, collection, ctx.signal);
  }

  async *query<S extends ResultSpec>(
    query: Query,
    spec: S,
    ctx: QueryContext,
    options?: PageOptions,
  ): AsyncGenerator<Page<RowsByResult[S['type']]>> {
    yield* queryRows(await this.#access(ctx), query, spec, ctx.signal, options);
  }

  async count(query: Query, spec: ResultSpec, ctx: QueryContext, options: CountOptions = {}): Promise<number> {
    return countRows(await this.#access(ctx), query, spec, ctx.signal, options);
  }

  async any(
    query: Query,
    ctx: QueryContext,
    { execute = true, exact = true }: { readonly execute?: boolean; readonly exact?: boolean } = {},
  ): Promise<boolean> {
    return anyRows(await this.#access(ctx), query, ctx.signal, { execute, exact });
  }

  async explain(query: Query, ctx: QueryContext): Promise<readonly string[]> {
    return explainRows(await this.#access(ctx), query, ctx.signal);
  }

  async findDataset(request: FindDatasetRequest, ctx: QueryContext): Promise<DatasetRow | null> {
    return findDataset(this, request, ctx);
  }

  async datasets(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, DatasetRow>> {
    return datasetsByUuid(await this.#access(ctx), uuids, ctx.signal);
  }

  async files(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    return (await this.#datastore(ctx)).files(uuids, ctx.signal);
  }

  async fileSource(uuid: string, component: string | null, ctx: QueryContext): Promise<FileSource | null> {
    return (await this.#datastore(ctx)).source(uuid, component, ctx.signal);
  }

  async storeObjects(
    uuids: readonly string[],
    ctx: QueryContext,
  ): Promise<ReadonlyMap<string, readonly StoreObject[]>> {
    return (await this.#datastore(ctx)).objects(uuids, ctx.signal);
  }

  async usage(ctx: QueryContext): Promise<RepositoryUsage> {
    const { database, registry } = await this.#access(ctx);
    return this.#parts.datastore.readFrom(database).usage(registry, ctx.signal);
  }

  /** The repository is not its own. */
  async close(): Promise<void> {
    // nothing to close
  }

  async #access({ signal }: QueryContext): Promise<DirectAccess> {
    const whole = await this.#parts.registry.current(signal);
    return this.#accesses.access(this.name, whole, this.#rule, signal);
  }

  async #datastore(ctx: QueryContext): Promise<Datastore> {
    const { database } = await this.#access(ctx);
    return this.#parts.datastore.readFrom(database);
  }
}
