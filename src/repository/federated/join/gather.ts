/**
 * Brings together what a query needs of several repositories, so that it can be answered in one place: the datasets that
 * its searches may find, and the dimension records of all its rows.  Which side is asked first is decided by counting:
 * what the smallest search gives travels as data IDs into the next ones.
 */
import type { DataIdValues } from '../../../butler/data-id.ts';
import type { DatasetType } from '../../../butler/dataset-type.ts';
import type { SpatialJoin } from '../../../butler/query/overlaps.ts';
import type { Predicate } from '../../../butler/query/predicate.ts';
import type { Query } from '../../../butler/query/tree.ts';
import type { DimensionElement, Universe } from '../../../butler/universe.ts';
import type { QueryContext } from '../../repository.ts';
import type { DimensionRecordRow } from '../../rows.ts';
import { refuseGathering } from '../explain/cost.ts';
import { registeredType } from '../analysis.ts';
import { Sizes } from '../explain/sizes.ts';
import { dataIdKey } from '../identity.ts';
import { searchesWithoutHolder, type Member } from '../members.ts';
import { joined, keepsTable } from '../probe.ts';
import type { SearchPath } from '../search-path.ts';
import { conjunctsOf, constrainedQuery, isJoined, recordsQuery } from './constraints.ts';
import { GatheredRecords } from './gathered-records.ts';
import { MOST_UPLOADED, KnownDataIds } from './known-data-ids.ts';
import { findMemberships, type Membership, type TypeSearch } from './memberships.ts';
import { RowBudget } from './row-budget.ts';

/** A query, or one inside another, with the search path of each of its dataset searches, by dataset type. */
export interface PathedQuery {
  readonly query: Query;
  readonly paths: ReadonlyMap<string, SearchPath>;
  /** Where it was measured already. */
  readonly sizes?: Sizes;
}

/** What queries were found to need, in the universe that they are said in. */
export interface Gathered {
  readonly datasetTypes: readonly DatasetType[];
  /** In search order; the same one may come from several repositories: the first counts. */
  readonly memberships: readonly Membership[];
  /** One a key, the earliest repository's. */
  readonly records: readonly DimensionRecordRow[];
}

/** @throws QueryTooCostlyError where too many rows would have to be brought together; what the repositories throw */
export async function gather(
  members: readonly Member[],
  queries: readonly PathedQuery[],
  ctx: QueryContext,
): Promise<Gathered> {
  const budget = new RowBudget(members, ctx);
  const { universe } = queries[0]!.query.tree.dimensions;
  const records = new GatheredRecords(members, universe, budget, ctx);
  const memberships: Membership[] = [];
  const datasetTypes = searchedTypes(members, queries, universe);
  // What is wrong with any of them is told before anything is asked.
  const analyzed = queries.map((given) => {
    const sizes = given.sizes ?? new Sizes(members, given.query, given.paths, ctx);
    return { ...given, sizes };
  });
  // Nothing need be asked for what cannot have rows, whatever the repositories hold; but it may be wrong all the same.
  const isDoomed = searchesWithoutHolder(members, queries[0]!.query, queries[0]!.paths).length > 0;
  for (const { query, paths, sizes } of isDoomed ? [] : analyzed) {
    await refuseGathering(members, sizes, ctx);
    const gathering = new Gathering(members, query, records, budget, sizes.overlaps, ctx);
    const searches = [...query.tree.datasets.keys()].map((name) => {
      return gathering.searchFor(datasetTypes.get(name)!, paths.get(name)!);
    });
    memberships.push(...(await gathering.datasets(searches, sizes)));
    await gathering.remainingRecords(searches, sizes);
  }
  return { datasetTypes: [...datasetTypes.values()], memberships, records: records.all() };
}

/** @throws ButlerUserError MISSING_DATASET_TYPE */
function searchedTypes(
  members: readonly Member[],
  queries: readonly PathedQuery[],
  universe: Universe,
): ReadonlyMap<string, DatasetType> {
  const names = new Set(queries.flatMap(({ query }) => [...query.tree.datasets.keys()]));
  const found = [...names].map((name): [string, DatasetType] => {
    const type = registeredType(members, name);
    return [name, { ...type, dimensions: universe.conform(type.dimensions.required) }];
  });
  return new Map(found);
}

