/**
 * Whether one repository answers a query as all of them together would: the others have nothing to join that it has not.
 * A satellite knows the instruments and sky maps of the official repository, as a rule, and only a few of its visits.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { DataIdValues } from '../../../butler/data-id.ts';
import { stringifyJson } from '../../../butler/json.ts';
import { treesInside } from '../../../butler/query/predicate.ts';
import { recordSpec, type DimensionRecordSpec } from '../../../butler/query/result-spec.ts';
import type { Query } from '../../../butler/query/tree.ts';
import { encodePredicate } from '../../../butler/query/wire.ts';
import type { DimensionElement } from '../../../butler/universe.ts';
import { DEFAULT_QUERY_LIMITS, rightsOf, type QueryContext } from '../../repository.ts';
import type { DimensionRecordRow } from '../../rows.ts';
import { queryOf } from '../../search/records-of-data-ids.ts';
import { conformQuery } from '../conform-query.ts';
import { recordDataId } from '../identity.ts';
import { membersOnPath, type Member } from '../members.ts';
import { partBatches } from '../part-batches.ts';
import { totalOrder, wholePart, type Part } from '../part.ts';
import { joined, recordsAmong } from '../probe.ts';
import type { SearchPath } from '../search-path.ts';
import { conjunctsOf, isOfKey, recordsQuery } from './constraints.ts';
import { KnownDataIds, MOST_UPLOADED } from './known-data-ids.ts';
import { SharedWork } from './shared-work.ts';

/** Records that are looked for by their data IDs; more are read from both sides, in order. */
const MOST_LOOKED_FOR = 20_000;

/** Records read of a side at a time. */
const CHUNK = 5_000;

/** Milliseconds for which it is remembered what a repository elsewhere has; what a user writes here is seen at once. */
const REMEMBERED = 60_000;

/** Whether one has all records of another that is elsewhere. */
const comparisons = new LRUCache<string, SharedWork<boolean>>({ max: 1000, ttl: REMEMBERED });

/** Digests of records that repositories elsewhere were found to have, by caller, repository and element. */
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
  const { elements } = query.tree.dimensions;
  const isCovered = ({ isDimension, required }: DimensionElement) =>
    isDimension && searches.some(([, { dimensions }]) => required.every((name) => dimensions.has(name)));
  const needed = elements.filter((element) => !element.skypix && !isCovered(element));
  for (const other of members) {
    if (other === only) continue;
    const counts = members.indexOf(other) < members.indexOf(only);
    for (const element of needed) {
      if (!(await hasAllOf(only, other, recordsJoined(element, query, counts), ctx))) return undefined;
    }
  }
  return only;
}

/** Records of an element, as far as a query may join them. */
interface Asked {
  readonly element: DimensionElement;
  readonly query: Query;
}

/** Whether `only` has all records that `other` has of those asked. */
async function hasAllOf(only: Member, other: Member, asked: Asked, ctx: QueryContext): Promise<boolean> {
  if (!other.repository.isRemote) return compare(only, other, asked, ctx);
  const names = [rightsOf(ctx.caller), only.repository.name, other.repository.name, asked.element.name];
  const { tree, uploads } = asked.query;
  const key = digest([
    names,
    encodePredicate(tree.predicate),
    uploads.map(({ dimensions, rows }) => [dimensions.required, rows]),
  ]);
  let comparison = comparisons.get(key);
  if (!comparison || comparison.isAbandoned) {
    comparison = new SharedWork((signal) => compare(only, other, asked, { ...ctx, signal }));
    comparisons.set(key, comparison);
  }
  try {
    return await comparison.wait(ctx.signal);
  } catch (error) {
    if (comparisons.peek(key) === comparison && !ctx.signal.aborted) comparisons.delete(key);
    throw error;
  }
}

/** @param byKey whether records are asked too that the query does not join, but that count in place of others with their keys */
function recordsJoined(element: DimensionElement, query: Query, byKey: boolean): Asked {
  const { universe } = query.tree.dimensions;
  const { required } = element;
  const conjuncts = conjunctsOf(query);
  const asked = recordsQuery(element, universe, byKey ? conjuncts.filter((of) => isOfKey(element, of)) : conjuncts);
  if (asked.element !== element) return asked;
  const known = new KnownDataIds();
  for (const { dimensions, rows } of query.uploads) known.add(dimensions.required, rows);
  const uploads = known
    .uploadsInto(asked.query.tree.dimensions, MOST_UPLOADED)
    .filter(({ dimensions }) => !byKey || dimensions.required.every((name) => required.includes(name)));
  return { element, query: joined(asked.query, uploads) };
}

