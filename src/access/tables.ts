/** The tables of grants and of the audit in the state, and how they came to be. */
import type { StateTables } from '../state/state.ts';
import { AUDIT_STATEMENTS } from './audit.ts';

export const ACCESS_TABLES: StateTables = {
  domain: 'access',
  versions: [
    [
      // `collection` and `subject` are empty for all of it, and for all users.
      `CREATE TABLE {access_grant} (
         id TEXT NOT NULL PRIMARY KEY,
         resource TEXT NOT NULL,
         collection TEXT NOT NULL,
         subject_kind TEXT NOT NULL,
         subject TEXT NOT NULL,
         group_id BIGINT,
         access_right TEXT NOT NULL,
         granted_by TEXT NOT NULL,
         granted_at BIGINT NOT NULL,
         expires_at BIGINT,
         note TEXT,
         revoked_at BIGINT
       )`,
      `CREATE INDEX access_grant_by_subject ON {access_grant} (subject_kind, subject) WHERE revoked_at IS NULL`,
      `CREATE INDEX access_grant_by_group ON {access_grant} (group_id) WHERE revoked_at IS NULL`,
      `CREATE INDEX access_grant_by_resource ON {access_grant} (resource, collection) WHERE revoked_at IS NULL`,
      `CREATE TABLE {access_revision} (id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1), revision BIGINT NOT NULL)`,
      `INSERT INTO {access_revision} (id, revision) VALUES (1, 0)`,
      ...AUDIT_STATEMENTS,
    ],
    [
      // What a revoked grant waits for, with which it may come back.
      `ALTER TABLE {access_grant} ADD COLUMN suspended_for TEXT`,
      `CREATE INDEX access_grant_by_suspension ON {access_grant} (suspended_for) WHERE suspended_for IS NOT NULL`,
    ],
  ],
};
