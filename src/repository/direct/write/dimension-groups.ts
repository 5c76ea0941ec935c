/**
 * Keys of dimension groups.  With two keys for one group, every dataset query of stock
 * Butler fails: that is what the locks are for.
 */
import sql from 'sql-template-tag';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import type { Universe } from '../../../butler/universe.ts';
import type { Transaction } from '../database.ts';
import { insertCounted } from './sequences.ts';

const KEY = 'dimension_graph_key';
const DEFINITION = 'dimension_graph_definition';

/** The group's key, made where there is none. The empty group has 0, which is not stored. */
export async function dimensionGroupKey(tx: Transaction, universe: Universe, group: DimensionGroup): Promise<bigint> {
  if (group === universe.empty) return 0n;
  const known = await findKey(tx, universe, group);
  if (known !== undefined) return known;

  if (tx.dialect === 'postgresql') {
    for (const table of [KEY, DEFINITION]) await tx.run(sql`LOCK TABLE ${tx.table(table)} IN EXCLUSIVE MODE`);
    const made = await findKey(tx, universe, group);
    if (made !== undefined) return made;
  }
  const key = await insertCounted(tx, KEY, 'id', {});
  await tx.insert({
    table: DEFINITION,
    columns: ['dimension_graph_id', 'dimension_name'],
    rows: group.required.map((name) => [key!, name]),
  });
  return key!;
}

async function findKey(tx: Transaction, universe: Universe, group: DimensionGroup): Promise<bigint | undefined> {
  const names = new Map<bigint, string[]>();
  for (const [id, name] of await tx.all(sql`SELECT dimension_graph_id, dimension_name FROM ${tx.table(DEFINITION)}`)) {
    const key = BigInt(id as number | bigint);
    const known = names.get(key);
    if (known) known.push(name as string);
    else names.set(key, [name as string]);
  }
  for (const [key, dimensions] of names) if (universe.conform(dimensions) === group) return key;
  return undefined;
}
