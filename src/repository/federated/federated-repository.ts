/** Several repositories that answer as one. */
import type { CollectionInfo, CollectionSummary } from '../../butler/collection.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { Query } from '../../butler/query/tree.ts';
import type { Universe } from '../../butler/universe.ts';
import type {
  CollectionQuery,
  CountOptions,
  FindDatasetRequest,
  Page,
  PageOptions,
  QueryContext,
  Repository,
} from '../repository.ts';
import type { DatasetRow, FileRecord, FileSource, RowsByResult, StoreObject } from '../rows.ts';
import { countRows } from './count-rows.ts';
import { firstDataset } from './first-dataset.ts';
import { identifyingDimensions } from './identity.ts';
import { refuseCostly } from './explain/cost.ts';
import { linesOf } from './explain/lines.ts';
import { explainQuery } from './explain/explain.ts';
import { existenceSpec } from './explain/questions.ts';
import { openMembers, type Member } from './members.ts';
import { mergedQuery } from './merged-query.ts';
import { totalOrder, type Part } from './part.ts';
import { planParts } from './plan.ts';
import { partsByUploads } from '../upload-parts.ts';
import { resolveNamedPath, type SearchPath } from './search-path.ts';
import { unorderedRows } from './unordered-rows.ts';
import { unitedCollections, unitedInfo, unitedSummary } from './united-collections.ts';

interface Resolved {
  readonly members: readonly Member[];
  readonly paths: ReadonlyMap<string, SearchPath>;
}

/**
 * Repositories in search order, as one.  Nothing is given in part: where one of them cannot answer, every method throws
 * (the functions in `search/` give what the others have instead).
 */
export class FederatedRepository implements Repository {
  readonly name: string;
  readonly #members: readonly Repository[];

  /** @param members at least one, in search order */
  constructor(members: readonly Repository[]) {
    this.name = members.map((member) => member.name).join('+');
    this.#members = members;
  }

  /** The first repository's: queries are said in it, and said anew for those with another. */
  universe(ctx: QueryContext): Promise<Universe> {
    return this.#members[0]!.universe(ctx);
  }

