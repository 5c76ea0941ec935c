/** What one repository is asked of a query. */
import type { OrderExpression } from '../../butler/query/expression.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { DatasetSearch, Query } from '../../butler/query/tree.ts';
import { conformQuery } from './conform-query.ts';
import type { Member } from './members.ts';
import type { SearchPath } from './search-path.ts';

/** One repository's part: the query in its universe, over the collections that it holds. */
export interface Part<S extends ResultSpec> {
  readonly member: Member;
  readonly query: Query;
  readonly spec: S;
  /** The path that chooses among datasets of one data ID; absent without find-first. */
  readonly path?: SearchPath;
  /** Ranks of the first and the last collection of this part; both 0 where the path does not choose among rows. */
  readonly lowestRank: number;
  readonly highestRank: number;
}

/**
 * A member's part, in its own universe: of each search, over the collections that it has of its path.
 * @throws InvalidQueryError where its universe has no such dimensions
 */
export function partOf<S extends ResultSpec>(
  member: Member,
  query: Query,
  spec: S,
  paths: ReadonlyMap<string, SearchPath>,
): Part<S> {
  const conformed = conformQuery(query, spec, member.universe);
  const datasets = new Map<string, DatasetSearch>();
  for (const [name, search] of conformed.query.tree.datasets) {
    const collections = paths.get(name)!.collectionsIn(member.repository, name);
    datasets.set(name, { dimensions: search.dimensions, collections });
  }
  const path = spec.type === 'dataset_ref' && spec.findFirst ? paths.get(spec.datasetType) : undefined;
  const searched = path && spec.type === 'dataset_ref' ? datasets.get(spec.datasetType)!.collections : [];
  return {
    member,
    query: { ...conformed.query, tree: { ...conformed.query.tree, datasets } },
    spec: withOwnStorageClass(conformed.spec, member),
    ...(path && { path }),
    lowestRank: path?.rankOf(searched[0]!) ?? 0,
    highestRank: path?.rankOf(searched.at(-1)!) ?? 0,
  };
}

/** The part of a repository that is asked alone: the query as it is. */
export function wholePart<S extends ResultSpec>(member: Member, query: Query, spec: S): Part<S> {
  return { member, query, spec, lowestRank: 0, highestRank: 0 };
}

/** `orderBy`, then what makes it a total order: required dimensions and, where data IDs may repeat, the run. */
export function totalOrder(spec: ResultSpec, required: readonly string[]): readonly OrderExpression[] {
  const keys: OrderExpression[] = required.map((dimension) => ({ type: 'dimension_key', dimension }));
  if (spec.type === 'dataset_ref' && !spec.findFirst) {
    keys.push({ type: 'dataset_field', datasetType: spec.datasetType, field: 'run' });
  }
  const given = new Set(
    spec.orderBy.map((term) => JSON.stringify(term.type === 'reversed' ? term.operand : term, text)),
  );
  return [...spec.orderBy, ...keys.filter((key) => !given.has(JSON.stringify(key)))];
}

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}

function withOwnStorageClass<S extends ResultSpec>(spec: S, member: Member): S {
  if (spec.type !== 'dataset_ref') return spec;
  return { ...spec, storageClass: member.datasetTypes.get(spec.datasetType)!.storageClass };
}
