/**
 * Whether one repository answers a query as all of them together would: the others have nothing to join that it has not.
 * A satellite knows the instruments and sky maps of the official repository, as a rule, and only a few of its visits.
 */
import { LRUCache } from 'lru-cache';
import type { DataIdValues } from '../../../butler/data-id.ts';
import { stringifyJson } from '../../../butler/json.ts';
import { treesInside } from '../../../butler/query/predicate.ts';
import type { Query } from '../../../butler/query/tree.ts';
import { encodePredicate } from '../../../butler/query/wire.ts';
import type { DimensionElement } from '../../../butler/universe.ts';
import type { QueryContext } from '../../repository.ts';
import { queryOf } from '../../search/records-of-data-ids.ts';
import { conformQuery } from '../conform-query.ts';
import { dataIdKey, recordDataId } from '../identity.ts';
import { membersOnPath, type Member } from '../members.ts';
import { recordsAmong } from '../probe.ts';
import type { SearchPath } from '../search-path.ts';
import { conjunctsOf, constrainedQuery } from './constraints.ts';

/** Records that are compared one by one; of more, only how many there are. */
const MOST_COMPARED = 20_000;

/** Comparisons that are remembered, and for how long (milliseconds): records come seldom, and pages come often. */
const REMEMBERED = { max: 1000, ttl: 60_000 };

const comparisons = new LRUCache<string, Promise<boolean>>(REMEMBERED);

/** The member that answers alone; undefined where rows of several may have to be joined. */
export async function memberAlone(
  members: readonly Member[],
  query: Query,
  paths: ReadonlyMap<string, SearchPath>,
  ctx: QueryContext,
): Promise<Member | undefined> {
  if (query.uploads.length > 0 || !treesInside(query.tree.predicate).next().done) return undefined;
  const searches = [...query.tree.datasets];
  const holders = new Set(searches.flatMap(([name]) => membersOnPath(members, name, paths.get(name)!)));
  if (holders.size > 1 || (searches.length > 0 && holders.size === 0)) return undefined;
  const [only = members.at(-1)!] = holders;
  const { universe, elements } = query.tree.dimensions;
  const isCovered = ({ isDimension, required }: DimensionElement) =>
    isDimension && searches.some(([, { dimensions }]) => required.every((name) => dimensions.has(name)));
  const joined = elements
    .filter((element) => !element.skypix && !isCovered(element))
    .map((element) => (element.viewOf === undefined ? element : universe.element(element.viewOf)));
  for (const other of members) {
    if (other === only) continue;
    for (const element of joined) if (!(await hasAllOf(only, other, element, query, ctx))) return undefined;
  }
  return only;
}

/** Whether `only` has all records of an element that `other` has, as far as the query may join them. */
function hasAllOf(
  only: Member,
  other: Member,
  element: DimensionElement,
  query: Query,
  ctx: QueryContext,
): Promise<boolean> {
  const constrained = constrainedQuery(query.tree.dimensions.universe.groupOf(element.name), conjunctsOf(query));
  const names = [ctx.caller.username, only.repository.name, other.repository.name, element.name];
  const key = stringifyJson([...names, encodePredicate(constrained.tree.predicate)]);
  let comparison = comparisons.get(key);
  if (!comparison) {
    comparison = compare(only, other, element, constrained, ctx);
    comparisons.set(key, comparison);
    comparison.catch(() => comparisons.delete(key));
  }
  return comparison;
}

async function compare(
  only: Member,
  other: Member,
  element: DimensionElement,
  constrained: Query,
  ctx: QueryContext,
): Promise<boolean> {
  if (!other.universe.find(element.name)) return true;
  const spec = { type: 'dimension_record', element: element.name, orderBy: [], allowDuplicateOverlaps: false } as const;
  const theirs = conformQuery(constrained, { ...spec, limit: MOST_COMPARED + 1 }, other.universe);
  const keys: DataIdValues[] = [];
  for await (const { rows } of other.repository.query(theirs.query, theirs.spec, ctx)) {
    for (const row of rows) keys.push(recordDataId(row, element.required));
  }
  if (keys.length === 0) return true;
  if (!only.universe.find(element.name)) return false;
  if (keys.length > MOST_COMPARED) {
    const counts = await Promise.all(
      [only, other].map((member) => {
        const asked = conformQuery(constrained, { ...spec, limit: null }, member.universe);
        return member.repository.count(asked.query, asked.spec, ctx, { exact: false });
      }),
    );
    return counts[0] === counts[1];
  }
  const own = only.universe.element(element.name);
  const { query } = recordsAmong(queryOf(only.universe.groupOf(own.name)), own, element.required, keys);
  const missing = new Set(keys.map(dataIdKey));
  for await (const { rows } of only.repository.query(query, { ...spec, limit: null }, ctx)) {
    for (const row of rows) missing.delete(dataIdKey(recordDataId(row, element.required)));
  }
  return missing.size === 0;
}