  async datasetTypes(ctx: QueryContext): Promise<ReadonlyMap<string, DatasetType>> {
    const maps = await Promise.all(this.#members.map((member) => member.datasetTypes(ctx)));
    return new Map(maps.reverse().flatMap((types) => [...types]));
  }

  async collections(query: CollectionQuery, ctx: QueryContext): Promise<readonly CollectionInfo[]> {
    return (await unitedCollections(this.#members, query, [], ctx)).map(unitedInfo);
  }

  summary(collection: string, ctx: QueryContext): Promise<CollectionSummary> {
    return unitedSummary(this.#members, collection, ctx);
  }

  async *query<S extends ResultSpec>(
    query: Query,
    spec: S,
    ctx: QueryContext,
    options: PageOptions = {},
  ): AsyncGenerator<Page<RowsByResult[S['type']]>> {
    const wanted = spec.limit;
    let left = wanted ?? Infinity;
    const names = identifyingDimensions(spec, query.tree.dimensions.universe);
    const inAnyOrder = isInAnyOrder(spec, options);
    const ordered = inAnyOrder ? spec : { ...spec, orderBy: totalOrder(spec, names) };
    const resolved = await this.#resolved(query, ctx);
    const parts = this.#parts(query, ordered, resolved);
    if (options.after === undefined) await refuseCostly(resolved.members, { query, ...resolved }, parts, ctx);
    const [only, ...others] = parts;
    if (wanted === 0) {
      // No rows; but what is wrong with the query is told.
      await Promise.all(parts.map((part) => Array.fromAsync(part.member.repository.query(part.query, part.spec, ctx))));
      return;
    }
    if (only && others.length === 0) {
      yield* only.member.repository.query(only.query, { ...only.spec, limit: wanted }, ctx, options);
      return;
    }
    if (inAnyOrder) {
      yield* unorderedRows(parts, names, options, ctx);
      return;
    }
    const merge = {
      after: options.after,
      wanted,
      implied: options.implied,
      foundIn: options.foundIn,
      positions: options.positions ?? false,
    };
    for await (const batch of mergedQuery(parts, merge, ctx)) {
      const rows = batch.rows.length > left ? batch.rows.slice(0, left) : batch.rows;
      left -= rows.length;
      yield { rows, positionAt: batch.positionAt, ...(batch.collectionAt && { collectionAt: batch.collectionAt }) };
      if (left === 0) return;
    }
  }

  async count(query: Query, spec: ResultSpec, ctx: QueryContext, options?: CountOptions): Promise<number> {
    const resolved = await this.#resolved(query, ctx);
    const parts = this.#parts(query, spec, resolved);
    await refuseCostly(resolved.members, { query, ...resolved }, parts, ctx);
    const [only, ...others] = parts;
    // As many rows as it gives, repeated ones too.
    if (only && others.length === 0) return only.member.repository.count(only.query, only.spec, ctx, options);
    let count = 0;
    for (const slice of slicesOf(query, spec))
      count += await countRows(this.#parts(slice, spec, resolved), ctx, options);
    return count;
  }

  async any(
    query: Query,
    ctx: QueryContext,
    options?: { readonly execute?: boolean; readonly exact?: boolean },
  ): Promise<boolean> {
    const parts = this.#parts(query, existenceSpec(query), await this.#resolved(query, ctx));
    const answers = await Promise.all(parts.map((part) => part.member.repository.any(part.query, ctx, options)));
    return answers.includes(true);
  }

  /** Stock Butler's reasons, then the plan and, where nothing is found, why and what to change. */
  async explain(
    query: Query,
    ctx: QueryContext,
    { execute = true }: { readonly execute?: boolean } = {},
  ): Promise<readonly string[]> {
    const { members, paths } = await this.#resolved(query, ctx);
    return linesOf(await explainQuery(members, { query, spec: existenceSpec(query), paths }, ctx, { execute }));
  }

  findDataset(request: FindDatasetRequest, ctx: QueryContext): Promise<DatasetRow | null> {
    return firstDataset(this, this.#members, request, [], ctx);
  }

  datasets(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, DatasetRow>> {
    return this.#firstToHave(uuids, (member, missing) => member.datasets(missing, ctx));
  }

  files(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    return this.#firstToHave(uuids, async (member, missing) => {
      const found = await member.files(missing, ctx);
      return new Map([...found].map(([uuid, of]) => [uuid, of.map((file) => ({ ...file, repository: member.name }))]));
    });
  }

  async fileSource(uuid: string, component: string | null, ctx: QueryContext): Promise<FileSource | null> {
    for (const member of this.#members) {
      const source = await member.fileSource(uuid, component, ctx);
      if (source) return source;
    }
    return null;
  }

  storeObjects(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly StoreObject[]>> {
    return this.#firstToHave(uuids, (member, missing) => member.storeObjects(missing, ctx));
  }

  /** Members may hold the same datasets, so that their numbers do not add up. */
  async usage(): Promise<null> {
    return null;
  }

  /** Leaves the members open: they are not its own. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #parts<S extends ResultSpec>(query: Query, spec: S, { members, paths }: Resolved): readonly Part<S>[] {
    return planParts(members, query, spec, paths, { repeats: true });
  }

  async #resolved(query: Query, ctx: QueryContext): Promise<Resolved> {
    const members = await openMembers(this.#members, ctx);
    const paths = new Map<string, SearchPath>();
    for (const [name, { collections }] of query.tree.datasets) {
      paths.set(name, await resolveNamedPath(this.#members, collections, ctx));
    }
    return { members, paths };
  }

  /** Asks one repository after the other, each for what the ones before do not have. */
  async #firstToHave<Value>(
    uuids: readonly string[],
    ask: (member: Repository, uuids: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  ): Promise<ReadonlyMap<string, Value>> {
    const found = new Map<string, Value>();
    for (const member of this.#members) {
      const missing = uuids.filter((uuid) => !found.has(uuid));
      if (missing.length === 0) break;
      for (const [uuid, value] of await ask(member, missing)) found.set(uuid, value);
    }
    return found;
  }
}

/** Whether all rows are wanted, as they come, and nothing but the rows. */
function isInAnyOrder({ orderBy, limit }: ResultSpec, { after, positions, foundIn }: PageOptions): boolean {
  return orderBy.length === 0 && limit === null && !after && !positions && !foundIn;
}

/**
 * Data IDs that repositories are asked about together.  What one of them finds is looked for in the others some rows at a time,
 * and each time all data IDs are sent.
 */
const MOST_DATA_IDS = 20_000;

function slicesOf(query: Query, spec: ResultSpec): readonly Query[] {
  const { universe } = query.tree.dimensions;
  const result = universe.conform(identifyingDimensions(spec, universe));
  return partsByUploads(query, result, MOST_DATA_IDS) ?? [query];
}
