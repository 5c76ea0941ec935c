/** Collections of publications. */
import sql from 'sql-template-tag';
import { SatelliteError } from '../../../butler/errors.ts';
import { MAX_NSEC, MIN_NSEC, type Timespan } from '../../../butler/timespan.ts';
import type { Universe } from '../../../butler/universe.ts';
import type { PublishedCollection, PublishedContent, PublishedMembership } from '../../published-repository.ts';
import { dialectOf } from '../compile/dialect.ts';
import { uuidFromStored } from '../dataset-ids.ts';
import type { Transaction } from '../database.ts';
import { certify } from '../write/calibrations.ts';
import { editChain } from '../write/chains.ts';
import {
  existingCollections,
  registerCollection,
  setCollectionDoc,
  type StoredCollection,
} from '../write/collections.ts';
import { associate } from '../write/tags.ts';
import { addCollections, holdersOf } from './ledger.ts';

/** Names of collections whose memberships are to be written, and of those that have to have the same already. */
export interface PreparedCollections {
  readonly own: ReadonlySet<string>;
  readonly shared: ReadonlySet<string>;
}

/**
 * Makes the collections, empty where they are this publication's alone.  What others have too must be the same: both publish
 * it, and neither changes it for the other.  A RUN is one publication's.
 * @throws SatelliteError CONFLICT where one is something else already, or another publication's RUN
 */
export async function prepareCollections(
  tx: Transaction,
  { publication, version, collections }: PublishedContent,
): Promise<PreparedCollections> {
  const holders = await holdersOf(tx);
  const own = new Set<string>();
  const shared = new Set<string>();
  const claimed: string[] = [];
  for (const collection of collections) {
    const { name, type, doc, children, isOfficial } = collection;
    const isNew = await registerCollection(tx, { name, type });
    const others = (holders.get(name) ?? []).filter((holder) => holder !== publication);
    const isOwn = isNew || (others.length === 0 && holders.has(name));
    if (isOwn || others.length > 0) claimed.push(name);
    if (isOfficial) continue;
    // Whoever may read a RUN reads all that is in it: two publications would share their readers.
    if (type === 'RUN' && others.length > 0) throw isAnothers(name);
    if (isOwn) {
      own.add(name);
      if (doc !== '' || !isNew) await setCollectionDoc(tx, name, doc);
      if (type === 'CHAINED') await editChain(tx, name, children, 'REDEFINE');
      else if (!isNew && type !== 'RUN') await clear(tx, name);
    } else if (type === 'CHAINED') await checkChain(tx, collection);
    else if (type !== 'RUN') shared.add(name);
  }
  await addCollections(tx, publication, version, claimed);
  return { own, shared };
}

/** @throws SatelliteError CONFLICT where a collection that is there already has others */
export async function writeMemberships(
  tx: Transaction,
  universe: Universe,
  content: PublishedContent,
  { own, shared }: PreparedCollections,
): Promise<void> {
  const expected = new Map([...shared].map((name) => [name, new Set<string>()]));
  for await (const memberships of content.memberships()) {
    for (const { collection, uuid, timespan } of memberships) {
      expected.get(collection)?.add(membershipText(uuid, timespan));
    }
    const alike = Map.groupBy(
      memberships.filter(({ collection }) => own.has(collection)),
      ({ collection, timespan }) => JSON.stringify([collection, String(timespan?.begin), String(timespan?.end)]),
    );
    for (const same of alike.values()) await addMemberships(tx, universe, same);
  }
  for (const [name, memberships] of expected) {
    const there = await membershipsIn(tx, name);
    if (there.size !== memberships.size || there.difference(memberships).size > 0) throw differs(name);
  }
}

async function addMemberships(
  tx: Transaction,
  universe: Universe,
  alike: readonly PublishedMembership[],
): Promise<void> {
  const { collection, timespan } = alike[0]!;
  const uuids = alike.map(({ uuid }) => uuid);
  if (timespan === null) await associate(tx, universe, collection, uuids);
  else await certify(tx, universe, collection, uuids, timespan);
}

async function clear(tx: Transaction, name: string): Promise<void> {
  const [collection] = await existingCollections(tx, [name]);
  for (const table of await membershipTables(tx, collection!)) {
    await tx.run(sql`DELETE FROM ${tx.table(table)} WHERE collection_id = ${collection!.id}`);
  }
}

async function checkChain(tx: Transaction, { name, children }: PublishedCollection): Promise<void> {
  const [chain] = await existingCollections(tx, [name]);
  const rows = await tx.all(sql`SELECT c.name FROM ${tx.table('collection_chain')} AS h
    JOIN ${tx.table('collection')} AS c ON c.collection_id = h.child WHERE h.parent = ${chain!.id} ORDER BY h.position`);
  if (rows.length !== children.length || rows.some(([child], i) => child !== children[i])) throw differs(name);
}

async function membershipsIn(tx: Transaction, name: string): Promise<ReadonlySet<string>> {
  const [collection] = await existingCollections(tx, [name]);
  const found = new Set<string>();
  const { begin, end } = dialectOf(tx.dialect).storedTimespan('t', 'timespan');
  for (const table of await membershipTables(tx, collection!)) {
    const times = collection!.type === 'CALIBRATION' ? sql`, ${begin}, ${end}` : sql``;
    const rows = await tx.all(
      sql`SELECT dataset_id ${times} FROM ${tx.table(table)} AS t WHERE collection_id = ${collection!.id}`,
    );
    for (const [id, from, to] of rows) {
      const timespan = from === undefined ? null : { begin: BigInt(from as bigint), end: BigInt(to as bigint) };
      found.add(membershipText(uuidFromStored(id as string), timespan));
    }
  }
  return found;
}

/** Tables that can hold memberships in a TAGGED or CALIBRATION collection. */
async function membershipTables(tx: Transaction, { type }: StoredCollection): Promise<readonly string[]> {
  const column = type === 'TAGGED' ? sql`tag_association_table` : sql`calibration_association_table`;
  const rows = await tx.all(
    sql`SELECT DISTINCT ${column} FROM ${tx.table('dataset_type')} WHERE ${column} IS NOT NULL ORDER BY 1`,
  );
  return rows.map(([name]) => name as string);
}

function membershipText(uuid: string, timespan: Timespan | null): string {
  if (timespan === null) return uuid;
  const { begin, end } = timespan;
  return `${uuid} ${begin < MIN_NSEC ? MIN_NSEC : begin} ${end > MAX_NSEC ? MAX_NSEC : end}`;
}

function differs(name: string): SatelliteError {
  return new SatelliteError(
    'CONFLICT',
    `There is a collection '${name}' already, with other content: publish yours under another name.`,
  );
}

function isAnothers(name: string): SatelliteError {
  return new SatelliteError(
    'CONFLICT',
    `There is a collection '${name}' already, of another publication: publish yours under another name, or as its next version.`,
  );
}
