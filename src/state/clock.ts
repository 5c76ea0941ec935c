/** The database's clock, which all gateways on one state share, however wrong their own are. */
import { raw, type Sql } from 'sql-template-tag';
import type { Dialect } from '../repository/direct/database.ts';

/** An SQL expression: Unix milliseconds at this statement. */
export function databaseNow(dialect: Dialect): Sql {
  return raw(
    dialect === 'sqlite'
      ? `CAST(unixepoch('subsec') * 1000 AS INTEGER)`
      : `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`,
  );
}
