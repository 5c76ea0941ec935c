/** Dataset UUIDs as registries store them: 32 hex digits in SQLite, a `uuid` in PostgreSQL. */
import sql, { type Sql } from 'sql-template-tag';
import type { Dialect } from './database.ts';
import { UUID } from '../../butler/uuid.ts';

/** The text in lower case, if it is a UUID. */
export function validUuid(text: string): string | undefined {
  const lower = text.toLowerCase();
  return UUID.test(lower) ? lower : undefined;
}

/** Those of the texts that are UUIDs, lower case, each once. */
export function validUuids(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.flatMap((text) => validUuid(text) ?? []))];
}

/** Lower case, with dashes. */
export function uuidFromStored(stored: string): string {
  if (stored.length !== 32) return stored;
  const part = (from: number, to: number) => stored.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
}

/**
 * Whether a UUID column holds one of these: one parameter however many they are, so that the statement stays the same.
 * @param column from a trusted source
 */
export function isOneOf(dialect: Dialect, column: Sql, uuids: readonly string[]): Sql {
  return dialect === 'sqlite'
    ? sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(uuids.map((uuid) => uuid.replaceAll('-', '')))}))`
    : sql`${column} = ANY (CAST(${`{${uuids.join(',')}}`} AS uuid[]))`;
}

/** @param uuid lower case, with dashes */
export function storedUuid(dialect: Dialect, uuid: string): string {
  return dialect === 'sqlite' ? uuid.replaceAll('-', '') : uuid;
}
