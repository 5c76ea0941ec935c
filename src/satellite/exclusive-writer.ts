/**
 * One writer for an SQLite repository on a file system whose locks reach no further than one machine: whoever holds the
 * lease in the state database.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WriteGuard } from '../repository/direct/database.ts';
import { SatelliteError } from '../butler/errors.ts';
import { handOut, takeOver } from '../repository/direct/sqlite/take-over.ts';
import type { Lease, Leases } from '../state/lease.ts';

/** How long the lease stays with a gateway that is not heard of. */
export const LEASE_MILLISECONDS = 15_000;

/** How long a writer waits for another gateway to be done: longer than for one that has died. */
const WAIT_MILLISECONDS = 2 * LEASE_MILLISECONDS;

/** How long the lease is kept after a transaction: other gateways wait as long, and runs of writes copy the file once. */
const IDLE_MILLISECONDS = 2_000;

/** After this time a gateway that writes without a pause lets others have their turn, for as long as they take to ask. */
const TURN_MILLISECONDS = 5_000;
const PAUSE_MILLISECONDS = 1_000;

/** How often it is looked whether transactions have ended that are waited for. */
const ASK_MILLISECONDS = 50;

export interface ExclusiveWriterOptions {
  /** For errors. */
  readonly repository: string;
  /** Of the database file: a real path. */
  readonly path: string;
  /** Where only the gateway may look, on the same file system. */
  readonly workshop: string;
  /** What the lease is on: the satellite's identifier, so that a new one of the same name has its own. */
  readonly resource: string;
  readonly leases: Leases;
}

export class ExclusiveWriter implements WriteGuard {
  readonly #options: ExclusiveWriterOptions;
  #lease: Promise<Lease> | undefined;
  #idle: NodeJS.Timeout | undefined;
  /** Transactions that were admitted, or wait for it, and have not ended. */
  #transactions = 0;
  /** By the process's steady clock. */
  #acquiredAt = 0;
  #pausedUntil = 0;

  constructor(options: ExclusiveWriterOptions) {
    this.#options = options;
  }

  async admit(signal: AbortSignal): Promise<boolean> {
    clearTimeout(this.#idle);
    this.#transactions += 1;
    try {
      return await this.#admit(signal);
    } catch (error) {
      this.#transactions -= 1;
      throw error;
    }
  }

  async #admit(signal: AbortSignal): Promise<boolean> {
    const held = this.#lease;
    if (held && (await isHeld(held))) return false;
    const pause = this.#pausedUntil - performance.now();
    if (pause > 0) await sleep(pause, undefined, { signal });
    const acquired = this.#acquire(signal);
    this.#lease = acquired;
    acquired.catch(() => {
      if (this.#lease === acquired) this.#lease = undefined;
    });
    await acquired;
    this.#acquiredAt = performance.now();
    return true;
  }

  async confirm(): Promise<void> {
    const lease = await this.#lease;
    if (lease) return lease.confirm();
    throw new SatelliteError(
      'CONFLICT',
      `Satellite '${this.#options.repository}' was handed over in the middle of this change, of which nothing is kept: try again.`,
    );
  }

  ended(): void {
    this.#transactions -= 1;
    if (this.#transactions > 0) return;
    if (performance.now() - this.#acquiredAt > TURN_MILLISECONDS) {
      this.#pausedUntil = performance.now() + PAUSE_MILLISECONDS;
      void this.release();
      return;
    }
    this.#idle = setTimeout(() => void this.release(), IDLE_MILLISECONDS).unref();
  }

  /** Lets another gateway write. */
  async release(): Promise<void> {
    clearTimeout(this.#idle);
    const held = this.#lease;
    this.#lease = undefined;
    const lease = await held?.catch(() => undefined);
    await lease?.release();
  }

  /** Makes the file the user's to write to, once no gateway writes (any more). */
  async handOut(signal: AbortSignal): Promise<void> {
    await this.alone(signal, () => handOut(this.#options));
  }

  /** Makes the file the gateways' again, whoever still has it open. */
  async takeBack(signal: AbortSignal): Promise<void> {
    await this.alone(signal, () => this.#takeOver(true), true);
  }

  /**
   * Does something while no gateway writes to the file; what this one is writing is ended first.
   * @param usersMayWrite whether a transaction that has begun may be a user's, and is to be left
   */
  async alone<T>(signal: AbortSignal, work: () => Promise<T>, usersMayWrite = false): Promise<T> {
    while (this.#transactions > 0) await sleep(ASK_MILLISECONDS, undefined, { signal });
    await this.release();
    const lease = await this.#acquire(signal, usersMayWrite);
    let done: T;
    try {
      done = await work();
    } catch (error) {
      await lease.abandon();
      throw error;
    }
    await lease.release();
    return done;
  }

  async #acquire(signal: AbortSignal, mustBeAtRest = false): Promise<Lease> {
    const { leases, resource } = this.#options;
    const lease = await leases.acquire(resource, WAIT_MILLISECONDS, signal);
    try {
      // A gateway that gave the lease back writes no more; any other, and a user, may still have the file open.
      if (!lease.afterRelease) await this.#takeOver(mustBeAtRest);
      return lease;
    } catch (error) {
      await lease.abandon();
      throw error;
    }
  }

  async #takeOver(mustBeAtRest: boolean): Promise<void> {
    await takeOver({ ...this.#options, ownerMayWrite: false, mustBeAtRest });
  }
}

async function isHeld(lease: Promise<Lease>): Promise<boolean> {
  try {
    await (await lease).confirm();
    return true;
  } catch {
    return false;
  }
}