/** What one of the queries needs. */
class Gathering {
  readonly #members: readonly Member[];
  readonly #query: Query;
  readonly #records: GatheredRecords;
  readonly #budget: RowBudget;
  readonly #ctx: QueryContext;
  /** What all rows fulfil. */
  readonly #conjuncts: readonly Predicate[];
  readonly #overlaps: readonly SpatialJoin[];
  readonly #known = new KnownDataIds();

  constructor(
    members: readonly Member[],
    query: Query,
    records: GatheredRecords,
    budget: RowBudget,
    overlaps: readonly SpatialJoin[],
    ctx: QueryContext,
  ) {
    this.#members = members;
    this.#query = query;
    this.#records = records;
    this.#budget = budget;
    this.#ctx = ctx;
    this.#conjuncts = conjunctsOf(query);
    this.#overlaps = overlaps;
    for (const { dimensions, rows } of query.uploads) this.#known.add(dimensions.required, rows);
  }

  searchFor(type: DatasetType, path: SearchPath): TypeSearch {
    return { type, path, constrained: constrainedQuery(type.dimensions, this.#conjuncts) };
  }

  /** The datasets of all searches, the smallest first. */
  async datasets(searches: readonly TypeSearch[], sizes: Sizes): Promise<readonly Membership[]> {
    const sized = await Promise.all(
      searches.map(async (search) => ({ search, size: await sizes.ofSearch(search.type.name) })),
    );
    const memberships: Membership[] = [];
    for (const { search, size } of sized.sort((a, b) => a.size - b.size)) {
      memberships.push(...(await this.#datasets(search, size)));
    }
    return memberships;
  }

  async #datasets(search: TypeSearch, size: number): Promise<readonly Membership[]> {
    const { dimensions } = search.type;
    const memberships: Membership[] = [];
    const dataIds = new Map<string, DataIdValues>();
    const known = this.#known.uploadsInto(dimensions, Math.max(MOST_UPLOADED, size));
    for await (const found of findMemberships(this.#members, search, known, this.#ctx)) {
      this.#budget.take(found.length);
      for (const { membership, dataId } of found) {
        memberships.push(membership);
        dataIds.set(dataIdKey(membership.values), dataId);
      }
    }
    this.#known.add(dimensions.dataCoordinateKeys, [...dataIds.values()]);
    await this.#records.addOfDataIds(dimensions, [...dataIds.values()]);
    return memberships;
  }

  /** Records of elements that no dataset's data ID names, such as tracts that visits overlap. */
  async remainingRecords(searches: readonly TypeSearch[], sizes: Sizes): Promise<void> {
    const isCovered = (element: DimensionElement) =>
      searches.some(({ type: { dimensions } }) => element.required.every((name) => dimensions.has(name)));
    const { elements } = this.#query.tree.dimensions;
    const complete = new Set(elements.filter(isCovered));
    const overlaps = this.#overlaps;
    const remaining = elements.filter((element) => !element.skypix && !complete.has(element));
    const regions = remaining.filter((element) => overlaps.some((pair) => pair.includes(element)));
    const sized = await Promise.all(
      regions.map(async (element) => ({ element, size: await sizes.ofRecords(element.name) })),
    );
    // Of two that overlap, the fewer ones say where the others are looked for.
    const smallestFirst = sized.sort((a, b) => a.size - b.size).map(({ element }) => element);
    for (const element of [...remaining.filter((other) => !regions.includes(other)), ...smallestFirst]) {
      const pair = overlaps.find(([a, b]) => (a === element && complete.has(b)) || (b === element && complete.has(a)));
      await this.#recordsOf(
        element,
        pair?.find((other) => other !== element),
      );
      complete.add(element);
    }
  }

  async #recordsOf(element: DimensionElement, overlapped: DimensionElement | undefined): Promise<void> {
    const { universe } = this.#query.tree.dimensions;
    const { element: of, query } = recordsQuery(element, universe, this.#conjuncts);
    if (of !== element) {
      await this.#records.addOfElement(of, query, undefined);
      return;
    }
    // Data IDs of an element without columns would stand for its records, and be given whether there are such or not.
    const known = keepsTable(element) ? this.#known.uploadsInto(query.tree.dimensions, MOST_UPLOADED) : [];
    const dataIds = await this.#records.addOfElement(element, joined(query, known), overlapped);
    if (isJoined(element, this.#query, this.#overlaps)) this.#known.add(element.required, dataIds);
  }
}
