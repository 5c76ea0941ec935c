/** A repository behind a RemoteButler server. */
import type { CollectionInfo, CollectionSummary } from '../../butler/collection.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import { stringifyJson } from '../../butler/json.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { Query } from '../../butler/query/tree.ts';
import { encodeQuery, encodeResultSpec } from '../../butler/query/wire.ts';
import type { Universe } from '../../butler/universe.ts';
import {
  rightsOf,
  type Caller,
  type CollectionQuery,
  type CountOptions,
  type FindDatasetRequest,
  type Key,
  type Page,
  type PageOptions,
  type QueryContext,
  type Repository,
} from '../repository.ts';
import type { DatasetRow, FileRecord, FileSource, RowsByResult, StoreObject } from '../rows.ts';
import { asSearchedName } from '../federated/collection-directory.ts';
import { joinedMember } from '../federated/join/joined-member.ts';
import { resolveSearchPath, type SearchPath } from '../federated/search-path.ts';
import { partsByUploads } from '../upload-parts.ts';
import { Admissions } from './admissions.ts';
import { AgedCache } from './aged-cache.ts';
import { RemoteClient, type CollectionsRequest } from './client.ts';
import { findCollections } from './collections.ts';
import { dimensionsOf, type RawRow } from './column-layout.ts';
import { eagerly } from './eager.ts';
import type { Slot } from './fair-slots.ts';
import { ButlerHttp } from './http.ts';
import { KnownCollections } from './known-collections.ts';
import { checkSpec, keyReader } from './order.ts';
import type { NullOrder } from './null-order.ts';
import { orderedRows } from './ordered-rows.ts';
import { planRows, type RowPlan } from './row-plan.ts';
import { anyRow, countRows } from './row-stream.ts';
import { rowsInParts } from './rows-in-parts.ts';
import { DEFAULT_LIMITS, type RemoteSettings } from './settings.ts';
import { Walks } from './walks.ts';

/** Pages of a query without a limit that wait in memory for the consumer; those of a limited one all may. */
const WAITING_PAGES = 64;
/** Rows of an answer that may all wait in memory for its consumer, who may ask something else meanwhile. */
const WAITING_ROWS = 20_001;

/** Largest number of data IDs that the server takes in one upload. */
const MAX_UPLOAD_ROWS = 100_000;

export class RemoteRepository implements Repository {
  readonly name: string;
  readonly isRemote = true;
  readonly #http: ButlerHttp;
  readonly #client: RemoteClient;
  readonly #walks: Walks;
  readonly #datasetTypes: AgedCache<ReadonlyMap<string, DatasetType>>;
  readonly #collections: AgedCache<readonly CollectionInfo[]>;
  readonly #summaries: AgedCache<CollectionSummary>;
  readonly #known: KnownCollections;
  readonly #sharesAnswers: boolean;
  readonly #admissions: Admissions;
  readonly #nulls: NullOrder = {};
  #universe: Universe | undefined;

  constructor(settings: RemoteSettings) {
    const limits = { ...DEFAULT_LIMITS, ...settings.limits };
    this.name = settings.name;
    this.#http = new ButlerHttp(settings, limits);
    this.#client = new RemoteClient(this.#http);
    this.#walks = new Walks(limits);
    this.#datasetTypes = new AgedCache(limits.datasetTypesSeconds);
    this.#collections = new AgedCache(limits.collectionsSeconds);
    this.#summaries = new AgedCache(limits.collectionsSeconds);
    this.#known = new KnownCollections(limits.collectionsSeconds);
    this.#sharesAnswers = typeof settings.token !== 'string';
    this.#admissions = new Admissions(this.#http);
  }

