/** Splits a query over several repositories into what each of them is asked. */
import { ButlerUserError } from '../../butler/errors.ts';
import type { OrderExpression } from '../../butler/query/expression.ts';
import type { Predicate } from '../../butler/query/predicate.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { DatasetSearch, Query } from '../../butler/query/tree.ts';
import { conformQuery } from './conform-query.ts';
import { membersOnPath, type Member } from './members.ts';
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
 * The parts of a query, in search order; repositories that can have no rows have none.
 * @param paths search path of each dataset search of the tree, by dataset type
 * @throws InvalidQueryError where the repositories disagree on dimensions; ButlerUserError UNIMPLEMENTED_QUERY where rows
 * would have to be joined across repositories
 */
export function planParts<S extends ResultSpec>(
  members: readonly Member[],
  query: Query,
  spec: S,
  paths: ReadonlyMap<string, SearchPath>,
): readonly Part<S>[] {
  const holders = membersThatAnswer(members, query, paths);
  if (holders.length > 1) refuseJoins(holders, query, spec);
  return holders.map((member) => {
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
  });
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

function membersThatAnswer(
  members: readonly Member[],
  query: Query,
  paths: ReadonlyMap<string, SearchPath>,
): readonly Member[] {
  const searches = [...query.tree.datasets.keys()];
  const holders = searches.map((name) => membersOnPath(members, name, paths.get(name)!));
  if (holders.some((of) => of.length === 0)) return [];
  const all = searches.length === 0 ? members : members.filter((member) => holders.some((of) => of.includes(member)));
  if (searches.length > 1 && all.length > 1) {
    throw joinAcross(
      `It joins datasets of ${searches.map((name) => `'${name}'`).join(' and ')}, which several of them hold`,
      all,
    );
  }
  return all;
}

function refuseJoins(members: readonly Member[], query: Query, spec: ResultSpec): void {
  if (spec.type === 'general') {
    throw joinAcross('It asks for columns of single repositories', members);
  }
  if (query.tree.materializations.size > 0) throw joinAcross('It uses the stored rows of another query', members);
  if (searchesInside(query.tree.predicate)) throw joinAcross('It compares with datasets of another query', members);
}

function searchesInside(predicate: Predicate): boolean {
  switch (predicate.type) {
    case 'and':
    case 'or':
      return predicate.operands.some(searchesInside);
    case 'not':
      return searchesInside(predicate.operand);
    case 'in_query':
      return predicate.tree.datasets.size > 0 || searchesInside(predicate.tree.predicate);
    default:
      return false;
  }
}

function joinAcross(why: string, members: readonly Member[]): ButlerUserError {
  const names = members.map((member) => `'${member.repository.name}'`).join(', ');
  return new ButlerUserError(
    'UNIMPLEMENTED_QUERY',
    `This query cannot be answered by ${names} together: ${why}, and rows are not joined across repositories. ` +
      `Name one of them in 'repositories'.`,
  );
}

function withOwnStorageClass<S extends ResultSpec>(spec: S, member: Member): S {
  if (spec.type !== 'dataset_ref') return spec;
  return { ...spec, storageClass: member.datasetTypes.get(spec.datasetType)!.storageClass };
}