/** Two records of one data ID that differ count as two, of which `only` has but one. */
async function compare(only: Member, other: Member, asked: Asked, ctx: QueryContext): Promise<boolean> {
  const { name, required } = asked.element;
  const element = other.universe.find(name);
  if (!element) return true;
  const own = only.universe.find(name);
  const columns = own ? columnsOf(own).filter((column) => columnsOf(element).includes(column)) : [];
  const most = Math.min(MOST_LOOKED_FOR, await mostThatItCanHave(only, other, asked, ctx));
  const theirs = conformQuery(asked.query, { ...recordSpec(name), limit: most + 1 }, other.universe);
  const records: { readonly key: DataIdValues; readonly digest: string }[] = [];
  for await (const { rows } of other.repository.query(theirs.query, theirs.spec, ctx)) {
    for (const row of rows) records.push({ key: recordDataId(row, required), digest: recordDigest(row, columns) });
  }
  if (records.length === 0) return true;
  if (!own) return false;
  if (records.length > most) return most === MOST_LOOKED_FOR && hasAllInOrder(only, other, asked, columns, ctx);
  const { repository, universe } = only;
  const seen = repository.isRemote ? seenDigests([rightsOf(ctx.caller), repository.name, name]) : new Set<string>();
  const unseen = records.filter((record) => !seen.has(record.digest));
  if (unseen.length === 0) return true;
  const keys = unseen.map(({ key }) => key);
  const { query } = recordsAmong(queryOf(universe.groupOf(name)), own, required, keys);
  for await (const { rows } of repository.query(query, recordSpec(name), ctx)) {
    for (const row of rows) seen.add(recordDigest(row, columns));
  }
  return unseen.every((record) => seen.has(record.digest));
}

/**
 * Of how many records of `other` it is possible that `only` has all: as many as it has itself, which is counted only where it
 * saves reading those of a repository elsewhere.  An official repository may have a million visits, and a satellite ten.
 */
async function mostThatItCanHave(only: Member, other: Member, asked: Asked, ctx: QueryContext): Promise<number> {
  const { name } = asked.element;
  if (!other.repository.isRemote) return Infinity;
  if (!only.universe.find(name)) return 0;
  const { query, spec } = conformQuery(asked.query, recordSpec(name), only.universe);
  return only.repository.count(query, spec, ctx, { exact: false });
}

/** The same of very many: both sides' records are read in the order of their data IDs, up to as many as would be joined here. */
async function hasAllInOrder(
  only: Member,
  other: Member,
  { element, query }: Asked,
  columns: readonly string[],
  ctx: QueryContext,
): Promise<boolean> {
  const { joinedRows } = ctx.limits ?? DEFAULT_QUERY_LIMITS;
  const spec = { ...recordSpec(element.name), orderBy: totalOrder(recordSpec(element.name), element.required) };
  const sides = [other, only].map((member) => {
    const asked = conformQuery(query, spec, member.universe);
    return wholePart(member, asked.query, asked.spec);
  });
  const [theirCount, ownCount] = await Promise.all(
    sides.map((side) => side.member.repository.count(side.query, recordSpec(element.name), ctx, { exact: false })),
  );
  if (theirCount! > ownCount! || theirCount! + ownCount! > joinedRows) return false;
  const [theirs, own] = sides.map((side) => digestsInOrder(side, element.required, columns, ctx));
  for await (const wanted of theirs!) {
    let found: IteratorResult<string>;
    do found = await own!.next();
    while (!found.done && found.value !== wanted);
    if (found.done) return false;
  }
  return true;
}

/** Chunk by chunk, so that no query stays open at one repository while the other is asked. */
async function* digestsInOrder(
  part: Part<DimensionRecordSpec>,
  names: readonly string[],
  columns: readonly string[],
  ctx: QueryContext,
): AsyncGenerator<string, void, undefined> {
  const options = { after: undefined, chunk: CHUNK, implied: false, foundIn: false };
  for await (const { rows } of partBatches([part], 0, names, options, ctx)) {
    for (const row of rows) yield recordDigest(row, columns);
  }
}

function columnsOf({ name, primaryKey, required, implied, fields }: DimensionElement): readonly string[] {
  const keys = required.map((of) => (of === name && primaryKey ? primaryKey.name : of));
  return [...keys, ...implied, ...fields.keys()];
}

function recordDigest({ fields }: DimensionRecordRow, columns: readonly string[]): string {
  const values = columns.map((name) => fields[name] ?? null);
  return digest(values.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value)));
}

function digest(value: unknown): string {
  return createHash('sha256').update(stringifyJson(value)).digest('base64');
}

function seenDigests(names: readonly string[]): Set<string> {
  const key = JSON.stringify(names);
  let seen = seenElsewhere.get(key);
  if (!seen) seenElsewhere.set(key, (seen = new Set()));
  return seen;
}
