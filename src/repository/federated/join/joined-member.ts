/** Several repositories as one member of a query's plan, for queries that join rows of one with rows of another. */
import type { CollectionInfo } from '../../../butler/collection.ts';
import type { DataIdValues } from '../../../butler/data-id.ts';
import type { DatasetType } from '../../../butler/dataset-type.ts';
import { stringifyJson } from '../../../butler/json.ts';
import { encodeQuery } from '../../../butler/query/wire.ts';
import type { ResultSpec } from '../../../butler/query/result-spec.ts';
import { treesInside, withTreesInside } from '../../../butler/query/predicate.ts';
import type { Query, QueryTree } from '../../../butler/query/tree.ts';
import type { DimensionElement } from '../../../butler/universe.ts';
import {
  rightsOf,
  type CollectionQuery,
  type CountOptions,
  type Page,
  type PageOptions,
  type QueryContext,
  type Repository,
} from '../../repository.ts';
import type { RowsByResult } from '../../rows.ts';
import { registeredType } from '../analysis.ts';
import { foundKey, membersOnPath, type Joins, type Member } from '../members.ts';
import { resolveSearchPath, type SearchPath } from '../search-path.ts';
import { asSearchedName } from '../collection-directory.ts';
import { dataIdKey, recordDataId } from '../identity.ts';
import { partOf, type Part } from '../part.ts';
import { unitedCollections, unitedInfo } from '../united-collections.ts';
import { memberAlone } from './answers-alone.ts';
import { refuseCrossing } from '../explain/cost.ts';
import { Sizes } from '../explain/sizes.ts';
import { gather, type Gathered, type PathedQuery } from './gather.ts';
import { ScratchCache } from './scratch-cache.ts';
import type { SearchedCollection } from './scratch-registry.ts';
import { scratchRepository, type Scratch } from './scratch-repository.ts';

/** What of a repository a plan asks. */
type Answering = Pick<Repository, 'name' | 'collections' | 'query' | 'count' | 'any' | 'explain'>;

/**
 * @param members in search order; the query is said in the universe of the first
 * @param paths search path of each dataset search, by dataset type
 */
export function joinedMember(members: readonly Member[], paths: ReadonlyMap<string, SearchPath>): Member {
  const { universe } = members[0]!;
  const datasetTypes = new Map<string, DatasetType>();
  for (const member of members.toReversed()) {
    for (const [name, type] of member.datasetTypes) {
      if (!paths.has(name)) continue;
      datasetTypes.set(name, { ...type, dimensions: universe.conform(type.dimensions.required) });
    }
  }
  // A plan asks nothing else of a member's repository.
  const joined = new JoinedRepositories(members, paths);
  return { repository: joined as Answering as Repository, universe, datasetTypes, joins: joined };
}

class JoinedRepositories implements Answering, Joins {
  readonly name: string;
  readonly #members: readonly Member[];
  readonly #paths: ReadonlyMap<string, SearchPath>;

  constructor(members: readonly Member[], paths: ReadonlyMap<string, SearchPath>) {
    this.name = members.map(({ repository }) => repository.name).join('+');
    this.#members = members;
    this.#paths = paths;
  }

  async collections(query: CollectionQuery, ctx: QueryContext): Promise<readonly CollectionInfo[]> {
    const repositories = this.#members.map(({ repository }) => repository);
    return (await unitedCollections(repositories, query, [], ctx)).map(unitedInfo);
  }

  async *query<S extends ResultSpec>(
    query: Query,
    spec: S,
    ctx: QueryContext,
    options?: PageOptions,
  ): AsyncGenerator<Page<RowsByResult[S['type']]>> {
    const sizes = this.#sizes(query, ctx);
    const isFirst = options?.after === undefined;
    if (isFirst) await refuseCrossing(query, sizes, ctx);
    const alone = await this.#alone(query, spec, ctx);
    if (alone) {
      yield* this.#asked(alone, ctx, options);
      return;
    }
    await using joined = await this.#joined(query, ctx, isFirst, sizes);
    for await (const page of joined.repository.query(joined.query, spec, ctx, options)) {
      yield { ...page, rows: page.rows.map((row) => ({ ...row, repository: joined.ownerOf(row) })) };
    }
  }

