/** What PostgreSQL's error codes mean to those who write. */
import { SatelliteError } from '../../../butler/errors.ts';
import { ConstraintError } from '../database.ts';
import type { PostgresConnections } from './connections.ts';

const CONSTRAINTS: Readonly<Record<string, ConstraintError['kind']>> = {
  '23505': 'unique',
  '23503': 'foreign key',
  '23514': 'check',
  '23502': 'not null',
  '22001': 'check', // too long for its column, where SQLite has a check of the length
};

/** Serialization failure, deadlock, and a table or sequence that another made at the same moment. */
const GIVEN_UP = new Set(['40001', '40P01', '42P07', '42710']);

/** Whether the same transaction can succeed when it is run again: the database preferred another one. */
export function isGivenUp(error: unknown): boolean {
  const { code, constraint, schema } = driverError(error);
  // Two that make one table meet in the catalog before they meet in its name.
  return GIVEN_UP.has(code) || (code === '23505' && (schema === 'pg_catalog' || constraint.startsWith('pg_')));
}

/** The error that callers see; what did not come from the driver stays as it is. */
export function databaseError(connections: PostgresConnections, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof SatelliteError || error instanceof ConstraintError) return error;
  const { code } = driverError(error);
  const kind = CONSTRAINTS[code];
  if (kind && !isGivenUp(error)) return new ConstraintError(kind, { cause: error });
  if (code === '55P03')
    return connections.unavailable('is being written to and stayed locked; try again later.', error, 5);
  if (code === '42501') {
    return connections.unavailable(
      'may not be written to by the gateway; check the rights of its database role.',
      error,
    );
  }
  if (isConnectionLost(code, error)) return connections.unavailable('lost its database; try again.', error, 5);
  return code === ''
    ? error
    : connections.unavailable(`could not be written to: its database reported ${code}.`, error);
}

/** Classes 08 (connection) and 57P (shutdown); the driver itself gives no code where the other end has gone. */
function isConnectionLost(code: string, error: Error): boolean {
  return /^(08|57P|ECONN|EPIPE|ETIMEDOUT)/.test(code) || /^Connection terminated|not queryable/.test(error.message);
}

function driverError(error: unknown): { code: string; constraint: string; schema: string } {
  const { code, constraint, schema } = (error ?? {}) as { code?: unknown; constraint?: unknown; schema?: unknown };
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return { code: text(code), constraint: text(constraint), schema: text(schema) };
}
