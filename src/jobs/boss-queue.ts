/**
 * The queue of several gateways: pg-boss on the state's PostgreSQL.  It brings each queued job to one gateway, and to another
 * when the first is not heard of; the fence is our own (`claim.ts`), as pg-boss has none.
 */
import { PgBoss, type Db } from 'pg-boss';
import type { Logger } from 'pino';
import { Sql } from 'sql-template-tag';
import type { SqlValue, Transaction } from '../repository/direct/database.ts';
import type { Claiming } from './claiming.ts';
import type { Job, Lane } from './job.ts';
import type { JobQueue, Places, QueuedBy, Work } from './queue.ts';

const SCHEMA = 'satellite_queue';
const QUEUES: Readonly<Record<Lane, string>> = { short: 'jobs', bulk: 'bulk-jobs', run: 'long-jobs' };

/** The shortest heartbeat that pg-boss takes. */
const LEAST_HEARTBEAT_SECONDS = 10;
/** The shortest pause between two looks that pg-boss takes. */
const LEAST_POLLING_SECONDS = 0.5;
/** How often gateways that are not heard of are looked for. */
const MONITOR_SECONDS = 2;
/**
 * When a job is offered again that could not be claimed (a lease has not ended, a job of another lane is at its subject, or
 * the gateway does not know its kind): first and at most, doubled in between, so that it does not take the place of others for
 * ever.
 */
const AGAIN_SECONDS = { first: 1, most: 10 };
/** pg-boss's longest; beyond it a second delivery waits until the first has come back. */
const EXPIRY_SECONDS = 86_000;
/** A queued job is not dropped, however long nobody takes it. */
const RETENTION_SECONDS = 10 * 365 * 86_400;
/** How long deliveries are kept after their end. */
const DELETION_SECONDS = 86_400;

interface Delivery {
  readonly job: string;
}

export interface BossQueueOptions {
  /** Jobs at the same time, of all lanes. */
  readonly connections: number;
  readonly leaseMilliseconds: number;
  readonly pollMilliseconds: number;
  readonly log: Logger;
}

export class BossQueue implements JobQueue {
  readonly #boss: PgBoss;
  readonly #claiming: Claiming;
  readonly #options: BossQueueOptions;
  #started = false;

  constructor(url: string, claiming: Claiming, options: BossQueueOptions) {
    this.#claiming = claiming;
    this.#options = options;
    this.#boss = new PgBoss({
      connectionString: url,
      schema: SCHEMA,
      max: options.connections + 2,
      schedule: false,
      useListenNotify: true,
      superviseIntervalSeconds: MONITOR_SECONDS,
      monitorIntervalSeconds: MONITOR_SECONDS,
    });
    this.#boss.on('error', (err) => options.log.error({ err }, 'the queue of jobs reported an error'));
    this.#boss.on('warning', ({ message }) => options.log.warn({ warning: message }, 'the queue of jobs warns'));
  }

  async prepare(): Promise<void> {
    await this.#boss.start();
    this.#started = true;
    for (const name of Object.values(QUEUES)) await this.#createQueue(name);
  }

  async #createQueue(name: string): Promise<void> {
    const options = {
      notify: true,
      heartbeatSeconds: Math.max(LEAST_HEARTBEAT_SECONDS, Math.ceil(this.#options.leaseMilliseconds / 1000)),
      expireInSeconds: EXPIRY_SECONDS,
      retentionSeconds: RETENTION_SECONDS,
      deleteAfterSeconds: DELETION_SECONDS,
      // Whether the job itself is tried again is decided by its own record.
      retryLimit: 1_000_000,
      retryDelay: AGAIN_SECONDS.first,
      retryDelayMax: AGAIN_SECONDS.most,
      retryBackoff: true,
    };
    // Of one singleton key, one delivery at a time.
    await this.#boss.createQueue(name, { policy: 'singleton', ...options });
    // What another version of the gateway made stays as it was otherwise.
    await this.#boss.updateQueue(name, options);
  }

  async offer(
    transaction: Transaction,
    job: Job,
    { exclusive, lane }: QueuedBy,
    delayMilliseconds: number,
  ): Promise<void> {
    const delivery: Delivery = { job: job.id };
    await this.#boss.send(QUEUES[lane], delivery, {
      singletonKey: exclusive && job.subject !== null ? `subject ${job.subject}` : `job ${job.id}`,
      group: { id: job.owner },
      startAfter: Math.ceil(delayMilliseconds / 1000),
      db: within(transaction),
    });
  }

  /** pg-boss notifies its workers itself. */
  wake(): void {}

  async start(places: readonly Places[], kinds: readonly string[], work: Work): Promise<void> {
    for (const of of places) await this.#startLane(of, kinds, work);
  }

  async #startLane({ lane, concurrency, perOwner }: Places, kinds: readonly string[], work: Work): Promise<void> {
    const { pollMilliseconds } = this.#options;
    // Workers are notified of new jobs; of those whose time has come, or whose subject is free again, they are not.
    const pollingIntervalSeconds = Math.max(LEAST_POLLING_SECONDS, pollMilliseconds / 1000);
    await this.#boss.work<Delivery>(
      QUEUES[lane],
      {
        localConcurrency: concurrency,
        // One owner's jobs leave a place for another's.
        localGroupConcurrency: perOwner,
        pollingIntervalSeconds,
        notifyPollingIntervalSeconds: pollingIntervalSeconds,
      },
      ([delivery]) => this.#deliver(delivery!.data.job, kinds, work),
    );
  }

  async close(): Promise<void> {
    if (!this.#started) return;
    await Promise.all(Object.values(QUEUES).map((name) => this.#boss.offWork(name, { wait: true })));
    await this.#boss.stop();
  }

  /** Throws where the job has to be delivered again. */
  async #deliver(id: string, kinds: readonly string[], work: Work): Promise<void> {
    const claim = await this.#claiming.claim(id, kinds);
    if (claim ? !(await work(claim)) : await this.#claiming.isToDo(id)) throw new Error(`job ${id} has to wait`);
  }
}

/** pg-boss's statements in a transaction of ours; of their rows it reads the identifier alone. */
function within(transaction: Transaction): Db {
  return {
    executeSql: async (text, values = []) => {
      const pieces = text.split(/\$(\d+)/);
      const strings = pieces.filter((_piece, i) => i % 2 === 0);
      const bound = pieces.filter((_piece, i) => i % 2 === 1).map((number) => values[Number(number) - 1] as SqlValue);
      const rows = await transaction.all(new Sql(strings, bound));
      return { rows: rows.map(([id]) => ({ id })) };
    },
  };
}