  /** Whether the server can be asked for the caller and lets them read; true too while it cannot answer. */
  async admits(caller: Caller): Promise<boolean> {
    if (this.#sharesAnswers) return true;
    return this.#http.canAskFor(caller) && this.#admissions.admits(caller);
  }

  /** Kept for ever, and for all users: it describes the telescope's data model and holds none of its data. */
  async universe(ctx: QueryContext): Promise<Universe> {
    // Several first callers may ask at once; all get the same instance, as groups are compared by identity.
    const universe = this.#universe ?? (await this.#client.universe(ctx));
    return (this.#universe ??= universe);
  }

  async datasetTypes(ctx: QueryContext): Promise<ReadonlyMap<string, DatasetType>> {
    return this.#datasetTypes.get(this.#owner(ctx), async () =>
      this.#client.datasetTypes(await this.universe(ctx), ctx),
    );
  }

  async collections(query: CollectionQuery, ctx: QueryContext): Promise<readonly CollectionInfo[]> {
    return findCollections(query, (request) => this.#askCollections(request, query.takesAsMissing ?? false, ctx));
  }

  async summary(collection: string, ctx: QueryContext): Promise<CollectionSummary> {
    const key = JSON.stringify([this.#owner(ctx), collection]);
    return this.#summaries.get(key, () => this.#client.summary(collection, ctx));
  }

  async *query<S extends ResultSpec>(
    query: Query,
    spec: S,
    ctx: QueryContext,
    options: PageOptions = {},
  ): AsyncGenerator<Page<RowsByResult[S['type']]>, void, undefined> {
    const parts = await this.#parts(query, spec, ctx);
    if (!parts) {
      yield* (await this.#joinedHere(query, ctx)).query(query, spec, ctx, options);
      return;
    }
    // Parts are put in order by their keys.
    const planned = parts.length > 1 ? { ...options, positions: true } : options;
    const found = await this.#plan(query, spec, ctx, planned);
    if (spec.limit === 0 || parts.length === 0) return;
    const keyOf = keyReader(found.plan.terms, found.plan.layout);
    for await (const rows of this.#rows(parts, found.plan, ctx, options)) {
      yield {
        rows: rows.map((raw) => found.plan.toRow(raw) as RowsByResult[S['type']]),
        ...(options.positions ? { positionAt: (i: number) => ({ [this.name]: keyOf(rows[i]!) }) } : {}),
        ...(found.collectionOf ? { collectionAt: (i: number) => found.collectionOf!(rows[i]!) } : {}),
      };
    }
  }

  async count(query: Query, spec: ResultSpec, ctx: QueryContext, options: CountOptions = {}): Promise<number> {
    const parts = await this.#parts(query, spec, ctx);
    if (!parts) return (await this.#joinedHere(query, ctx)).count(query, spec, ctx, options);
    const { plan } = await this.#plan(query, spec, ctx, {});
    const asked = { ...plan.spec, orderBy: [], limit: null };
    let count = 0;
    for (const part of parts) count += await countRows(this.#http, part, asked, ctx, options);
    return count;
  }

  async any(
    query: Query,
    ctx: QueryContext,
    options: { readonly execute?: boolean; readonly exact?: boolean } = {},
  ): Promise<boolean> {
    for (const part of partsForExistence(query)) if (await anyRow(this.#http, part, ctx, options)) return true;
    return false;
  }

  async explain(
    query: Query,
    ctx: QueryContext,
    options: { readonly execute?: boolean } = {},
  ): Promise<readonly string[]> {
    const [part, ...others] = partsForExistence(query);
    if (!part) return ['There are no data IDs among those to be joined.'];
    if (others.length > 0 && (await this.any(query, ctx, options))) return [];
    return this.#client.explain(part, options.execute ?? true, ctx);
  }

  async findDataset(request: FindDatasetRequest, ctx: QueryContext): Promise<DatasetRow | null> {
    return this.#client.findDataset(request, await this.universe(ctx), ctx);
  }

  async datasets(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, DatasetRow>> {
    return this.#client.datasets(uuids, await this.universe(ctx), ctx);
  }

  async files(
    uuids: readonly string[],
    ctx: QueryContext,
    answering?: () => void,
  ): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    return this.#client.files(uuids, ctx, answering);
  }

  async fileSource(uuid: string, component: string | null, ctx: QueryContext): Promise<FileSource | null> {
    return this.#client.fileSource(uuid, component, ctx);
  }

  /** What the server gives is signed for each file. */
  async storeObjects(): Promise<ReadonlyMap<string, readonly StoreObject[]>> {
    return new Map();
  }

  /** The protocol has no request for it. */
  async usage(): Promise<null> {
    return null;
  }

  async close(): Promise<void> {
    await this.#walks.close();
    await this.#http.close();
  }

  /** The query as the server takes it, in several parts where it joins very many data IDs; undefined where it has no such parts. */
  async #parts(query: Query, spec: ResultSpec, ctx: QueryContext): Promise<readonly Query[] | undefined> {
    return partsByUploads(query, dimensionsOf(spec, await this.universe(ctx)), MAX_UPLOAD_ROWS);
  }

  /** Answers as this repository does, of what the query needs of it. */
  async #joinedHere(query: Query, ctx: QueryContext): Promise<Pick<Repository, 'query' | 'count'>> {
    const [universe, datasetTypes] = await Promise.all([this.universe(ctx), this.datasetTypes(ctx)]);
    const paths = new Map<string, SearchPath>();
    for (const [name, { collections }] of query.tree.datasets) {
      paths.set(name, await resolveSearchPath([this], collections.map(asSearchedName), [], ctx));
    }
    return joinedMember([{ repository: this, universe, datasetTypes }], paths).repository;
  }

  /** What to ask for the rows, and how to tell the collection of one where that was asked. */
  async #plan(
    query: Query,
    spec: ResultSpec,
    ctx: QueryContext,
    options: PageOptions,
  ): Promise<{ readonly plan: RowPlan; readonly collectionOf?: (raw: RawRow) => string }> {
    const universe = await this.universe(ctx);
    checkSpec(query.tree, spec, universe);
    if (spec.type !== 'dataset_ref') return { plan: planRows(spec, options, universe, this.name, undefined) };
    const datasetType = await this.#datasetType(spec.datasetType, universe, ctx);
    const foundIn = options.foundIn === true;
    // A row of a RUN is found in its run, so that the collection need not come along.
    const inRuns = foundIn && (await this.#areRuns(query.tree.datasets.get(spec.datasetType)!.collections, ctx));
    const plan = planRows(spec, { ...options, foundIn: foundIn && !inRuns }, universe, this.name, datasetType);
    if (!foundIn) return { plan };
    const field = inRuns ? 'run' : 'collection';
    const read = plan.layout.reader({ type: 'dataset_field', datasetType: spec.datasetType, field });
    return { plan, collectionOf: (raw) => read(raw) as string };
  }

  #rows(
    parts: readonly Query[],
    plan: RowPlan,
    ctx: QueryContext,
    options: PageOptions,
  ): AsyncGenerator<readonly RawRow[], void, undefined> {
    const { limit } = plan.spec;
    const first = options.after?.[this.name];
    const [query, ...others] = parts as [Query, ...Query[]];
    const rowsAfter = (
      after: Key | undefined,
      max: number | null,
      readCtx: QueryContext,
      slotTaken?: (slot: Slot) => void,
    ) =>
      others.length > 0
        ? rowsInParts(this.#http, this.#nulls, { parts, plan, after, limit: max }, readCtx, slotTaken)
        : orderedRows(this.#http, this.#nulls, { query, plan, after, limit: max }, readCtx, slotTaken);
    const open = (after: Key | undefined, max: number | null, signal: AbortSignal) =>
      eagerly(
        (stop) => rowsAfter(after, max, { ...ctx, signal: stop }),
        signal,
        max === null || max > WAITING_ROWS ? WAITING_PAGES : Infinity,
      );
    if (!options.positions || limit === null) return open(first, limit, ctx.signal);
    return this.#walks.page(
      {
        query: stringifyJson([parts.map(encodeQuery), encodeResultSpec({ ...plan.spec, limit: null })]),
        after: first,
        limit,
        keyOf: keyReader(plan.terms, plan.layout),
        open: (after, max, { signal }) => open(after, max, signal),
        readOn: rowsAfter,
      },
      ctx,
    );
  }

  async #datasetType(name: string, universe: Universe, ctx: QueryContext): Promise<DatasetType> {
    return (await this.datasetTypes(ctx)).get(name) ?? (await this.#client.datasetType(name, universe, ctx));
  }

  async #areRuns(collections: readonly string[], ctx: QueryContext): Promise<boolean> {
    if (collections.length === 0) return true;
    const flattened = await this.collections({ search: collections, flattenChains: true }, ctx);
    return flattened.every((collection) => collection.type === 'RUN');
  }

  async #askCollections(
    request: CollectionsRequest,
    takesAsMissing: boolean,
    ctx: QueryContext,
  ): Promise<readonly CollectionInfo[]> {
    const owner = this.#owner(ctx);
    return (
      this.#known.answer(owner, request, takesAsMissing) ??
      this.#collections.get(JSON.stringify([owner, request]), async () => {
        try {
          const found = await this.#client.collections(request, ctx);
          this.#known.add(owner, found);
          return found;
        } catch (error) {
          this.#known.addFailure(owner, request, error);
          throw error;
        }
      })
    );
  }

  /** Whose rights an answer depends on. */
  #owner(ctx: QueryContext): string {
    return this.#sharesAnswers ? '' : rightsOf(ctx.caller);
  }
}

/** Parts of which one at least has rows where the query has: any will do.  Where there are none, the server says what it takes. */
function partsForExistence(query: Query): readonly Query[] {
  return partsByUploads(query, query.tree.dimensions, MAX_UPLOAD_ROWS) ?? [query];
}
