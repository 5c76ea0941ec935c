/** A repository behind a RemoteButler server. */
import type { CollectionInfo } from '../../butler/collection.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import { InvalidQueryError } from '../../butler/errors.ts';
import { stringifyJson } from '../../butler/json.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { Query } from '../../butler/query/tree.ts';
import { encodeQuery, encodeResultSpec } from '../../butler/query/wire.ts';
import type { Universe } from '../../butler/universe.ts';
import type {
  Caller,
  CollectionQuery,
  FindDatasetRequest,
  Key,
  Page,
  PageOptions,
  QueryContext,
  Repository,
} from '../repository.ts';
import type { DatasetRow, FileRecord, FileSource, RowsByResult } from '../rows.ts';
import { Admissions } from './admissions.ts';
import { AgedCache } from './aged-cache.ts';
import { RemoteClient, type CollectionsRequest } from './client.ts';
import { findCollections } from './collections.ts';
import type { RawRow } from './column-layout.ts';
import { eagerly } from './eager.ts';
import { ButlerHttp } from './http.ts';
import { checkSpec, keyReader } from './order.ts';
import type { NullOrder } from './null-order.ts';
import { orderedRows } from './ordered-rows.ts';
import { planRows, type RowPlan } from './row-plan.ts';
import { anyRow, countRows } from './row-stream.ts';
import { DEFAULT_LIMITS, type RemoteSettings } from './settings.ts';
import { Walks } from './walks.ts';

/** Pages of a query without a limit that wait in memory for the consumer; those of a limited one all may. */
const WAITING_PAGES = 64;

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
    return findCollections(query, (request) => this.#askCollections(request, ctx));
  }

  async *query<S extends ResultSpec>(
    query: Query,
    spec: S,
    ctx: QueryContext,
    options: PageOptions = {},
  ): AsyncGenerator<Page<RowsByResult[S['type']]>, void, undefined> {
    const found = await this.#plan(query, spec, ctx, options);
    if (spec.limit === 0) return;
    const keyOf = keyReader(found.plan.terms, found.plan.layout);
    for await (const rows of this.#rows(query, found.plan, ctx, options)) {
      yield {
        rows: rows.map((raw) => found.plan.toRow(raw) as RowsByResult[S['type']]),
        ...(options.positions ? { positionAt: (i: number) => ({ [this.name]: keyOf(rows[i]!) }) } : {}),
        ...(found.collectionOf ? { collectionAt: (i: number) => found.collectionOf!(rows[i]!) } : {}),
      };
    }
  }

  async count(
    query: Query,
    spec: ResultSpec,
    ctx: QueryContext,
    options: { readonly exact?: boolean } = {},
  ): Promise<number> {
    const { plan } = await this.#plan(query, spec, ctx, {});
    return countRows(this.#http, query, { ...plan.spec, orderBy: [], limit: null }, ctx, options.exact);
  }

  async any(
    query: Query,
    ctx: QueryContext,
    options: { readonly execute?: boolean; readonly exact?: boolean } = {},
  ): Promise<boolean> {
    return anyRow(this.#http, query, ctx, options);
  }

  async explain(
    query: Query,
    ctx: QueryContext,
    options: { readonly execute?: boolean } = {},
  ): Promise<readonly string[]> {
    return this.#client.explain(query, options.execute ?? true, ctx);
  }

  async findDataset(request: FindDatasetRequest, ctx: QueryContext): Promise<DatasetRow | null> {
    return this.#client.findDataset(request, await this.universe(ctx), ctx);
  }

  async datasets(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, DatasetRow>> {
    return this.#client.datasets(uuids, await this.universe(ctx), ctx);
  }

  async files(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    return this.#client.files(uuids, ctx);
  }

  async fileSource(uuid: string, component: string | null, ctx: QueryContext): Promise<FileSource | null> {
    return this.#client.fileSource(uuid, component, ctx);
  }

  /** The protocol has no request for it. */
  async usage(): Promise<null> {
    return null;
  }

  async close(): Promise<void> {
    await this.#walks.close();
    await this.#http.close();
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
    if (query.uploads.some((upload) => upload.rows.length > MAX_UPLOAD_ROWS)) {
      throw new InvalidQueryError(`More than ${String(MAX_UPLOAD_ROWS)} data IDs at once; send them in parts.`);
    }
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
    query: Query,
    plan: RowPlan,
    ctx: QueryContext,
    options: PageOptions,
  ): AsyncGenerator<readonly RawRow[], void, undefined> {
    const { limit } = plan.spec;
    const first = options.after?.[this.name];
    const open = (after: Key | undefined, max: number | null, signal: AbortSignal) =>
      eagerly(
        (stop) => orderedRows(this.#http, this.#nulls, { query, plan, after, limit: max }, { ...ctx, signal: stop }),
        signal,
        max === null ? WAITING_PAGES : Infinity,
      );
    if (!options.positions || limit === null) return open(first, limit, ctx.signal);
    return this.#walks.page(
      {
        query: stringifyJson([encodeQuery(query), encodeResultSpec({ ...plan.spec, limit: null })]),
        after: first,
        limit,
        keyOf: keyReader(plan.terms, plan.layout),
        open: (after, max, { signal }) => open(after, max, signal),
        readOn: (after, max, walkCtx, slotTaken) =>
          orderedRows(this.#http, this.#nulls, { query, plan, after, limit: max }, walkCtx, slotTaken),
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

  #askCollections(request: CollectionsRequest, ctx: QueryContext): Promise<readonly CollectionInfo[]> {
    return this.#collections.get(JSON.stringify([this.#owner(ctx), request]), () =>
      this.#client.collections(request, ctx),
    );
  }

  /** Whose rights an answer depends on. */
  #owner(ctx: QueryContext): string {
    return this.#sharesAnswers ? '' : ctx.caller.username;
  }
}
