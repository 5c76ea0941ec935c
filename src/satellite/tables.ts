/** The tables of satellites in the state, and how they came to be. */
import type { StateTables } from '../state/state.ts';
import { MADE_FROM_TABLE } from './made-from.ts';

/** One that is to take the place of another has the name only when it does. */
export const HOLDS_NAME = `state <> 'DELETED' AND (state <> 'CREATING' OR replaces IS NULL)`;

export const SATELLITE_TABLES: StateTables = {
  domain: 'satellites',
  versions: [
    [
      `CREATE TABLE {satellite} (
         id TEXT NOT NULL PRIMARY KEY,
         owner TEXT NOT NULL,
         name TEXT NOT NULL,
         owner_group TEXT,
         official TEXT NOT NULL,
         database_kind TEXT NOT NULL,
         artifacts TEXT NOT NULL,
         state TEXT NOT NULL,
         quota_bytes BIGINT,
         capability_urls BIGINT NOT NULL,
         capability_version BIGINT NOT NULL,
         created_at BIGINT NOT NULL,
         deleted_at BIGINT,
         purge_at BIGINT,
         unfinished TEXT,
         unfinished_since BIGINT,
         plan TEXT,
         replaces TEXT,
         request TEXT NOT NULL,
         idempotency_key TEXT,
         job TEXT,
         released BIGINT NOT NULL DEFAULT 0
       )`,
      `CREATE UNIQUE INDEX satellite_unq_name ON {satellite} (owner, name) WHERE ${HOLDS_NAME}`,
      `CREATE UNIQUE INDEX satellite_unq_idempotency_key ON {satellite} (owner, idempotency_key)`,
      `CREATE TABLE {satellite_reservation} (
         satellite TEXT NOT NULL REFERENCES {satellite} (id) ON DELETE CASCADE,
         job TEXT NOT NULL,
         bytes BIGINT NOT NULL,
         PRIMARY KEY (satellite, job)
       )`,
    ],
    [
      `ALTER TABLE {satellite} ADD COLUMN owner_group_id BIGINT`,
      `CREATE INDEX satellite_by_group ON {satellite} (owner_group)`,
      `CREATE INDEX satellite_by_group_id ON {satellite} (owner_group_id)`,
    ],
    [
      MADE_FROM_TABLE,
      // SQLite needs the condition to tell what ON belongs to.
      `INSERT INTO {made_from} (satellite, satellite_id, source)
       SELECT owner || '~' || name, id, official FROM {satellite} WHERE true ON CONFLICT DO NOTHING`,
    ],
  ],
};
