import type { StateTables } from '../state/state.ts';

/**
 * What the gateway keeps of jobs: what their owners see, where they stopped, and who works on them.  Beside the fields of
 * `Job` a job has
 * - `lane`, where it waits for a place (`Lane`);
 * - `version`, which grows with every change that watchers are told of;
 * - `not_before`, the time of its next try while it is QUEUED;
 * - `attempt`, the fence (`claim.ts`), and `leased_until`, when it may be taken over;
 * - `failures` since the last step that was completed;
 * - `running_subject`, its subject while it runs and is exclusive: unique, so that one runs after the other;
 * - `cancelled`, 1 where whoever works on it shall stop;
 * - `outcome`, the state that it ends in, while it is not seen yet to have ended;
 * - `held_for`, what lets it go on by itself while it is HELD (`HeldFor`), and `looked_at`, when that was looked for last;
 * - `refused_tokens`, keyed digests of tokens that it was refused with, as a JSON array.
 */
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
    [
      `ALTER TABLE {job} ADD COLUMN held_for TEXT`,
      `ALTER TABLE {job} ADD COLUMN looked_at BIGINT NOT NULL DEFAULT 0`,
      `ALTER TABLE {job} ADD COLUMN refused_tokens TEXT NOT NULL DEFAULT '[]'`,
      `CREATE INDEX job_held ON {job} (held_for, looked_at)`,
    ],
    [
      `ALTER TABLE {job} ADD COLUMN lane TEXT NOT NULL DEFAULT 'short'`,
      // As their kinds say it of what is queued from now on.
      `UPDATE {job} SET lane = 'run' WHERE kind IN ('buildRun', 'executeRun')`,
      `UPDATE {job} SET lane = 'bulk' WHERE kind IN ('submitPublication', 'approvePublication', 'transferRun')
         OR (kind IN ('transferDatasets', 'transferRunInputs') AND input LIKE '%"mode":"COPY"%')`,
      // Plans were kept with their conflicts, and are without any now: of such a transfer all pages are planned again.
      `DELETE FROM {job_step} WHERE step LIKE '%plan:%' AND (job, RTRIM(step, '0123456789')) IN (
         SELECT job, RTRIM(step, '0123456789') FROM {job_step}
         WHERE step LIKE '%plan:%' AND result LIKE '%"conflicts":["%'
       )`,
    ],
  ],
};
