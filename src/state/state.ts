/**
 * The gateway's own records: satellites, leases, jobs, later grants, publications and audit.
 * SQLite for one gateway, PostgreSQL for several.
 */
import type { Dialect, WriteableDatabase } from '../repository/direct/database.ts';
import type { GatewaySecret } from './secret.ts';

/**
 * Tables of one domain.  Statements are portable between both databases (TEXT, BIGINT, PRIMARY KEY, CHECK; no AUTOINCREMENT,
 * times as BIGINT Unix milliseconds, JSON as TEXT); `{name}` stands for a table with its schema.
 */
export interface StateTables {
  /** Such as `satellites`; recorded with its version. */
  readonly domain: string;
  /** One entry a version: what leads from the version before to it; a function where the databases say it differently. */
  readonly versions: readonly (readonly string[] | ((dialect: Dialect) => readonly string[]))[];
}

export interface State {
  readonly database: WriteableDatabase;
  /** For what must not be kept in clear, and for keys that all replicas of the gateway share. */
  readonly secret: GatewaySecret;
  /** PostgreSQL's address, for an engine that keeps tables of its own beside ours; undefined on SQLite. */
  readonly postgresUrl: string | undefined;
  close(): Promise<void>;
}
