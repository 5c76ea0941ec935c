/** A satellite's repository as it is given out: opened when it is first asked, and whenever it has been closed since. */
import type { CollectionInfo } from '../butler/collection.ts';
import type { DatasetType } from '../butler/dataset-type.ts';
import type { ResultSpec } from '../butler/query/result-spec.ts';
import type { Query } from '../butler/query/tree.ts';
import type { Universe } from '../butler/universe.ts';
import { isRestrictable } from '../access/policy.ts';
import type {
  CollectionQuery,
  CollectionRule,
  FindDatasetRequest,
  Page,
  PageOptions,
  QueryContext,
  Repository,
  RestrictableRepository,
} from '../repository/repository.ts';
import type { DatasetRow, FileRecord, FileSource, RepositoryUsage, RowsByResult } from '../repository/rows.ts';
import type { Finding } from '../repository/direct/verify/finding.ts';
import type {
  ImportPlan,
  Reference,
  RemovedDatasets,
  WriteableRepository,
} from '../repository/writeable-repository.ts';

/** Gives the open repository, which stays open until `done` is called. */
export type Borrow<Opened extends Repository = WriteableRepository> = (
  signal: AbortSignal,
) => Promise<{ readonly repository: Opened; readonly done: () => void }>;

type Parameters<Method extends keyof WriteableRepository> = WriteableRepository[Method] extends (
  ...args: infer Args
) => unknown
  ? Args
  : never;

/** For reading only: what others get of a satellite, or of a part of it. */
class OpenedForReading<Opened extends Repository> implements Repository {
  readonly name: string;
  protected readonly borrow: Borrow<Opened>;

  constructor(name: string, borrow: Borrow<Opened>) {
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

  count(query: Query, spec: ResultSpec, ctx: QueryContext, options?: { readonly exact?: boolean }): Promise<number> {
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

  async usage(ctx: QueryContext): Promise<RepositoryUsage | null> {
    const usage = await this.read(ctx, (repository) => repository.usage(ctx));
    return usage && { ...usage, parts: () => this.read(ctx, () => usage.parts()) };
  }

  /** It is shared, and closed by who opened it. */
  async close(): Promise<void> {
    // nothing of its own
  }

  protected async read<T>(ctx: QueryContext, ask: (repository: Opened) => Promise<T>): Promise<T> {
    const { repository, done } = await this.borrow(ctx.signal);
    try {
      return await ask(repository);
    } finally {
      done();
    }
  }
}

export class OpenedRepository
  extends OpenedForReading<WriteableRepository>
  implements WriteableRepository, RestrictableRepository
{
  readonly #admit: (signal: AbortSignal) => Promise<void>;

  /** @param admit asked before each change. @throws SatelliteError CONFLICT where none is allowed (any more) */
  constructor(name: string, borrow: Borrow, admit: (signal: AbortSignal) => Promise<void>) {
    super(name, borrow);
    this.#admit = admit;
  }

  readableAs(rule: CollectionRule): Repository {
    return new OpenedForReading(this.name, async (signal) => {
      const { repository, done } = await this.borrow(signal);
      if (isRestrictable(repository)) return { repository: repository.readableAs(rule), done };
      done();
      throw new Error('a satellite that cannot be given out in part');
    });
  }

  registerDatasetTypes(...args: Parameters<'registerDatasetTypes'>): Promise<readonly string[]> {
    return this.#write(args[1], (repository) => repository.registerDatasetTypes(...args));
  }

  registerCollection(...args: Parameters<'registerCollection'>): Promise<boolean> {
    return this.#write(args[1], (repository) => repository.registerCollection(...args));
  }

  setCollectionDoc(...args: Parameters<'setCollectionDoc'>): Promise<void> {
    return this.#write(args[2], (repository) => repository.setCollectionDoc(...args));
  }

  setCollectionChain(...args: Parameters<'setCollectionChain'>): Promise<void> {
    return this.#write(args[3], (repository) => repository.setCollectionChain(...args));
  }

  insertDimensionRecords(...args: Parameters<'insertDimensionRecords'>): Promise<number> {
    return this.#write(args[2], (repository) => repository.insertDimensionRecords(...args));
  }

  planImport(...args: Parameters<'planImport'>): Promise<ImportPlan> {
    return this.read(args[1], (repository) => repository.planImport(...args));
  }

  importDatasets(...args: Parameters<'importDatasets'>): Promise<ImportPlan> {
    return this.#write(args[1], (repository) => repository.importDatasets(...args));
  }

  countReferences(...args: Parameters<'countReferences'>): Promise<number> {
    return this.read(args[1], (repository) => repository.countReferences(...args));
  }

  recordedAt(...args: Parameters<'recordedAt'>): ReturnType<WriteableRepository['recordedAt']> {
    return this.read(args[1], (repository) => repository.recordedAt(...args));
  }

  moveReferences(...args: Parameters<'moveReferences'>): Promise<number> {
    return this.#write(args[1], (repository) => repository.moveReferences(...args));
  }

  associate(...args: Parameters<'associate'>): Promise<void> {
    return this.#write(args[2], (repository) => repository.associate(...args));
  }

  disassociate(...args: Parameters<'disassociate'>): Promise<void> {
    return this.#write(args[2], (repository) => repository.disassociate(...args));
  }

  certify(...args: Parameters<'certify'>): Promise<void> {
    return this.#write(args[3], (repository) => repository.certify(...args));
  }

  decertify(...args: Parameters<'decertify'>): Promise<void> {
    return this.#write(args[4], (repository) => repository.decertify(...args));
  }

  removeDatasets(...args: Parameters<'removeDatasets'>): Promise<RemovedDatasets> {
    return this.#write(args[2], (repository) => repository.removeDatasets(...args));
  }

  removeCollection(...args: Parameters<'removeCollection'>): Promise<RemovedDatasets> {
    return this.#write(args[2], (repository) => repository.removeCollection(...args));
  }

  emptyTrash(...args: Parameters<'emptyTrash'>): Promise<RemovedDatasets> {
    return this.#write(args[0], (repository) => repository.emptyTrash(...args));
  }

  async *verify(...args: Parameters<'verify'>): AsyncGenerator<Finding> {
    if (args[1]) await this.#admit(args[2].signal);
    const { repository, done } = await this.borrow(args[2].signal);
    try {
      yield* repository.verify(...args);
    } finally {
      done();
    }
  }

  async *references(ctx: QueryContext): AsyncGenerator<readonly Reference[]> {
    const { repository, done } = await this.borrow(ctx.signal);
    try {
      yield* repository.references(ctx);
    } finally {
      done();
    }
  }

  async #write<T>(ctx: QueryContext, change: (repository: WriteableRepository) => Promise<T>): Promise<T> {
    await this.#admit(ctx.signal);
    return this.read(ctx, change);
  }
}
