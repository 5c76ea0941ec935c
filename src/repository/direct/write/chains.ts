/** Changing chains of collections. */
import sql, { raw, type Sql } from 'sql-template-tag';
import { COLLECTION_TYPE_NUMBERS } from '../../../butler/collection.ts';
import { ButlerUserError, SatelliteError } from '../../../butler/errors.ts';
import type { ChainChange } from '../../writeable-repository.ts';
import { dialectOf } from '../compile/dialect.ts';
import type { SqlRow, Transaction } from '../database.ts';
import { existingCollections } from './collections.ts';

/** `collection_chain.position` is a SMALLINT. */
const MAX_POSITION = 32_767n;

/**
 * @throws ButlerUserError MISSING_COLLECTION, COLLECTION_TYPE where the parent is no chain, COLLECTION_CYCLE;
 *   SatelliteError CONFLICT where one to DEFINE has other children
 */
export async function editChain(
  tx: Transaction,
  parent: string,
  children: readonly string[],
  edit: ChainChange,
): Promise<void> {
  const found = await existingCollections(tx, [...new Set(children)]);
  const childIds = found.map(({ id }) => id);
  const parentId = await lockedChain(tx, parent, edit);
  if (edit === 'DEFINE' && (await isDefined(tx, parent, parentId, childIds))) return;
  const isWhole = edit === 'REDEFINE' || edit === 'DEFINE';
  if (isWhole) {
    await tx.run(sql`DELETE FROM ${tx.table('collection_chain')} WHERE parent = ${parentId}`);
  } else {
    const isChild = dialectOf(tx.dialect).memberOf(sql`child`, 'int', childIds);
    await tx.run(sql`DELETE FROM ${tx.table('collection_chain')} WHERE parent = ${parentId} AND ${isChild}`);
  }
  if (edit === 'REMOVE' || childIds.length === 0) return;

  await checkCycle(tx, parentId, parent, childIds);
  let first = 0n;
  if (!isWhole) {
    const end = raw(edit === 'EXTEND' ? 'MAX' : 'MIN');
    const [row] = await tx.all(
      sql`SELECT COALESCE(${end}(position), 0) FROM ${tx.table('collection_chain')} WHERE parent = ${parentId}`,
    );
    const position = BigInt(row![0] as number);
    first = edit === 'EXTEND' ? position + 1n : position - BigInt(childIds.length);
  }
  if (first + BigInt(childIds.length) - 1n > MAX_POSITION || first < -MAX_POSITION - 1n) {
    throw new SatelliteError(
      'BAD_USER_INPUT',
      `The chain '${parent}' has no room for more children at that end: redefine it with all of them, at most 32768.`,
    );
  }
  await tx.insert({
    table: 'collection_chain',
    columns: ['parent', 'position', 'child'],
    rows: childIds.map((child, i) => [parentId, first + BigInt(i), child]),
  });
}

/**
 * Whether a chain, whose row is locked, has just these children; false where it has none.
 * @throws SatelliteError CONFLICT where it has others
 */
async function isDefined(tx: Transaction, name: string, parent: bigint, children: readonly bigint[]): Promise<boolean> {
  const rows = await childrenOf(tx, sql`h.parent = ${parent}`);
  if (rows.length === 0) return false;
  if (rows.length === children.length && rows.every(([child], i) => BigInt(child as number) === children[i]))
    return true;
  throw new SatelliteError(
    'CONFLICT',
    `Chain '${name}' has other children by now (${rows.map((row) => String(row[1])).join(', ')}), and was left as it is: ` +
      'rename or remove it, or transfer without collections.',
  );
}

/**
 * Leaves a chain that is there as it is.
 * @throws SatelliteError CONFLICT where it has other children than these
 */
export async function checkChildren(tx: Transaction, name: string, children: readonly string[]): Promise<void> {
  const isParent = sql`h.parent = (SELECT collection_id FROM ${tx.table('collection')} WHERE name = ${name})`;
  const there = (await childrenOf(tx, isParent)).map(([, child]) => String(child));
  const given = [...new Set(children)];
  if (there.length === given.length && there.every((child, i) => child === given[i])) return;
  const has = there.length === 0 ? 'without children' : `with other children (${there.join(', ')})`;
  throw new SatelliteError(
    'CONFLICT',
    `There is a chain '${name}' already, ${has}, and it was left as it is: change its children with setCollectionChain.`,
  );
}

/** Identifiers and names, in search order. */
function childrenOf(tx: Transaction, condition: Sql): Promise<readonly SqlRow[]> {
  return tx.all(sql`
    SELECT h.child, c.name FROM ${tx.table('collection_chain')} AS h
    JOIN ${tx.table('collection')} AS c ON c.collection_id = h.child
    WHERE ${condition} ORDER BY h.position`);
}

/** All who change a chain hold a lock on its row until they commit; those who only take children away share it. */
async function lockedChain(tx: Transaction, name: string, edit: ChainChange): Promise<bigint> {
  const lock = tx.dialect === 'sqlite' ? '' : edit === 'REMOVE' ? 'FOR SHARE' : 'FOR UPDATE';
  const [row] = await tx.all(
    sql`SELECT collection_id, type FROM ${tx.table('collection')} WHERE name = ${name} ${raw(lock)}`,
  );
  if (!row) throw new ButlerUserError('MISSING_COLLECTION', `No collection with name '${name}' found.`);
  if (Number(row[1]) !== COLLECTION_TYPE_NUMBERS.CHAINED) {
    throw new ButlerUserError('COLLECTION_TYPE', `Parent collection '${name}' is not a chained collection.`);
  }
  return BigInt(row[0] as number | bigint);
}

async function checkCycle(tx: Transaction, parent: bigint, name: string, children: readonly bigint[]): Promise<void> {
  const chain = tx.table('collection_chain');
  const isChild = dialectOf(tx.dialect).memberOf(sql`collection_id`, 'int', children);
  const [row] = await tx.all(sql`WITH RECURSIVE below(id) AS (
      SELECT collection_id FROM ${tx.table('collection')} WHERE ${isChild}
      UNION SELECT c.child FROM ${chain} AS c JOIN below ON c.parent = below.id
    ) SELECT 1 FROM below WHERE id = ${parent}`);
  if (row) {
    throw new ButlerUserError('COLLECTION_CYCLE', `Cycle in collection chaining when defining '${name}'.`);
  }
}
