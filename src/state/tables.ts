/** Versions of the state's tables: brought up to date by whichever gateway comes first, one at a time. */
import sql from 'sql-template-tag';
import { SatelliteError } from '../butler/errors.ts';
import type { Transaction, WriteableDatabase } from '../repository/direct/database.ts';
import type { StateTables } from './state.ts';

/** What `openState` itself needs. */
export const STATE_TABLES: StateTables = {
  domain: 'state',
  versions: [
    [
      `CREATE TABLE {gateway_secret} (id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL)`,
      `CREATE TABLE {lease} (
         resource TEXT NOT NULL PRIMARY KEY,
         token BIGINT NOT NULL,
         holder TEXT,
         expires_at BIGINT NOT NULL
       )`,
    ],
  ],
};

/** Any number, as long as nothing else in the database takes it: PostgreSQL's lock for changes of our tables. */
const MIGRATION_LOCK = 7_283_456_120_914;

/** Makes the schema of the state in PostgreSQL, where an administrator has not. */
export async function prepareSchema(database: WriteableDatabase, schema: string, signal: AbortSignal): Promise<void> {
  await database.transaction(async (transaction) => {
    await lockTables(transaction);
    const [row] = await transaction.all(sql`SELECT to_regnamespace(${schema}) IS NULL`);
    if (row![0] === true) await transaction.define([`CREATE SCHEMA ${schema}`]);
  }, signal);
}

/**
 * Makes the tables of a domain, or brings them to the version that the code knows.  Several gateways may do so at once.
 * @throws SatelliteError CONFLICT where they are of a newer version than the code
 */
export async function prepareTables(
  database: WriteableDatabase,
  tables: StateTables,
  signal: AbortSignal,
): Promise<void> {
  const versionTable = database.table('state_version');
  await database.transaction(async (transaction) => {
    await lockTables(transaction);
    await transaction.define([
      `CREATE TABLE IF NOT EXISTS ${versionTable.sql} (domain TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)`,
    ]);
    const [row] = await transaction.all(sql`SELECT version FROM ${versionTable} WHERE domain = ${tables.domain}`);
    const version = Number(row?.[0] ?? 0);
    if (version > tables.versions.length) throw newerState(tables.domain);
    if (version === tables.versions.length) return;
    for (const step of tables.versions.slice(version)) {
      const statements = typeof step === 'function' ? step(transaction.dialect) : step;
      await transaction.define(statements.map((statement) => withTables(statement, transaction)));
    }
    await transaction.run(
      sql`INSERT INTO ${versionTable} (domain, version)
          VALUES (${tables.domain}, CAST(${tables.versions.length} AS BIGINT))
          ON CONFLICT (domain) DO UPDATE SET version = excluded.version`,
    );
  }, signal);
}

/** Waits for another gateway that changes tables; on SQLite the transaction itself did. */
async function lockTables(transaction: Transaction): Promise<void> {
  if (transaction.dialect === 'sqlite') return;
  await transaction.all(sql`SELECT pg_advisory_xact_lock(CAST(${MIGRATION_LOCK} AS BIGINT))`);
}

/** The statement with a table's full name for each `{name}`. */
function withTables(statement: string, transaction: Transaction): string {
  return statement.replace(/\{(\w+)\}/g, (_placeholder, name: string) => transaction.table(name).sql);
}

function newerState(domain: string): SatelliteError {
  return new SatelliteError(
    'CONFLICT',
    `The gateway's state was written by a newer version ('${domain}'): start that version, or restore the state from before it.`,
  );
}
