/** Names in the text of a schema. */
import { blake2b } from '@noble/hashes/blake2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Dialect } from '../database.ts';

/** PostgreSQL cuts names off after so many bytes. */
const POSTGRES_NAME_LENGTH = 63;

/** As stock Python shortens names of constraints, indexes and sequences. */
export function shrunk(name: string, dialect: Dialect): string {
  if (dialect === 'sqlite' || name.length <= POSTGRES_NAME_LENGTH) return name;
  const digest = bytesToHex(blake2b(new TextEncoder().encode(name), { dkLen: 4 }));
  return `${name.slice(0, POSTGRES_NAME_LENGTH - 1 - digest.length)}_${digest}`;
}

/** The sequence that counts an `auto id` column on PostgreSQL. */
export function sequenceName(table: string, column: string): string {
  return shrunk(`${table}_seq_${column}`, 'postgresql');
}

/** SQLite's key words, as SQLAlchemy quotes them: SQLite keeps the text of a table's definition as it was given. */
const SQLITE_KEY_WORDS = new Set(
  (
    'add after all alter analyze and as asc attach autoincrement before begin between by cascade case cast check ' +
    'collate column commit conflict constraint create cross current_date current_time current_timestamp database ' +
    'default deferrable deferred delete desc detach distinct drop each else end escape except exclusive exists ' +
    'explain fail false for foreign from full glob group having if ignore immediate in index indexed initially inner ' +
    'insert instead intersect into is isnull join key left like limit match natural not notnull null of offset on or ' +
    'order outer plan pragma primary query raise references reindex rename replace restrict right rollback row ' +
    'select set table temp temporary then to transaction trigger true union unique update using vacuum values view ' +
    'virtual when where'
  ).split(' '),
);

/** Quoted where it has to be on SQLite, and always on PostgreSQL, which does not keep the text. */
export function identifier(name: string, dialect: Dialect): string {
  const isPlain = /^[a-z_][a-z0-9_$]*$/.test(name) && !SQLITE_KEY_WORDS.has(name);
  return dialect === 'sqlite' && isPlain ? name : `"${name.replaceAll('"', '""')}"`;
}
