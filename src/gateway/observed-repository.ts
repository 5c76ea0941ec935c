import { isRestrictable } from '../access/policy.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { DatasetType } from '../butler/dataset-type.ts';
import type { CollectionInfo, CollectionSummary } from '../butler/collection.ts';
import type { ResultSpec } from '../butler/query/result-spec.ts';
import type { Query } from '../butler/query/tree.ts';
import type { Universe } from '../butler/universe.ts';
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
} from '../repository/repository.ts';
import type {
  DatasetRow,
  FileRecord,
  FileSource,
  RepositoryUsage,
  RowsByResult,
  StoreObject,
} from '../repository/rows.ts';

export type Outcome = 'answered' | 'refused' | 'unavailable' | 'aborted' | 'failed';

/**
 * A repository whose calls are counted; it can be given out in part where the repository itself can.
 * @param observe told what came of a call when it has ended
 */
export function observed(
  inner: Repository | RestrictableRepository,
  observe: (outcome: Outcome) => void,
): Repository | RestrictableRepository {
  return isRestrictable(inner)
    ? new ObservedRestrictableRepository(inner, observe)
    : new ObservedRepository(inner, observe);
}

class ObservedRepository implements Repository {
  readonly name: string;
  readonly isRemote: boolean;
  readonly #inner: Repository;
  /** Told what came of a call when it has ended. */
  readonly #observe: (outcome: Outcome) => void;

  constructor(inner: Repository, observe: (outcome: Outcome) => void) {
    this.name = inner.name;
    this.isRemote = inner.isRemote ?? false;
    this.#inner = inner;
    this.#observe = observe;
  }

  universe(ctx: QueryContext): Promise<Universe> {
    return this.#observed(this.#inner.universe(ctx), ctx);
  }

  datasetTypes(ctx: QueryContext): Promise<ReadonlyMap<string, DatasetType>> {
    return this.#observed(this.#inner.datasetTypes(ctx), ctx);
  }

  collections(query: CollectionQuery, ctx: QueryContext): Promise<readonly CollectionInfo[]> {
    return this.#observed(this.#inner.collections(query, ctx), ctx);
  }

  summary(collection: string, ctx: QueryContext): Promise<CollectionSummary> {
    return this.#observed(this.#inner.summary(collection, ctx), ctx);
  }

  async *query<S extends ResultSpec>(
    query: Query,
    spec: S,
    ctx: QueryContext,
    options?: PageOptions,
  ): AsyncIterable<Page<RowsByResult[S['type']]>> {
    let outcome: Outcome = 'answered';
    try {
      yield* this.#inner.query(query, spec, ctx, options);
    } catch (error) {
      outcome = outcomeOf(error, ctx);
      throw error;
    } finally {
      this.#observe(outcome);
    }
  }

  count(query: Query, spec: ResultSpec, ctx: QueryContext, options?: CountOptions): Promise<number> {
    return this.#observed(this.#inner.count(query, spec, ctx, options), ctx);
  }

  any(
    query: Query,
    ctx: QueryContext,
    options?: { readonly execute?: boolean; readonly exact?: boolean },
  ): Promise<boolean> {
    return this.#observed(this.#inner.any(query, ctx, options), ctx);
  }

  explain(query: Query, ctx: QueryContext, options?: { readonly execute?: boolean }): Promise<readonly string[]> {
    return this.#observed(this.#inner.explain(query, ctx, options), ctx);
  }

  findDataset(request: FindDatasetRequest, ctx: QueryContext): Promise<DatasetRow | null> {
    return this.#observed(this.#inner.findDataset(request, ctx), ctx);
  }

  datasets(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, DatasetRow>> {
    return this.#observed(this.#inner.datasets(uuids, ctx), ctx);
  }

  files(
    uuids: readonly string[],
    ctx: QueryContext,
    answering?: () => void,
  ): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    return this.#observed(this.#inner.files(uuids, ctx, answering), ctx);
  }

  fileSource(uuid: string, component: string | null, ctx: QueryContext): Promise<FileSource | null> {
    return this.#observed(this.#inner.fileSource(uuid, component, ctx), ctx);
  }

  storeObjects(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly StoreObject[]>> {
    return this.#observed(this.#inner.storeObjects(uuids, ctx), ctx);
  }

  usage(ctx: QueryContext): Promise<RepositoryUsage | null> {
    return this.#observed(this.#inner.usage(ctx), ctx);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #observed<T>(answer: Promise<T>, ctx: QueryContext): Promise<T> {
    let outcome: Outcome = 'answered';
    try {
      return await answer;
    } catch (error) {
      outcome = outcomeOf(error, ctx);
      throw error;
    } finally {
      this.#observe(outcome);
    }
  }
}

class ObservedRestrictableRepository extends ObservedRepository implements RestrictableRepository {
  readonly #readableAs: (rule: CollectionRule) => Repository;

  constructor(inner: RestrictableRepository, observe: (outcome: Outcome) => void) {
    super(inner, observe);
    this.#readableAs = (rule) => observed(inner.readableAs(rule), observe);
  }

  readableAs(rule: CollectionRule): Repository {
    return this.#readableAs(rule);
  }
}

function outcomeOf(error: unknown, { signal }: QueryContext): Outcome {
  if (signal.aborted) return 'aborted';
  if (!(error instanceof SatelliteError)) return 'failed';
  return error.code === 'UPSTREAM_UNAVAILABLE' ? 'unavailable' : 'refused';
}
