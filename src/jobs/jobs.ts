/** The gateway's jobs on its state: SQLite with a queue of its own, PostgreSQL with pg-boss and any number of gateways. */
import { pino, type Logger } from 'pino';
import { SatelliteError } from '../butler/errors.ts';
import type { State } from '../state/state.ts';
import { prepareTables } from '../state/tables.ts';
import type { BossQueue } from './boss-queue.ts';
import { Claiming } from './claiming.ts';
import type { Job, JobKind, Jobs, JobState, Json, Lane, NewJob } from './job.ts';
import { HeldJobs } from './held-jobs.ts';
import { JobRecords, tokenPurpose, UNABORTED, type JobRecord } from './records.ts';
import type { JobQueue, Places } from './queue.ts';
import { TableQueue } from './table-queue.ts';
import { JOB_TABLES } from './tables.ts';
import { Watcher } from './watcher.ts';
import { JobWorker, type BackOff } from './worker.ts';

const DAY_MILLISECONDS = 86_400_000;

export interface JobsOptions {
  /** Jobs of each lane that run at the same time in this process; of one owner, one less. @default 4 */
  readonly concurrency?: number;
  /** Those of the lane `run`. @default 4 */
  readonly runConcurrency?: number;
  /** How long a job stays with a process that is not heard of. @default 15 000 */
  readonly leaseMilliseconds?: number;
  /** How often what other processes did is looked for. @default 1000 */
  readonly pollMilliseconds?: number;
  /** How often progress is written at most. @default 500 */
  readonly progressMilliseconds?: number;
  /** How often the rights of the owner of a running job are checked, beside before each step. @default 30 000 */
  readonly rightsMilliseconds?: number;
  /** How often HELD jobs are looked through for those whose owner has the rights again. @default 60 000 */
  readonly heldMilliseconds?: number;
  /** @default from 1 s to 5 min */
  readonly backOff?: BackOff;
  /** How long `close` waits for steps to end before it aborts them. @default 10 000 */
  readonly drainMilliseconds?: number;
  /** How long jobs are kept after their end. @default 90 days */
  readonly rememberMilliseconds?: number;
  /** @default one that is silent */
  readonly log?: Logger;
}

/** Jobs on a state; nothing is done before the first call, and no work before `start`. */
export async function createJobs(state: State, options: JobsOptions = {}): Promise<Jobs> {
  const boss = state.postgresUrl === undefined ? undefined : await import('./boss-queue.ts');
  return new StateJobs(state, options, boss?.BossQueue);
}

class StateJobs implements Jobs {
  readonly #state: State;
  readonly #records: JobRecords;
  readonly #claiming: Claiming;
  readonly #queue: JobQueue;
  readonly #worker: JobWorker;
  readonly #watcher: Watcher<JobRecord>;
  readonly #held: HeldJobs;
  readonly #kinds = new Map<string, JobKind>();
  readonly #places: readonly Places[];
  readonly #drainMilliseconds: number;
  readonly #rememberMilliseconds: number;
  readonly #log: Logger;
  #forgetting: NodeJS.Timeout | undefined;
  #ready: Promise<void> | undefined;

