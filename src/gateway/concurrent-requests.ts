/**
 * How many requests of one kind of one user are answered at a time: the others of that user wait, in order, so that whoever sends
 * many at once slows down nobody but themselves.  Each gateway counts its own.
 */
import type { FastifyReply } from 'fastify';
import { SatelliteError } from '../butler/errors.ts';
import { FairSlots } from '../repository/remote/fair-slots.ts';

/** Requests of one user that wait; each may hold a body. */
const MOST_WAITING = 200;
/** A place in the queue is free soon. */
const RETRY_SECONDS = 1;

export interface ConcurrentRequestsOptions {
  readonly perUser: number;
  /** Is told of each refusal. */
  readonly refused: () => void;
}

export class ConcurrentRequests {
  readonly #slots: FairSlots;
  readonly #refused: () => void;

  constructor({ perUser, refused }: ConcurrentRequestsOptions) {
    this.#slots = new FairSlots({ perUser, total: Infinity });
    this.#refused = refused;
  }

  /**
   * Waits until it is the turn of a user's request, which is over when its answer is.
   * @throws SatelliteError RATE_LIMITED where too many wait already; the signal's reason when it is aborted first
   */
  async enter(username: string, reply: FastifyReply, signal: AbortSignal): Promise<void> {
    if (this.#slots.waitingOf(username) >= MOST_WAITING) {
      this.#refused();
      throw new SatelliteError(
        'RATE_LIMITED',
        `${MOST_WAITING} requests of yours wait for their turn: send the next when some have been answered.`,
        { retryAfter: RETRY_SECONDS },
      );
    }
    const slot = await this.#slots.acquire(username, signal);
    if (reply.raw.closed) slot.release();
    else reply.raw.once('close', () => slot.release());
  }
}
