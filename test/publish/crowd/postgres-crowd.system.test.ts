import pg from 'pg';
import { afterAll } from 'vitest';
import { startPostgres, type Postgres } from '../../../stack/postgres.ts';
import { describeCrowd } from './crowd-contract.ts';

const TABLES = `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables
  WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`;

let postgres: Postgres | undefined;
const databases: string[] = [];
afterAll(() => postgres?.stop());

async function database(): Promise<string> {
  postgres ??= await startPostgres();
  const url = await postgres.createDatabase();
  databases.push(url);
  return url;
}

async function rowsOf(connectionString: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const valuesOf = async (text: string) =>
      (await client.query<[string]>({ text, rowMode: 'array' })).rows.map(([value]) => value);
    const rows: string[] = [];
    for (const table of await valuesOf(TABLES)) rows.push(...(await valuesOf(`SELECT t::text FROM ${table} AS t`)));
    return rows;
  } finally {
    await client.end();
  }
}

describeCrowd('PostgreSQL', {
  state: database,
  published: async () => {
    const url = await database();
    return { dialect: 'postgresql', url, publicUrl: url, namespace: 'public' };
  },
  rows: async () => (await Promise.all(databases.map(rowsOf))).flat().join('\n'),
});