  /** @param Boss the queue of a state in PostgreSQL */
  constructor(state: State, options: JobsOptions, Boss: typeof BossQueue | undefined) {
    const {
      concurrency = 4,
      runConcurrency = 4,
      leaseMilliseconds = 15_000,
      pollMilliseconds = 1000,
      progressMilliseconds = 500,
    } = options;
    const { backOff = { firstMilliseconds: 1000, mostMilliseconds: 300_000 }, drainMilliseconds = 10_000 } = options;
    const { rememberMilliseconds = 90 * DAY_MILLISECONDS, log = pino({ level: 'silent' }) } = options;
    const { rightsMilliseconds = 30_000, heldMilliseconds = 60_000 } = options;
    this.#state = state;
    const concurrencies = { short: concurrency, bulk: concurrency, run: runConcurrency } as const;
    this.#places = Object.entries(concurrencies).map(([lane, most]) => ({
      lane: lane as Lane,
      concurrency: most,
      perOwner: Math.max(1, most - 1),
    }));
    this.#drainMilliseconds = drainMilliseconds;
    this.#rememberMilliseconds = rememberMilliseconds;
    this.#log = log;
    this.#records = new JobRecords(state);
    this.#claiming = new Claiming(state.database, leaseMilliseconds);
    this.#watcher = new Watcher(
      async (ids) =>
        (await this.#records.read(ids)).map((record) => ({ id: record.job.id, version: record.version, record })),
      pollMilliseconds,
      log,
    );
    this.#queue =
      state.postgresUrl === undefined || !Boss
        ? new TableQueue(this.#claiming, pollMilliseconds, log)
        : new Boss(state.postgresUrl, this.#claiming, {
            connections: this.#places.reduce((sum, { concurrency: of }) => sum + of, 0),
            ...{ leaseMilliseconds, pollMilliseconds, log },
          });
    this.#worker = new JobWorker(this.#kinds, this.#queue, {
      leaseMilliseconds,
      progressMilliseconds,
      rightsMilliseconds,
      backOff,
      log,
      changed: (id) => this.#watcher.changed(id),
      unseal: (id, sealed) => state.secret.unseal(tokenPurpose(id), sealed),
      digest: (token) => this.#records.digest(token),
    });
    this.#held = new HeldJobs({
      kinds: this.#kinds,
      records: this.#records,
      goOn: async (id, token) => void (await this.#requeue(id, token, ['HELD'])),
      milliseconds: heldMilliseconds,
      log,
    });
  }

  define<Input extends Json, Result extends Json>(kind: JobKind<Input, Result>): void {
    // Input comes back as it was enqueued: only `enqueue` with the same kind writes it.
    this.#kinds.set(kind.name, kind);
  }

  async start(): Promise<void> {
    await this.#prepared();
    await this.#records.forget(this.#rememberMilliseconds);
    this.#forgetting = setInterval(() => void this.#forget(), DAY_MILLISECONDS).unref();
    const kinds = [...this.#kinds.keys()];
    if (kinds.length > 0) await this.#queue.start(this.#places, kinds, (claim) => this.#worker.work(claim));
    this.#held.start();
  }

  async enqueue<Input extends Json>(kind: JobKind<Input>, job: NewJob<Input>): Promise<Job> {
    await this.#prepared();
    const added = await this.#state.database.transaction(async (transaction) => {
      const { job: record, queuedBy, isNew } = await this.#records.add(transaction, kind, job);
      if (isNew) await this.#queue.offer(transaction, record, queuedBy, 0);
      return record;
    }, UNABORTED);
    this.#queue.wake();
    return added;
  }

  async find(id: string, owner: string): Promise<Job | null> {
    await this.#prepared();
    return (await this.#records.find(id, owner))?.job ?? null;
  }

  async withKey(kind: string, owner: string, idempotencyKey: string): Promise<Job | null> {
    await this.#prepared();
    return this.#records.withKey(kind, owner, idempotencyKey);
  }

  async list(owner: string, filter: { readonly subject?: string; readonly first: number }): Promise<readonly Job[]> {
    await this.#prepared();
    return this.#records.list(owner, filter);
  }

  async atWork(subject: string): Promise<readonly Job[]> {
    await this.#prepared();
    return this.#records.atWork(subject);
  }

  async log(id: string, owner: string): Promise<readonly { readonly at: number; readonly message: string }[]> {
    await this.#prepared();
    return this.#records.log(id, owner);
  }

  async cancel(id: string, owner: string): Promise<Job> {
    const { kind } = await this.#existing(id, owner);
    if (this.#kinds.get(kind)?.isCancellable === false) {
      throw new SatelliteError('CONFLICT', `What '${kind}' does was decided, and its job cannot be cancelled.`);
    }
    const { claim, asked } = await this.#state.database.transaction(async (transaction) => {
      const claim = await this.#claiming.claimToCancel(transaction, id);
      return { claim, asked: !claim && (await this.#records.askToStop(transaction, id)) };
    }, UNABORTED);
    if (claim) await this.#worker.work(claim);
    if (asked) this.#worker.cancel(id);
    return this.#existing(id, owner);
  }

  async retry(id: string, owner: string, token?: string): Promise<Job> {
    const { kind, state } = await this.#existing(id, owner);
    if (state === 'FAILED' || state === 'CANCELLED') {
      for (const prefix of this.#kinds.get(kind)?.redoneSteps ?? []) await this.#records.forgetSteps(id, prefix);
    }
    const isQueued = await this.#requeue(id, token, ['FAILED', 'CANCELLED', 'HELD']);
    const job = await this.#existing(id, owner);
    if (isQueued || job.state !== 'COMPLETED') return job;
    throw new SatelliteError(
      'CONFLICT',
      'The job is COMPLETED: only one that FAILED, was CANCELLED or is HELD can be started again.',
    );
  }

  async resume(owner: string, token: string | undefined): Promise<void> {
    await this.#prepared();
    await this.#held.resume(owner, token);
  }

  async *watch(id: string, owner: string, signal: AbortSignal): AsyncGenerator<Job, void> {
    await this.#existing(id, owner);
    for await (const { job } of this.#watcher.changes(id, signal)) {
      yield job;
      if (job.finishedAt !== null) return;
    }
  }

  tokenOf(id: string): string | undefined {
    return this.#worker.tokenOf(id);
  }

  async tokenFor(id: string, owner: string): Promise<string | undefined> {
    if (!(await this.find(id, owner))) return undefined;
    const known = this.#worker.tokenOf(id);
    if (known !== undefined) return known;
    await this.#prepared();
    const sealed = await this.#records.sealedToken(id);
    return sealed === null ? undefined : this.#state.secret.unseal(tokenPurpose(id), sealed);
  }

  async steps(id: string, prefix: string): Promise<readonly Json[]> {
    await this.#prepared();
    return this.#records.steps(id, prefix);
  }

  async forgetSteps(id: string, prefix: string): Promise<void> {
    await this.#prepared();
    await this.#records.forgetSteps(id, prefix);
  }

  async counts(): Promise<Readonly<Record<'QUEUED' | 'RUNNING' | 'HELD', number>>> {
    await this.#prepared();
    return this.#records.counts();
  }

  async close(): Promise<void> {
    clearInterval(this.#forgetting);
    await this.#held.close();
    this.#worker.drain();
    const closed = this.#queue.close();
    const timer = setTimeout(() => this.#worker.stop(), this.#drainMilliseconds);
    await closed;
    clearTimeout(timer);
  }

  /** @returns whether it was in one of the states */
  async #requeue(id: string, token: string | undefined, from: readonly JobState[]): Promise<boolean> {
    const queued = await this.#state.database.transaction(async (transaction) => {
      const again = await this.#records.requeue(transaction, id, token, from);
      if (again) await this.#queue.offer(transaction, again.job, again.queuedBy, 0);
      return again !== undefined;
    }, UNABORTED);
    this.#queue.wake();
    this.#watcher.changed(id);
    return queued;
  }

  async #forget(): Promise<void> {
    await this.#records
      .forget(this.#rememberMilliseconds)
      .catch((err: unknown) => this.#log.warn({ err }, 'could not remove old jobs'));
  }

  #prepared(): Promise<void> {
    this.#ready ??= (async () => {
      await prepareTables(this.#state.database, JOB_TABLES, UNABORTED);
      await this.#queue.prepare();
    })().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #existing(id: string, owner: string): Promise<Job> {
    const job = await this.find(id, owner);
    if (!job) throw new SatelliteError('NOT_FOUND', `There is no job '${id}' of yours.`);
    return job;
  }
}
