import type { StateTables } from '../state/state.ts';
import { FEED_STATEMENTS } from './event-feed.ts';
import { PACK_STATEMENTS, TAKEN_STATEMENTS } from './packs/pack-records.ts';
import { REFEREE_STATEMENTS } from './referee/link-records.ts';

/**
 * Publications in the state.  `publication_version` has the fields of `PublicationVersion`; `source`, `readers` and `checks`
 * are JSON.  `publication_item` is the manifest, one canonical JSON text an item: its keys are small hexadecimal digits, so
 * that every database has them in the same order.  `publication_event` is the outbox: written with the change that it tells
 * of, and delivered after it.
 */
export const PUBLICATION_TABLES: StateTables = {
  domain: 'publications',
  versions: [
    [
      `CREATE TABLE {publication} (
         id TEXT NOT NULL PRIMARY KEY,
         repository TEXT NOT NULL,
         owner TEXT NOT NULL,
         owner_group TEXT,
         owner_group_id BIGINT,
         latest BIGINT NOT NULL,
         created_at BIGINT NOT NULL
       )`,
      `CREATE INDEX publication_by_owner ON {publication} (owner, created_at)`,
      `CREATE TABLE {publication_version} (
         publication TEXT NOT NULL REFERENCES {publication} (id),
         version BIGINT NOT NULL,
         state TEXT NOT NULL,
         revision BIGINT NOT NULL,
         submitted_by TEXT NOT NULL,
         source TEXT NOT NULL,
         title TEXT NOT NULL,
         description TEXT,
         licence TEXT,
         readers TEXT NOT NULL,
         digest TEXT,
         checks TEXT NOT NULL,
         datasets BIGINT NOT NULL,
         bytes BIGINT NOT NULL,
         reason TEXT,
         claimed_by TEXT,
         claimed_until BIGINT,
         approved_by TEXT,
         approved_digest TEXT,
         restart_confirmed BIGINT NOT NULL,
         generation BIGINT,
         job TEXT,
         created_at BIGINT NOT NULL,
         submitted_at BIGINT,
         changed_at BIGINT NOT NULL,
         reminded BIGINT NOT NULL,
         PRIMARY KEY (publication, version)
       )`,
      `CREATE INDEX publication_by_state ON {publication_version} (state, changed_at)`,
      `CREATE TABLE {publication_item} (
         publication TEXT NOT NULL,
         version BIGINT NOT NULL,
         section TEXT NOT NULL,
         item TEXT NOT NULL,
         content TEXT NOT NULL,
         witness TEXT,
         PRIMARY KEY (publication, version, section, item)
       )`,
      `CREATE TABLE {publication_comment} (
         id TEXT NOT NULL PRIMARY KEY,
         publication TEXT NOT NULL REFERENCES {publication} (id),
         version BIGINT NOT NULL,
         author TEXT NOT NULL,
         at BIGINT NOT NULL,
         content TEXT NOT NULL,
         reply_to TEXT
       )`,
      `CREATE INDEX publication_comment_of ON {publication_comment} (publication, at)`,
      `CREATE TABLE {publication_event} (
         id TEXT NOT NULL PRIMARY KEY,
         at BIGINT NOT NULL,
         publication TEXT NOT NULL,
         version BIGINT NOT NULL,
         event TEXT NOT NULL,
         actor TEXT,
         detail TEXT NOT NULL
       )`,
      `CREATE INDEX publication_event_of ON {publication_event} (publication, at, id)`,
      `CREATE TABLE {publication_delivery} (
         event TEXT NOT NULL,
         webhook TEXT NOT NULL,
         attempts BIGINT NOT NULL,
         not_before BIGINT NOT NULL,
         delivered_at BIGINT,
         PRIMARY KEY (event, webhook)
       )`,
      `CREATE INDEX publication_delivery_due ON {publication_delivery} (not_before) WHERE delivered_at IS NULL`,
    ],
    [
      `ALTER TABLE {publication_version} ADD COLUMN withdrawn_by TEXT`,
      `ALTER TABLE {publication_version} ADD COLUMN gone_since BIGINT`,
    ],
    PACK_STATEMENTS,
    REFEREE_STATEMENTS,
    TAKEN_STATEMENTS,
    FEED_STATEMENTS,
  ],
};
