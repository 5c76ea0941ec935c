/** A repository that is borrowed from who keeps it open, for each answer. */
import type { CollectionInfo, CollectionSummary } from '../butler/collection.ts';
import type { DatasetType } from '../butler/dataset-type.ts';
import type { ResultSpec } from '../butler/query/result-spec.ts';
import type { Query } from '../butler/query/tree.ts';
import type { Universe } from '../butler/universe.ts';
import type {
  CollectionQuery,
  CountOptions,
  FindDatasetRequest,
  Page,
  PageOptions,
  QueryContext,
  Repository,
} from '../repository/repository.ts';
import type {
  DatasetRow,
  FileRecord,
  FileSource,
  RepositoryUsage,
  RowsByResult,
  StoreObject,
} from '../repository/rows.ts';

/** Gives the open repository, which stays open until `done` is called. */
export type Borrow<R extends Repository> = (
  signal: AbortSignal,
) => Promise<{ readonly repository: R; readonly done: () => void }>;

export class BorrowedRepository<R extends Repository> implements Repository {
  readonly name: string;
  protected readonly borrow: Borrow<R>;

  constructor(name: string, borrow: Borrow<R>) {
    this.name = name;
    this.borrow = borrow;
  }

  universe(ctx: QueryContext): Promise<Universe> {
    return this.read(ctx, (repository) => repository.universe(ctx));
  }

  datasetTypes(ctx: QueryContext): Promise<ReadonlyMap<string, DatasetType>> {
    return this.read(ctx, (repository) => repository.datasetTypes(ctx));
  }

  collections(query: CollectionQuery, ctx: QueryContext): Promise<readonly CollectionInfo[]> {
    return this.read(ctx, (repository) => repository.collections(query, ctx));
  }

  summary(collection: string, ctx: QueryContext): Promise<CollectionSummary> {
    return this.read(ctx, (repository) => repository.summary(collection, ctx));
  }

  async *query<S extends ResultSpec>(
    query: Query,
    spec: S,
    ctx: QueryContext,
    options?: PageOptions,
  ): AsyncGenerator<Page<RowsByResult[S['type']]>> {
    const { repository, done } = await this.borrow(ctx.signal);
    try {
      yield* repository.query(query, spec, ctx, options);
    } finally {
      done();
    }
  }

  count(query: Query, spec: ResultSpec, ctx: QueryContext, options?: CountOptions): Promise<number> {
    return this.read(ctx, (repository) => repository.count(query, spec, ctx, options));
  }

  any(
    query: Query,
    ctx: QueryContext,
    options?: { readonly execute?: boolean; readonly exact?: boolean },
  ): Promise<boolean> {
    return this.read(ctx, (repository) => repository.any(query, ctx, options));
  }

  explain(query: Query, ctx: QueryContext, options?: { readonly execute?: boolean }): Promise<readonly string[]> {
    return this.read(ctx, (repository) => repository.explain(query, ctx, options));
  }

  findDataset(request: FindDatasetRequest, ctx: QueryContext): Promise<DatasetRow | null> {
    return this.read(ctx, (repository) => repository.findDataset(request, ctx));
  }

  datasets(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, DatasetRow>> {
    return this.read(ctx, (repository) => repository.datasets(uuids, ctx));
  }

  files(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    return this.read(ctx, (repository) => repository.files(uuids, ctx));
  }

  fileSource(uuid: string, component: string | null, ctx: QueryContext): Promise<FileSource | null> {
    return this.read(ctx, (repository) => repository.fileSource(uuid, component, ctx));
  }

  storeObjects(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly StoreObject[]>> {
    return this.read(ctx, (repository) => repository.storeObjects(uuids, ctx));
  }

  async usage(ctx: QueryContext): Promise<RepositoryUsage | null> {
    const usage = await this.read(ctx, (repository) => repository.usage(ctx));
    if (!usage) return null;
    const parts = () => this.read(ctx, () => usage.parts());
    return { ...usage, parts, memberships: () => this.read(ctx, () => usage.memberships()) };
  }

  /** It is shared, and closed by who opened it. */
  async close(): Promise<void> {
    // nothing of its own
  }

  protected async read<T>(ctx: QueryContext, ask: (repository: R) => Promise<T>): Promise<T> {
    const { repository, done } = await this.borrow(ctx.signal);
    try {
      return await ask(repository);
    } finally {
      done();
    }
  }
}
