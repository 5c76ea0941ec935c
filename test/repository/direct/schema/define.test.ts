import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { Universe } from '../../../../src/butler/universe.ts';
import type { Dialect } from '../../../../src/repository/direct/database.ts';
import { newAttributes } from '../../../../src/repository/direct/registry-attributes.ts';
import { calibsTable, tagsTable } from '../../../../src/repository/direct/schema/dataset-tables.ts';
import { defineTables } from '../../../../src/repository/direct/schema/define.ts';
import { repositoryTables } from '../../../../src/repository/direct/schema/static-tables.ts';
import { startPostgres } from '../../../../stack/postgres.ts';
import { runPython } from '../../../../stack/run-python.ts';

interface Group {
  readonly dimensions: readonly string[];
  readonly calibration: boolean;
  readonly key: number;
}

/** What stock Python made: the text of each table and index, by name. */
interface Stock {
  readonly texts: Readonly<Record<string, string>>;
  readonly groups: readonly Group[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** The index is the version. */
const documents = JSON.parse(
  gunzipSync(readFileSync(new URL('../../../data/universes.json.gz', import.meta.url))).toString(),
) as readonly { readonly stored: unknown; readonly rest: unknown }[];

function statements(universe: Universe, groups: readonly Group[], dialect: Dialect): readonly string[] {
  const tables = groups.flatMap(({ dimensions, calibration, key }) => {
    const group = universe.conform(dimensions);
    return calibration ? [tagsTable(group, key), calibsTable(group, key)] : [tagsTable(group, key)];
  });
  return defineTables([...repositoryTables(universe), ...tables], dialect);
}

describe('on SQLite, all tables and indexes have the text that stock Butler gives them', () => {
  let stock: readonly Stock[];
  beforeAll(async () => {
    stock = JSON.parse(await runPython('test/oracle/schemas.py', [])) as readonly Stock[];
  });

  test.each(documents.map((document, version) => ({ version, ...document })))(
    'universe $version, as a repository stores it and as a server gives it',
    ({ version, stored, rest }) => {
      for (const document of [stored, rest]) {
        const { groups, texts } = stock[version]!;
        const database = new Sqlite(':memory:');
        const all = statements(Universe.fromJson(document), groups, 'sqlite');
        for (const statement of [...all, ...all]) database.exec(statement); // what is there stays as it is
        const made = database.prepare('SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL').raw().all();
        database.close();
        expect(Object.fromEntries(made as [string, string][])).toEqual(texts);
      }
    },
  );

  test('and the attributes say the same', () => {
    const { attributes } = stock[8]!;
    const made = Object.fromEntries(newAttributes(Universe.fromJson(documents[8]!.stored)));
    const parsed = ({ 'config:dimensions.json': json, ...rest }: Readonly<Record<string, string>>) => [
      rest,
      JSON.parse(json!) as unknown,
    ];
    expect(parsed(made)).toEqual(parsed(attributes));
  });
});

/** Everything in a schema as the server itself describes it, without the schema's name. */
const catalog = (schema: string) => `
  SELECT format('%s %s.%s %s %s %s %s', c.relkind, c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
      pg_get_expr(d.adbin, d.adrelid)) || COALESCE(col_description(c.oid, a.attnum), '') || COALESCE(obj_description(c.oid, 'pg_class'), '') AS it
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = '${schema}'::regnamespace AND a.attnum > 0
  UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = '${schema}'::regnamespace
  UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = '${schema}'
  UNION ALL SELECT format('%s %s %s %s %s %s %s', sequencename, data_type, start_value, min_value, max_value, increment_by, cache_size)
    FROM pg_sequences WHERE schemaname = '${schema}'
  ORDER BY 1`;

test('on PostgreSQL, the catalog is that of a repository made by stock Butler', async () => {
  await using server = await startPostgres();
  const url = await server.createDatabase();
  const groups = JSON.parse(await runPython('test/oracle/schemas.py', [url])) as readonly Group[];
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const keys = await client.query<{ name: string; key: number }>(
      'SELECT name, dimensions_key::int AS key FROM stock.dataset_type',
    );
    const keyOf = new Map(keys.rows.map(({ name, key }) => [name, key]));
    const withKeys = groups.map((group) => ({
      ...group,
      key: keyOf.get([group.calibration ? 'calibration' : 'plain', ...group.dimensions].join('_'))!,
    }));
    await client.query('CREATE SCHEMA ours; SET search_path = ours');
    for (const statement of statements(Universe.fromJson(documents[8]!.rest), withKeys, 'postgresql')) {
      await client.query(statement);
    }
    const describe = async (schema: string) => {
      await client.query(`SET search_path = ${schema}`);
      const { rows } = await client.query<{ it: string }>(catalog(schema));
      return rows.map(({ it }) => it.replaceAll(`${schema}.`, ''));
    };
    const stock = await describe('stock');
    expect(stock.length).toBeGreaterThan(800);
    expect(await describe('ours')).toEqual(stock);
  } finally {
    await client.end();
  }
});
