/**
 * Files that came for datasets which nobody registered then: of uploads that were not committed, and of copies that failed or
 * were cancelled.  A job removes them, and gives back what was set aside for them.
 */
import type { Logger } from 'pino';
import sql from 'sql-template-tag';
import { inBatches } from '../butler/in-batches.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Job, JobKind, Jobs, Task } from '../jobs/job.ts';
import { sameSatellite, type OpenSatellite, type SatelliteDirectory } from '../satellite/satellite.ts';
import type { State, StateTables } from '../state/state.ts';
import { decompressed } from './compressed.ts';
import type { PlannedCopies } from './copy-page.ts';
import { COPY_PATHS } from './transfer-job.ts';
import type { TransferInput } from './transfer-kind.ts';
import type { Uploads } from './uploads.ts';

export const LEFT_FILES_TABLES: StateTables = {
  domain: 'left_files',
  versions: [
    [
      `CREATE TABLE {left_copies} (
         job TEXT NOT NULL PRIMARY KEY,
         owner TEXT NOT NULL,
         satellite TEXT NOT NULL,
         due_at BIGINT NOT NULL
       )`,
      `CREATE INDEX left_copies_by_age ON {left_copies} (due_at)`,
    ],
    [`ALTER TABLE {left_copies} ADD COLUMN satellite_id TEXT`],
  ],
};

export interface LeftFilesOptions {
  readonly state: State;
  readonly jobs: Pick<Jobs, 'define' | 'enqueue' | 'retry' | 'steps' | 'forgetSteps'>;
  readonly satellites: Pick<SatelliteDirectory, 'forJob' | 'byId' | 'release'>;
  readonly uploads: Pick<Uploads, 'old' | 'pathsOf' | 'forget'>;
  readonly log: Pick<Logger, 'warn'>;
}

type LeftInput = {
  /** Full name. */
  readonly satellite: string;
  /** Absent in what older gateways queued. */
  readonly satelliteId?: string | null;
  readonly of: 'upload' | 'copy';
  readonly id: string;
};

interface Due extends LeftInput {
  readonly owner: string;
  /** Unix milliseconds. */
  readonly dueAt: number;
}

/** Where a job copies to: as `TransferInput` says it. */
export type CopiedTo = Pick<TransferInput, 'to' | 'satelliteId'>;

/** How long the files of a copy that failed are kept, so that it can be started again where it stopped, ms. */
const KEPT_MS = 24 * 3_600_000;
const SWEEP_MS = 60_000;
/** When a removal is tried again that failed. */
const AGAIN_MS = 3_600_000;
const STATE_MS = 30_000;
/** Paths that are looked up in one transaction. */
const PATHS_AT_ONCE = 1000;

export class LeftFiles {
  readonly #options: LeftFilesOptions;
  /** Of a satellite's jobs one runs at a time: none that copies or ingests is at the same paths meanwhile. */
  readonly #kind: JobKind<LeftInput, { readonly files: number }>;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  /** Adds its kind of work to `jobs`. */
  constructor(options: LeftFilesOptions) {
    this.#options = options;
    this.#kind = { name: 'removeLeftFiles', isCancellable: false, run: (input, task) => this.#remove(input, task) };
    options.jobs.define(this.#kind);
  }

  /** Keeps in mind that a job has ended which may have copied files and not registered them. */
  async noteCopy(
    { id, owner, state }: Pick<Job, 'id' | 'owner' | 'state'>,
    { to, satelliteId }: CopiedTo,
  ): Promise<void> {
    const dueAt = BigInt(Date.now() + (state === 'CANCELLED' ? 0 : KEPT_MS));
    await this.#change(
      (table) => sql`INSERT INTO ${table} (job, owner, satellite, satellite_id, due_at)
        VALUES (${id}, ${owner}, ${to}, ${satelliteId ?? null}, ${dueAt})
        ON CONFLICT (job) DO UPDATE SET due_at = excluded.due_at`,
    );
  }

