/** The rows by which spatial searches preselect are those of each record's region. */
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { htmEnvelope } from '../../../butler/region/envelope.ts';
import { decodeRegionText } from '../../../butler/region/codec.ts';
import type { DimensionElement } from '../../../butler/universe.ts';
import { dialectOf } from '../compile/dialect.ts';
import type { SqlRow, SqlValue, Transaction } from '../database.ts';
import type { Fault } from './finding.ts';
import type { Verified } from './subject.ts';

const quote = (name: string): Sql => raw(`"${name.replaceAll('"', '""')}"`);

export async function* overlapFaults(verified: Verified, signal: AbortSignal): AsyncGenerator<Fault> {
  const { database, registry } = verified;
  const level = Number(registry.universe.commonSkypix.slice('htm'.length));
  for (const element of registry.universe.elements) {
    if (element.spatialFamily === undefined || element.skypix || !element.hasTable) continue;
    const keys = element.required.map((name) => keyColumn(element, name));
    const records = sql`SELECT ${join(keys.map(quote))}, region FROM ${database.table(element.name)} WHERE region IS NOT NULL`;
    for await (const rows of database.stream(records, signal)) {
      const stored = await storedPixels(verified, element, level, rows, signal);
      for (const row of rows) {
        const key = row.slice(0, -1);
        const expected = pixelsOf(row.at(-1) as string, level);
        const found = stored.get(JSON.stringify(key.map(String))) ?? [];
        if (found.length === expected.length && found.every((pixel, i) => pixel === expected[i])) continue;
        yield {
          kind: 'OVERLAP_ROWS_WRONG',
          uuid: null,
          message: `Spatial searches miss or misplace ${element.name} ${describe(element, key)}: its overlap rows are not those of its region.`,
          repair: () => database.transaction((t) => replaceOverlaps(t, element, level, key, expected), signal),
        };
      }
    }
  }
}

/** Pixels of records, ascending, by the JSON of their keys' texts. */
async function storedPixels(
  { database }: Verified,
  element: DimensionElement,
  level: number,
  rows: readonly SqlRow[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const types = element.required.map((name) => ({ name, type: typeOf(rows[0]![element.required.indexOf(name)]!) }));
  const wanted = dialectOf(database.dialect).rows(
    'wanted',
    types,
    rows.map((row) => row.slice(0, -1) as (string | number | bigint)[]),
  );
  const same = element.required.map((name) => sql`o.${quote(name)} = wanted.${quote(name)}`);
  const found = await database.all(
    sql`SELECT ${join(element.required.map((name) => sql`o.${quote(name)}`))}, o.skypix_index
      FROM ${wanted} JOIN ${database.table(`${element.name}_skypix_overlap`)} AS o ON ${join(same, ' AND ')}
      WHERE o.skypix_system = 'htm' AND o.skypix_level = ${level} ORDER BY o.skypix_index`,
    signal,
  );
  const pixels = new Map<string, number[]>();
  for (const row of found) {
    const key = JSON.stringify(row.slice(0, -1).map(String));
    const known = pixels.get(key);
    if (known) known.push(Number(row.at(-1)));
    else pixels.set(key, [Number(row.at(-1))]);
  }
  return pixels;
}

function pixelsOf(region: string, level: number): readonly number[] {
  return htmEnvelope(decodeRegionText(region), level).flatMap(({ begin, end }) =>
    Array.from({ length: end - begin }, (_, i) => begin + i),
  );
}

async function replaceOverlaps(
  transaction: Transaction,
  element: DimensionElement,
  level: number,
  key: readonly SqlValue[],
  pixels: readonly number[],
): Promise<void> {
  const table = `${element.name}_skypix_overlap`;
  const same = element.required.map((name, i) => sql`${quote(name)} = ${key[i]!}`);
  await transaction.run(
    sql`DELETE FROM ${transaction.table(table)}
      WHERE skypix_system = 'htm' AND skypix_level = ${level} AND ${join(same, ' AND ')}`,
  );
  await transaction.insert({
    table,
    columns: ['skypix_system', 'skypix_level', ...element.required, 'skypix_index'],
    rows: pixels.map((pixel) => ['htm', level, ...key, pixel]),
  });
}

/** The name of a required dimension's column in the element's own table. */
function keyColumn(element: DimensionElement, dimension: string): string {
  return dimension === element.name ? element.primaryKey!.name : dimension;
}

function typeOf(value: SqlValue): 'int' | 'string' {
  return typeof value === 'string' ? 'string' : 'int';
}

function describe(element: DimensionElement, key: readonly SqlValue[]): string {
  return `{${element.required.map((name, i) => `${name}: ${String(key[i])}`).join(', ')}}`;
}
