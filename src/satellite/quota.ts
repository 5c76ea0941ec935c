/**
 * Quotas: bytes are set aside before they are written, and what was set aside ends with the job that wrote them.  What is
 * stored and what is set aside together never exceed a quota, however many reserve at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import sql, { type Sql } from 'sql-template-tag';
import { SatelliteError } from '../butler/errors.ts';
import type { SqlRow, Transaction, WriteableDatabase } from '../repository/direct/database.ts';
import { fullName } from './satellite.ts';
import type { CatalogEntry } from './catalog.ts';

const PAUSE_MILLISECONDS = 20;

export class Quota {
  readonly #database: WriteableDatabase;

  constructor(database: WriteableDatabase) {
    this.#database = database;
  }

  /**
   * Sets bytes aside for a job, in place of what it had set aside before.
   * @param job null: only asks whether there is room
   * @param storedBytes reads what the satellite holds
   * @throws SatelliteError QUOTA_EXCEEDED saying how much is left
   */
  async reserve(
    satellite: CatalogEntry,
    job: string | null,
    bytes: number,
    storedBytes: () => Promise<number>,
    signal: AbortSignal,
  ): Promise<void> {
    const { id, quotaBytes } = satellite;
    if (quotaBytes === null) return;
    for (;;) {
      const before = await this.#released(id, signal);
      const stored = await storedBytes();
      // Bytes of a job that ended meanwhile may be in neither figure: then both are read again.
      const free = await this.#database.transaction(async (transaction) => {
        if ((await lockedReleased(transaction, id)) !== before) return undefined;
        const table = transaction.table('satellite_reservation');
        const [row] = await transaction.all(
          sql`SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM ${table} WHERE satellite = ${id} AND job <> ${job ?? ''}`,
        );
        // Where stock Python has put more than the quota, what needs no room still goes on.
        const left = Math.max(0, quotaBytes - stored - Number(row![0]));
        if (bytes <= left && job !== null) {
          await transaction.run(
            sql`INSERT INTO ${table} (satellite, job, bytes) VALUES (${id}, ${job}, CAST(${bytes} AS BIGINT))
                ON CONFLICT (satellite, job) DO UPDATE SET bytes = excluded.bytes`,
          );
        }
        return left;
      }, signal);
      if (free === undefined) {
        await sleep(PAUSE_MILLISECONDS, undefined, { signal });
        continue;
      }
      if (bytes <= free) return;
      throw new SatelliteError(
        'QUOTA_EXCEEDED',
        `Satellite '${fullName(satellite)}' has ${free} bytes left of its quota of ${quotaBytes}, and ` +
          `${bytes} are needed: remove datasets, or refer to them instead of copying them.`,
      );
    }
  }

  /** Ends what a job had set aside, after it has written. */
  async release(id: string, job: string, signal: AbortSignal): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      const removed = await transaction.run(
        sql`DELETE FROM ${transaction.table('satellite_reservation')} WHERE satellite = ${id} AND job = ${job}`,
      );
      if (removed === 0) return;
      await transaction.run(sql`UPDATE ${transaction.table('satellite')} SET released = released + 1 WHERE id = ${id}`);
    }, signal);
  }

  async #released(id: string, signal: AbortSignal): Promise<number> {
    return releasedOf(await this.#database.all(releasedStatement(this.#database, id), signal));
  }
}

/** The same in a transaction, which has the satellite's quota to itself from here on. */
async function lockedReleased(transaction: Transaction, id: string): Promise<number> {
  const lock = transaction.dialect === 'postgresql' ? sql` FOR UPDATE` : sql``;
  return releasedOf(await transaction.all(sql`${releasedStatement(transaction, id)}${lock}`));
}

function releasedStatement(from: Pick<Transaction, 'table'>, id: string): Sql {
  return sql`SELECT released FROM ${from.table('satellite')} WHERE id = ${id}`;
}

function releasedOf([row]: readonly SqlRow[]): number {
  if (!row) throw new SatelliteError('NOT_FOUND', 'The satellite does not exist any more.');
  return Number(row[0]);
}
