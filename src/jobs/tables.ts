import type { StateTables } from '../state/state.ts';

/** What the gateway keeps of jobs: what their owners see, where they stopped, and who works on them. */
export const JOB_TABLES: StateTables = {
  domain: 'jobs',
  versions: [
    [
      `CREATE TABLE {job} (
         id TEXT NOT NULL PRIMARY KEY,
         kind TEXT NOT NULL,
         owner TEXT NOT NULL,
         subject TEXT,
         exclusive BIGINT NOT NULL,
         idempotency_key TEXT,
         input TEXT NOT NULL,
         state TEXT NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED', 'HELD')),
         progress TEXT NOT NULL,
         error TEXT,
         result TEXT NOT NULL,
         created_at BIGINT NOT NULL,
         finished_at BIGINT,
         version BIGINT NOT NULL,
         not_before BIGINT NOT NULL,
         attempt BIGINT NOT NULL,
         failures BIGINT NOT NULL,
         leased_until BIGINT NOT NULL,
         running_subject TEXT UNIQUE,
         cancelled BIGINT NOT NULL,
         outcome TEXT,
         sealed_token TEXT,
         UNIQUE (owner, kind, idempotency_key)
       )`,
      `CREATE INDEX job_of_owner ON {job} (owner, created_at)`,
      `CREATE INDEX job_to_do ON {job} (state, created_at)`,
      `CREATE TABLE {job_step} (
         job TEXT NOT NULL REFERENCES {job} (id),
         step TEXT NOT NULL,
         result TEXT NOT NULL,
         PRIMARY KEY (job, step)
       )`,
      `CREATE TABLE {job_log} (
         job TEXT NOT NULL REFERENCES {job} (id),
         line BIGINT NOT NULL,
         at BIGINT NOT NULL,
         message TEXT NOT NULL,
         PRIMARY KEY (job, line)
       )`,
    ],
  ],
};