  async count(query: Query, spec: ResultSpec, ctx: QueryContext, options?: CountOptions): Promise<number> {
    const sizes = this.#sizes(query, ctx);
    await refuseCrossing(query, sizes, ctx);
    const alone = await this.#alone(query, spec, ctx);
    if (alone) return alone.member.repository.count(alone.query, alone.spec, ctx, options);
    await using joined = await this.#joined(query, ctx, true, sizes);
    return await joined.repository.count(joined.query, spec, ctx, options);
  }

  async any(
    query: Query,
    ctx: QueryContext,
    options?: { readonly execute?: boolean; readonly exact?: boolean },
  ): Promise<boolean> {
    await using joined = await this.#joined(query, ctx, true);
    return await joined.repository.any(joined.query, ctx, options);
  }

  async explain(query: Query, ctx: QueryContext, options?: { readonly execute?: boolean }): Promise<readonly string[]> {
    await using joined = await this.#joined(query, ctx, false);
    return await joined.repository.explain(joined.query, ctx, options);
  }

  async found(query: Query, ctx: QueryContext): Promise<ReadonlyMap<string, number> | undefined> {
    return (await SCRATCHES.peek(this.#key(query, ctx)))?.found;
  }

  /** What a member is asked that answers as all would; undefined where rows have to be joined. */
  async #alone<S extends ResultSpec>(query: Query, spec: S, ctx: QueryContext): Promise<Part<S> | undefined> {
    // A repository that is the only one joins what it could not be asked as it is.
    if (this.#members.length === 1) return undefined;
    const member = await memberAlone(this.#members, query, this.#paths, ctx);
    if (!member) return undefined;
    return partOf(member, query, spec, this.#paths);
  }

  /** Positions are told by our own name, whoever answers. */
  async *#asked<S extends ResultSpec>(
    { member: { repository }, query, spec }: Part<S>,
    ctx: QueryContext,
    options: PageOptions = {},
  ): AsyncGenerator<Page<RowsByResult[S['type']]>> {
    const after = options.after?.[this.name];
    const own = { ...options, ...(after && { after: { [repository.name]: after } }) };
    for await (const page of repository.query(query, spec, ctx, own)) {
      const { positionAt } = page;
      if (!positionAt) yield page;
      else yield { ...page, positionAt: (i) => ({ [this.name]: positionAt(i)[repository.name]! }) };
    }
  }

  /** The query with the search paths as they were resolved over all members, answered where all that it needs is. */
  async #joined(query: Query, ctx: QueryContext, anew: boolean, sizes = this.#sizes(query, ctx)): Promise<Joined> {
    const queries = [{ query, paths: this.#paths, sizes }, ...(await this.#queriesInside(query, ctx))] as const;
    const make = async (signal: AbortSignal): Promise<Filled> => {
      const asked = { ...ctx, signal };
      const [outer, ...inside] = queries;
      const gathered = await gather(this.#members, [{ ...outer, sizes: outer.sizes.under(asked) }, ...inside], asked);
      const searched = searchedCollections(this.#members, queries);
      const scratch = await scratchRepository(this.name, query.tree.dimensions.universe, gathered, searched, asked);
      const names = this.#members.map(({ repository }) => repository.name);
      return { ...scratch, ownerOf: ownersOf(gathered, names), found: rowsFound(gathered) };
    };
    const borrowed = await SCRATCHES.borrow(this.#key(query, ctx), anew, make, ctx.signal);
    const { place, [Symbol.asyncDispose]: done } = borrowed;
    const pathsOf = new Map(queries.map(({ query: { tree }, paths }) => [tree.datasets, paths]));
    const flat = (tree: QueryTree) => flattened(tree, pathsOf.get(tree.datasets)!);
    const predicate = withTreesInside(query.tree.predicate, flat);
    return { ...place, query: { ...query, tree: flat({ ...query.tree, predicate }) }, [Symbol.asyncDispose]: done };
  }

  /** @throws what is wrong with the query, before anything is asked for it */
  #sizes(query: Query, ctx: QueryContext): Sizes {
    for (const name of query.tree.datasets.keys()) registeredType(this.#members, name);
    return new Sizes(this.#members, query, this.#paths, ctx);
  }

  #key(query: Query, ctx: QueryContext): string {
    return stringifyJson([rightsOf(ctx.caller), this.#members.map((m) => m.repository.name), encodeQuery(query)]);
  }

  async #queriesInside({ tree, defaultDataId }: Query, ctx: QueryContext): Promise<readonly PathedQuery[]> {
    const repositories = this.#members.map(({ repository }) => repository);
    const queries: PathedQuery[] = [];
    for (const inner of treesInside(tree.predicate)) {
      const paths = new Map<string, SearchPath>();
      for (const [name, { collections }] of inner.datasets) {
        paths.set(name, await resolveSearchPath(repositories, collections.map(asSearchedName), [], ctx));
      }
      queries.push({ query: { tree: inner, defaultDataId, uploads: [] }, paths });
    }
    return queries;
  }
}

/** With collections in place of chains. */
function flattened(tree: QueryTree, paths: ReadonlyMap<string, SearchPath>): QueryTree {
  const datasets = new Map(
    [...tree.datasets].map(([name, search]) => {
      const path = paths.get(name)!.types();
      return [name, { ...search, collections: path.map(([collection]) => collection) }];
    }),
  );
  return { ...tree, datasets };
}

/** Every collection that a search leads to, with what some member may have there. */
function searchedCollections(
  members: readonly Member[],
  queries: readonly PathedQuery[],
): readonly SearchedCollection[] {
  const searches = queries.flatMap(({ query, paths }) =>
    [...query.tree.datasets.keys()].map((name) => ({ name, path: paths.get(name)! })),
  );
  return searches.flatMap(({ name, path }) => {
    const held = new Set(membersOnPath(members, name, path).flatMap((m) => path.collectionsIn(m.repository, name)));
    return path.types().map(([collection, type]) => {
      return { name: collection, type, datasetTypes: held.has(collection) ? [name] : [] };
    });
  });
}

interface Filled extends Scratch {
  readonly found: ReadonlyMap<string, number>;
  readonly ownerOf: (row: RowsByResult[ResultSpec['type']]) => string;
}

interface Joined extends Omit<Filled, 'directory'> {
  /** As it is put to `repository`. */
  readonly query: Query;
}

const SCRATCHES = new ScratchCache<Filled>();

/**
 * Tells the repository that a row counts as.  One that was joined belongs to none: it counts as the last one's that gave
 * something, which the others did not have.
 */
function ownersOf(
  { memberships, records }: Gathered,
  members: readonly string[],
): (row: RowsByResult[ResultSpec['type']]) => string {
  const first = members[0]!;
  const datasets = new Map<string, string>();
  for (const { uuid, repository } of memberships) if (!datasets.has(uuid)) datasets.set(uuid, repository);
  const ofRecords = new Map(
    records.map((record) => [
      recordKey(record.element, recordDataId(record, record.element.required)),
      record.repository,
    ]),
  );
  return (row) => {
    if ('uuid' in row) return datasets.get(row.uuid) ?? first;
    if ('element' in row)
      return ofRecords.get(recordKey(row.element, recordDataId(row, row.element.required))) ?? first;
    if (!('dimensions' in row)) return first;
    const { dimensions, values } = row;
    const owners = new Set(
      dimensions.elements
        .filter(({ isDimension, hasTable }) => isDimension && hasTable)
        .map((element) =>
          ofRecords.get(
            recordKey(
              element,
              element.required.map((name) => values[dimensions.dataCoordinateKeys.indexOf(name)]!),
            ),
          ),
        ),
    );
    return members.findLast((name) => owners.has(name)) ?? first;
  };
}

function rowsFound({ memberships, records }: Gathered): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const add = (key: string) => found.set(key, (found.get(key) ?? 0) + 1);
  for (const { repository, datasetType } of memberships) add(foundKey(repository, datasetType.name));
  for (const { repository, element } of records) add(foundKey(repository, element.name));
  return found;
}

function recordKey({ name }: DimensionElement, key: DataIdValues): string {
  return `${name} ${dataIdKey(key)}`;
}
