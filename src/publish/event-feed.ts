/** What happens to publications, as it happens, whichever gateway it is done by. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import sql from 'sql-template-tag';
import type { WriteableDatabase } from '../repository/direct/database.ts';
import type { PublicationVersion } from './publication.ts';

/** So that many publications can be watched by one who does not know them yet. */
export const FEED_STATEMENTS = [`CREATE INDEX publication_event_by_time ON {publication_event} (at)`];

export interface HappenedEvent extends Pick<
  PublicationVersion,
  'publication' | 'version' | 'repository' | 'owner' | 'group' | 'groupId' | 'submittedBy'
> {
  readonly id: string;
  /** As `PublicationEvent`. */
  readonly event: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** Up to where somebody was told. It is kept beside a subscription, which is begun anew whenever its subscriber is checked again. */
export interface EventPosition {
  /** Unix milliseconds: what is not younger was told. Undefined where nothing was looked for yet. */
  since?: number;
  /** Identifiers of what is younger, and was told. */
  told: Set<string>;
}

/** What was there at a time. */
interface Look {
  readonly at: number;
  readonly since: number;
  readonly events: readonly HappenedEvent[];
}

/** How far clocks of gateways may be apart, and a transaction's event be behind its end. */
const OVERLAP_MILLISECONDS = 60_000;
const LOOK_MILLISECONDS = 30_000;

export interface EventFeedOptions {
  readonly database: WriteableDatabase;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Between looks. */
  readonly milliseconds: number;
  readonly log: Logger;
}

/** One statement a round for all who listen, and none while nobody does. */
export class EventFeed {
  readonly #options: EventFeedOptions;
  #listeners = 0;
  /** When there may be a look again, as `performance.now()`. One who comes after a while has not to wait for theirs. */
  #nextAt = 0;
  #next: Promise<Look | null> | undefined;

  constructor(options: EventFeedOptions) {
    this.#options = options;
  }

  /**
   * What each event is for somebody, from a position on that moves on with what they took, until the signal aborts: each at
   * least once. A new position begins in the last minute, so that who comes again has missed nothing.
   * @param seen null: not for them
   */
  async *from<T>(
    position: EventPosition,
    seen: (event: HappenedEvent) => Promise<T | null>,
    signal: AbortSignal,
  ): AsyncGenerator<T, void> {
    position.since ??= this.#options.now() - OVERLAP_MILLISECONDS;
    const gone = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));
    this.#listeners += 1;
    try {
      while (!signal.aborted) {
        this.#next ??= this.#look().finally(() => (this.#next = undefined));
        const look = await Promise.race([this.#next, gone]);
        if (look) yield* this.#tell(look, position, position.since, seen, signal);
      }
    } finally {
      this.#listeners -= 1;
    }
  }

  async *#tell<T>(
    look: Look,
    position: EventPosition,
    since: number,
    seen: (event: HappenedEvent) => Promise<T | null>,
    signal: AbortSignal,
  ): AsyncGenerator<T, void> {
    try {
      // Who was slow catches up by themselves.
      const events = look.since <= since ? look.events : await this.#since(since);
      for (const event of events) {
        if (event.at <= since || position.told.has(event.id)) continue;
        const shown = await seen(event);
        if (signal.aborted) return;
        if (shown !== null) yield shown;
        // Not before the next one is asked for: until then it may not have reached anybody.
        position.told.add(event.id);
      }
      const next = Math.max(since, look.at - OVERLAP_MILLISECONDS);
      position.since = next;
      position.told = new Set(events.filter(({ at }) => at > next).map(({ id }) => id));
    } catch (err) {
      this.#options.log.warn({ err }, 'could not tell what happened to publications; it is tried again');
    }
  }

  /** All who ask meanwhile share it. @returns null where nobody waits any more, and where it failed */
  async #look(): Promise<Look | null> {
    await sleep(Math.max(0, this.#nextAt - performance.now()), undefined, { ref: false });
    if (this.#listeners === 0) return null;
    this.#nextAt = performance.now() + this.#options.milliseconds;
    const at = this.#options.now();
    // Longer than what one needs who is as fast as the looks.
    const since = at - 2 * OVERLAP_MILLISECONDS;
    try {
      return { at, since, events: await this.#since(since) };
    } catch (err) {
      this.#options.log.warn({ err }, 'could not look for what happened to publications; it is tried again');
      return null;
    }
  }

  async #since(since: number): Promise<readonly HappenedEvent[]> {
    const { database } = this.#options;
    const rows = await database.all(
      sql`SELECT e.id, e.event, e.at, e.publication, e.version, p.repository, p.owner, p.owner_group, p.owner_group_id,
            v.submitted_by
          FROM ${database.table('publication_event')} AS e
          JOIN ${database.table('publication')} AS p ON p.id = e.publication
          JOIN ${database.table('publication_version')} AS v ON v.publication = e.publication AND v.version = e.version
          WHERE e.at > ${BigInt(since)} ORDER BY e.at, e.id`,
      AbortSignal.timeout(LOOK_MILLISECONDS),
    );
    return rows.map(([id, event, at, publication, version, repository, owner, group, groupId, submittedBy]) => ({
      ...{ id: String(id), event: String(event), at: Number(at), publication: String(publication) },
      ...{ version: Number(version), repository: String(repository), owner: String(owner) },
      ...{ group: group as string | null, groupId: groupId === null ? null : Number(groupId) },
      submittedBy: String(submittedBy),
    }));
  }
}
