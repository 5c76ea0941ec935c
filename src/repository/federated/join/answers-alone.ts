/**
 * Whether one repository answers a query as all of them together would: the others have nothing to join that it has not.
 * A satellite knows the instruments and sky maps of the official repository, as a rule, and only a few of its visits.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { DataIdValues } from '../../../butler/data-id.ts';
import { stringifyJson } from '../../../butler/json.ts';
import { treesInside } from '../../../butler/query/predicate.ts';
import { recordSpec } from '../../../butler/query/result-spec.ts';
import type { Query } from '../../../butler/query/tree.ts';
import { encodePredicate } from '../../../butler/query/wire.ts';
import type { DimensionElement } from '../../../butler/universe.ts';
import type { QueryContext } from '../../repository.ts';
import { queryOf } from '../../search/records-of-data-ids.ts';
import { conformQuery } from '../conform-query.ts';
import { dataIdKey, recordDataId } from '../identity.ts';
import { membersOnPath, type Member } from '../members.ts';
import { joined, recordsAmong } from '../probe.ts';
import type { SearchPath } from '../search-path.ts';
import { conjunctsOf, constrainedQuery } from './constraints.ts';
import { KnownDataIds, MOST_UPLOADED } from './known-data-ids.ts';

/** Records that are compared one by one; of more, only how many there are. */
const MOST_COMPARED = 20_000;

/** Milliseconds for which it is remembered what a repository elsewhere has; what a user writes here is seen at once. */
const REMEMBERED = 60_000;

/** Whether one has all records of another that is elsewhere. */
const comparisons = new LRUCache<string, Promise<boolean>>({ max: 1000, ttl: REMEMBERED });

/** Keys of records that repositories elsewhere were found to have, by caller, repository and element. */
const seenElsewhere = new LRUCache<string, Set<string>>({ max: 200, ttl: REMEMBERED });

/** The member that answers alone; undefined where rows of several may have to be joined. */
export async function memberAlone(
  members: readonly Member[],
  query: Query,
  paths: ReadonlyMap<string, SearchPath>,
  ctx: QueryContext,
): Promise<Member | undefined> {
  if (!treesInside(query.tree.predicate).next().done) return undefined;
  const searches = [...query.tree.datasets];
  const holders = searches.map(([name]) => membersOnPath(members, name, paths.get(name)!));
  const only = holders[0]?.[0] ?? members.at(-1)!;
  if (holders.some((of) => of.length !== 1 || of[0] !== only)) return undefined;
  const { universe, elements } = query.tree.dimensions;
  const isCovered = ({ isDimension, required }: DimensionElement) =>
    isDimension && searches.some(([, { dimensions }]) => required.every((name) => dimensions.has(name)));
  const needed = elements
    .filter((element) => !element.skypix && !isCovered(element))
    .map((element) => (element.viewOf === undefined ? element : universe.element(element.viewOf)));
  for (const other of members) {
    if (other === only) continue;
    for (const element of new Set(needed)) if (!(await hasAllOf(only, other, element, query, ctx))) return undefined;
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
  const constrained = recordsJoined(element, query);
  if (!other.repository.isRemote) return compare(only, other, element, constrained, ctx);
  const names = [ctx.caller.username, only.repository.name, other.repository.name, element.name];
  const { tree, uploads } = constrained;
  const asked = stringifyJson([names, encodePredicate(tree.predicate), uploads.map(({ rows }) => rows)]);
  const key = createHash('sha256').update(asked).digest('base64');
  let comparison = comparisons.get(key);
  if (!comparison) {
    comparison = compare(only, other, element, constrained, ctx);
    comparisons.set(key, comparison);
    comparison.catch(() => comparisons.delete(key));
  }
  return comparison;
}

/** A query for the records of an element that a query may join. */
function recordsJoined(element: DimensionElement, query: Query): Query {
  const group = query.tree.dimensions.universe.groupOf(element.name);
  const known = new KnownDataIds();
  for (const { dimensions, rows } of query.uploads) known.add(dimensions.required, rows);
  return joined(constrainedQuery(group, conjunctsOf(query)), known.uploadsInto(group, MOST_UPLOADED));
}

async function compare(
  only: Member,
  other: Member,
  element: DimensionElement,
  constrained: Query,
  ctx: QueryContext,
): Promise<boolean> {
  if (!other.universe.find(element.name)) return true;
  const spec = recordSpec(element.name);
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
        const asked = conformQuery(constrained, spec, member.universe);
        return member.repository.count(asked.query, asked.spec, ctx, { exact: false });
      }),
    );
    return counts[0] === counts[1];
  }
  return hasRecords(only, element, keys, ctx);
}

async function hasRecords(
  { repository, universe }: Member,
  element: DimensionElement,
  keys: readonly DataIdValues[],
  ctx: QueryContext,
): Promise<boolean> {
  const seen = repository.isRemote ? seenKeys([ctx.caller.username, repository.name, element.name]) : new Set<string>();
  const unseen = keys.filter((key) => !seen.has(dataIdKey(key)));
  if (unseen.length === 0) return true;
  const own = universe.element(element.name);
  const { query } = recordsAmong(queryOf(universe.groupOf(own.name)), own, element.required, unseen);
  for await (const { rows } of repository.query(query, recordSpec(own.name), ctx)) {
    for (const row of rows) seen.add(dataIdKey(recordDataId(row, element.required)));
  }
  return unseen.every((key) => seen.has(dataIdKey(key)));
}

function seenKeys(names: readonly string[]): Set<string> {
  const key = JSON.stringify(names);
  let seen = seenElsewhere.get(key);
  if (!seen) seenElsewhere.set(key, (seen = new Set()));
  return seen;
}
