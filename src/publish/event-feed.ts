/** What happens to publications, as it happens, whichever gateway it is done by. */
import { setTimeout as sleep } from 'node:timers/promises';
import sql from 'sql-template-tag';
import type { WriteableDatabase } from '../repository/direct/database.ts';

/** So that many publications can be watched by one who does not know them yet. */
export const FEED_STATEMENTS = [`CREATE INDEX publication_event_by_time ON {publication_event} (at)`];

export interface HappenedEvent {
  readonly id: string;
  /** As `PublicationEvent`. */
  readonly event: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** Identifier of the publication, and which version of it. */
  readonly of: string;
  readonly version: number;
}

/** How far clocks of gateways may be apart, and a transaction's event be behind its end. */
const OVERLAP_MILLISECONDS = 60_000;
/** A subscription is begun anew now and then, as its subscriber is checked again: what came meanwhile is told by the next. */
const BEFORE_MILLISECONDS = 5000;
const LOOK_MILLISECONDS = 30_000;

/** Each event of the last seconds, and from now on, until the signal aborts. @param now Unix milliseconds. @param milliseconds between looks */
export async function* eventsFromNow(
  database: WriteableDatabase,
  now: () => number,
  milliseconds: number,
  signal: AbortSignal,
): AsyncGenerator<HappenedEvent, void> {
  const begun = now() - BEFORE_MILLISECONDS;
  let told: ReadonlySet<string> | null = null;
  for (let looked = now(); !signal.aborted;) {
    const since = looked - OVERLAP_MILLISECONDS;
    looked = now();
    const recent = await eventsSince(database, since);
    for (const one of recent) if (told ? !told.has(one.id) : one.at > begun) yield one;
    told = new Set(recent.map(({ id }) => id));
    await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  }
}

async function eventsSince(database: WriteableDatabase, since: number): Promise<readonly HappenedEvent[]> {
  const rows = await database.all(
    sql`SELECT id, event, at, publication, version FROM ${database.table('publication_event')}
        WHERE at > ${BigInt(since)} ORDER BY at, id`,
    AbortSignal.timeout(LOOK_MILLISECONDS),
  );
  return rows.map(([id, event, at, publication, version]) => ({
    ...{ id: String(id), event: String(event), at: Number(at), of: String(publication), version: Number(version) },
  }));
}