  /**
   * A job begins to copy to a satellite, perhaps again: what it had copied itself is not left.  What others left there goes
   * first, which may be in the way of what comes.
   */
  async beginCopy({ to, satelliteId }: CopiedTo, task: Task): Promise<void> {
    await this.#forgetCopy(task.jobId);
    const id = satelliteId ?? null;
    const left = await this.#change(
      (table) =>
        sql`SELECT job FROM ${table} WHERE satellite = ${to} AND COALESCE(satellite_id, ${id}, '') = COALESCE(${id}, '')`,
    );
    for (const [job] of left) await this.#remove({ satellite: to, satelliteId: id, of: 'copy', id: String(job) }, task);
  }

  /** To be called after the jobs' `start`. */
  start(): void {
    const sweep = () =>
      (this.#sweeping = this.#sweeping
        .then(() => this.sweep())
        .catch((err: unknown) => this.#options.log.warn({ err }, 'could not look for files that nobody registered')));
    void sweep();
    this.#timer = setInterval(() => void sweep(), SWEEP_MS).unref();
  }

  /** Fulfils when nothing is looked for any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  /** Begins to remove what is due. @param now Unix milliseconds */
  async sweep(now = Date.now()): Promise<void> {
    const { uploads, log } = this.#options;
    const old = (await uploads.old(now)).map((upload): Due => ({ ...upload, of: 'upload' }));
    for (const due of [...old, ...(await this.#dueCopies(now))]) {
      // One that fails keeps no other waiting.
      await this.#begin(due, now).catch((err: unknown) =>
        log.warn({ err, [due.of]: due.id }, 'could not begin to remove files that nobody registered'),
      );
    }
  }

  async #begin({ owner, dueAt, ...input }: Due, now: number): Promise<void> {
    const { jobs } = this.#options;
    const job = await jobs.enqueue(this.#kind, {
      owner,
      subject: `satellite:${input.satellite}`,
      input,
      idempotencyKey: `${input.of} ${input.id} ${dueAt}`,
    });
    // Such as of a satellite that was deleted, and may have come back.
    if (job.state === 'FAILED' && (job.finishedAt ?? now) < now - AGAIN_MS) await jobs.retry(job.id, owner);
  }

  async #remove({ satellite: name, satelliteId, of, id }: LeftInput, task: Task): Promise<{ readonly files: number }> {
    const { satellites, uploads, jobs } = this.#options;
    const paths = of === 'upload' ? await uploads.pathsOf(id) : await this.#pathsOfCopy(id);
    if (!paths) return { files: 0 };
    const satellite = await this.#existing(name, satelliteId);
    const ctx = { caller: { username: task.owner }, signal: task.signal };
    let files = 0;
    for (const batch of satellite ? inBatches(paths, PATHS_AT_ONCE) : []) {
      files += await satellite!.repository.removeUnrecorded(batch, ctx);
    }
    // Started again, it chooses paths anew, and sets bytes aside for them.
    if (of === 'copy') await jobs.forgetSteps(id, COPY_PATHS);
    await satellites.release(name, id);
    await (of === 'upload' ? uploads.forget(id) : this.#forgetCopy(id));
    return { files };
  }

  /**
   * Undefined where it is gone for good, and its files with it.
   * @param id undefined or null: whichever has the name
   * @throws SatelliteError CONFLICT where it may come back
   */
  async #existing(name: string, id: string | null | undefined): Promise<OpenSatellite | undefined> {
    const { satellites } = this.#options;
    if (typeof id === 'string' && !(await satellites.byId(id))) return undefined;
    try {
      return sameSatellite(await satellites.forJob(name), id);
    } catch (error) {
      if (error instanceof SatelliteError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  async #dueCopies(now: number): Promise<readonly Due[]> {
    const rows = await this.#change(
      (table) => sql`SELECT job, owner, satellite, satellite_id, due_at FROM ${table} WHERE due_at <= ${BigInt(now)}`,
    );
    return rows.map(([id, owner, satellite, satelliteId, dueAt]) => ({
      of: 'copy',
      id: String(id),
      owner: String(owner),
      satellite: String(satellite),
      satelliteId: satelliteId as string | null,
      dueAt: Number(dueAt),
    }));
  }

  /** Where a job was to copy files to; undefined where it was started again meanwhile. */
  async #pathsOfCopy(job: string): Promise<readonly string[] | undefined> {
    const noted = await this.#change((table) => sql`SELECT 1 FROM ${table} WHERE job = ${job}`);
    if (noted.length === 0) return undefined;
    const paths: string[] = [];
    for (const written of await this.#options.jobs.steps(job, COPY_PATHS)) {
      const { files } = JSON.parse(await decompressed(String(written))) as PlannedCopies;
      for (const { path, shared } of files) if (!shared) paths.push(path);
    }
    return paths;
  }

  async #forgetCopy(job: string): Promise<void> {
    await this.#change((table) => sql`DELETE FROM ${table} WHERE job = ${job}`);
  }

  async #change(statement: (table: Statement) => Statement) {
    return this.#options.state.database.transaction(
      (transaction) => transaction.all(statement(transaction.table('left_copies'))),
      AbortSignal.timeout(STATE_MS),
    );
  }
}

type Statement = ReturnType<typeof sql>;

/** When a job has ended: gives back what was set aside for it, or has what it copied and did not register removed with that. */
export function endTransfer(
  satellites: Pick<SatelliteDirectory, 'release'>,
  left: Pick<LeftFiles, 'noteCopy'>,
  mode: TransferInput['mode'] | 'NONE',
  to: CopiedTo,
  job: Job,
): Promise<void> {
  const isLeft = mode === 'COPY' && job.state !== 'COMPLETED';
  return isLeft ? left.noteCopy(job, to) : satellites.release(to.to, job.id);
}
