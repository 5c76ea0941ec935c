/** Inserting dimension records. */
import sql, { join, type Sql } from 'sql-template-tag';
import type { DataIdValue } from '../../../butler/data-id.ts';
import { SatelliteError } from '../../../butler/errors.ts';
import type { Universe } from '../../../butler/universe.ts';
import { identifier } from '../compile/dialect.ts';
import { ConstraintError, type SqlValue, type Transaction } from '../database.ts';
import type { ElementRow, ElementRows } from './dimension-rows.ts';
import { missingRecordsError } from './missing-records.ts';
import { insertOverlaps, insertOverlapSummaries } from './overlap-rows.ts';
import { columnsOf, dimensionColumns, keyText, rowsWithKeys, type KeyColumn } from './reads.ts';
import { dataIdText } from './stored-values.ts';

/**
 * Inserts the records of one element, with the overlap rows of those that are new or replaced.
 * @returns the number of records inserted or replaced
 * @throws CONFLICT where a record is there (`FAIL`) or an alternate key is taken; DATA_ID_VALUE naming missing records
 */
export async function insertElementRows(
  tx: Transaction,
  universe: Universe,
  rows: ElementRows,
  existing: 'FAIL' | 'SKIP' | 'REPLACE',
): Promise<number> {
  const inserted =
    existing === 'REPLACE' ? await replace(tx, universe, rows) : await insertNew(tx, universe, rows, existing);
  await insertOverlaps(tx, universe, rows.element, inserted, existing === 'REPLACE');
  await insertOverlapSummaries(tx, universe, rows.element, inserted);
  return inserted.length;
}

/**
 * Inserts those that are not there.  With `SKIP` it looks for these only where the database refuses the rows, since as a rule
 * none is there; and where another writer inserts one of them meanwhile, it looks again.
 */
async function insertNew(
  tx: Transaction,
  universe: Universe,
  rows: ElementRows,
  existing: 'FAIL' | 'SKIP',
): Promise<readonly ElementRow[]> {
  let there: ReadonlySet<string> = existing === 'FAIL' ? await existingKeys(tx, universe, rows) : new Set();
  for (;;) {
    const fresh = there.size === 0 ? rows.rows : rows.rows.filter(({ key }) => !there.has(keyText(key)));
    if (existing === 'FAIL' && there.size > 0) {
      const row = rows.rows.find(({ key }) => there.has(keyText(key)))!;
      const key = dataIdText(rows.element.required, row.key);
      throw new SatelliteError('CONFLICT', `There is a record of '${rows.element.name}' with ${key} already.`);
    }
    try {
      await tx.savepoint(() =>
        tx.insert({ table: rows.element.name, columns: rows.columns, rows: fresh.map((r) => r.values) }),
      );
      return fresh;
    } catch (error) {
      if (!(error instanceof ConstraintError)) throw error;
      const known = there.size;
      there = await existingKeys(tx, universe, rows);
      if (there.size === known) throw await refusal(tx, universe, rows, fresh, error);
    }
  }
}

async function replace(tx: Transaction, universe: Universe, rows: ElementRows): Promise<readonly ElementRow[]> {
  const { element, columns, keyColumns } = rows;
  try {
    await tx.savepoint(() =>
      tx.insert({
        table: element.name,
        columns,
        rows: rows.rows.map((r) => r.values),
        suffix: replacing(columns, keyColumns),
      }),
    );
    return rows.rows;
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error;
    throw await refusal(tx, universe, rows, rows.rows, error);
  }
}

/** `ON CONFLICT (key) DO UPDATE` of every other column. */
function replacing(columns: readonly string[], key: readonly string[]): Sql {
  const others = columns.filter((name) => !key.includes(name));
  const target = sql`ON CONFLICT (${join(key.map(identifier))})`;
  if (others.length === 0) return sql`${target} DO NOTHING`;
  const updates = others.map((name) => sql`${identifier(name)} = excluded.${identifier(name)}`);
  return sql`${target} DO UPDATE SET ${join(updates)}`;
}

async function existingKeys(tx: Transaction, universe: Universe, rows: ElementRows): Promise<ReadonlySet<string>> {
  const key = keyOf(universe, rows);
  const found = await rowsWithKeys(
    tx,
    rows.element.name,
    columnsOf(rows.keyColumns),
    key,
    rows.rows.map((row) => row.key),
  );
  return new Set(found.map((row) => keyText(row as readonly DataIdValue[])));
}

function keyOf(universe: Universe, { element, keyColumns }: ElementRows): readonly KeyColumn[] {
  return dimensionColumns(universe, element.required).map(({ type }, i) => ({ name: keyColumns[i]!, type }));
}

/** What the refusal of the database means. */
async function refusal(
  tx: Transaction,
  universe: Universe,
  rows: ElementRows,
  refused: readonly ElementRow[],
  error: ConstraintError,
): Promise<Error> {
  const { element } = rows;
  if (error.kind === 'foreign key') {
    const required = element.required.filter((name) => name !== element.name);
    const names = [...required, ...element.implied];
    const values = refused.map((row) => [
      ...row.key.slice(0, required.length),
      ...(row.values.slice(element.required.length, element.required.length + element.implied.length) as DataIdValue[]),
    ]);
    return (
      (await missingRecordsError(tx, universe, `Records of '${element.name}' cannot be inserted`, names, values)) ??
      error
    );
  }
  return (error.kind === 'unique' ? await takenAlternateKey(tx, universe, rows, refused) : undefined) ?? error;
}

/** Alternate keys (`detector.full_name`, `visit.name`, …) are unique beside the key itself. */
async function takenAlternateKey(
  tx: Transaction,
  universe: Universe,
  rows: ElementRows,
  refused: readonly ElementRow[],
): Promise<SatelliteError | undefined> {
  const { element, columns, keyColumns } = rows;
  const shared = element.required.filter((name) => name !== element.name);
  for (const { name, type } of element.alternateKeys) {
    const at = columns.indexOf(name);
    const owners = new Map<string, readonly SqlValue[]>();
    const unique = (row: ElementRow) => [...row.key.slice(0, shared.length), row.values[at] as DataIdValue];
    const withValue = refused.filter((row) => row.values[at] !== null);
    const key: KeyColumn[] = [...dimensionColumns(universe, shared), { name, type }];
    const found = await rowsWithKeys(tx, element.name, columnsOf([...keyColumns, name]), key, withValue.map(unique));
    for (const row of found) owners.set(keyText([...row.slice(0, shared.length), row.at(-1)!] as DataIdValue[]), row);
    for (const row of withValue) {
      const owner = owners.get(keyText(unique(row)));
      owners.set(keyText(unique(row)), owner ?? row.key);
      const ownKey = owner?.slice(0, keyColumns.length) as readonly DataIdValue[] | undefined;
      if (ownKey === undefined || keyText(ownKey) === keyText(row.key)) continue;
      return new SatelliteError(
        'CONFLICT',
        `The record of '${element.name}' with ${dataIdText(element.required, row.key)} has the ${name} ` +
          `'${String(row.values[at])}', which belongs to ${dataIdText(element.required, ownKey)}.`,
      );
    }
  }
  return undefined;
}
