/** What subscribers of `publicationEvents` hear, whatever happens to them and to the state meanwhile. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import sql from 'sql-template-tag';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventFeed, type EventPosition, type HappenedEvent } from '../../src/publish/event-feed.ts';
import { noteEvent } from '../../src/publish/outbox.ts';
import type { PublicationVersion } from '../../src/publish/publication.ts';
import { PublicationRecords } from '../../src/publish/records.ts';
import { PUBLICATION_TABLES } from '../../src/publish/tables.ts';
import type { WriteableDatabase } from '../../src/repository/direct/database.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';
import { prepareTables } from '../../src/state/tables.ts';
import { openPublishing } from './publishing-world.ts';

const LIMIT = AbortSignal.timeout(20 * 60_000);
const NOW = 1_000_000_000;

const SUBMITTED: PublicationVersion = {
  ...{ publication: 'p', version: 1, state: 'SUBMITTED', revision: 1, repository: 'published' },
  ...{ owner: 'alice', group: null, groupId: null, submittedBy: 'alice' },
  source: { repository: 'alice~mine', satelliteId: 'id', collections: ['u/alice/run'], search: null, groups: [] },
  ...{ title: 'x', description: null, licence: null, readers: { allUsers: true, groups: [], users: [] } },
  ...{ digest: 'd', checks: [], datasets: 0, bytes: 0, reason: null, claimedBy: null, claimedUntil: null },
  ...{ approvedBy: null, approvedDigest: null, restartConfirmed: false, generation: null, withdrawnBy: null },
  ...{ goneSince: null, job: null, createdAt: 1, submittedAt: 1, changedAt: 1 },
};

let directory: string;
let state: State;
let feed: EventFeed;
/** Statements that were sent. */
let looks: number;
/** The next ones fail. */
let failures: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'feed-'));
  state = await openState(`sqlite:${join(directory, 'state.sqlite3')}`, LIMIT);
  await prepareTables(state.database, PUBLICATION_TABLES, LIMIT);
  await new PublicationRecords(state.database, [], () => NOW).add(SUBMITTED);
  [looks, failures] = [0, 0];
  const database = new Proxy(state.database, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key !== 'all') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      return async (...args: Parameters<WriteableDatabase['all']>) => {
        looks += 1;
        if (failures > 0) throw new Error(`there is no connection, ${(failures -= 1)} more times`);
        return target.all(...args);
      };
    },
  });
  feed = new EventFeed({ database, now: () => NOW, milliseconds: 10, log: pino({ enabled: false }) });
});
afterEach(async () => {
  await state.close();
  await rm(directory, { recursive: true, force: true });
});

/** @param before how long ago, ms */
const happens = (event: string, before = 0) =>
  state.database.transaction(
    (transaction) =>
      noteEvent(transaction, { publication: 'p', version: 1, event, actor: null, detail: {} }, [], NOW - before),
    LIMIT,
  );

function listen(position: EventPosition) {
  const end = new AbortController();
  const events = feed.from(position, async ({ event }: HappenedEvent) => event, end.signal);
  return { next: async () => (await events.next()).value, stop: () => (end.abort(), events.return()) };
}

test('what is committed while a subscriber is checked again reaches them, however long it took', async () => {
  const position: EventPosition = { told: new Set() };
  const first = listen(position);
  await happens('SUBMITTED');
  expect(await first.next()).toBe('SUBMITTED');
  const waiting = first.next();
  await vi.waitFor(() => expect([position.since, position.told.size]).toEqual([NOW - 60_000, 1]), { timeout: 240_000 });
  void first.stop();
  expect(await waiting).toBeUndefined();
  await happens('COMMENTED', 30_000);
  const second = listen(position);
  expect(await second.next()).toBe('COMMENTED');
  await happens('REMINDED');
  expect(await second.next()).toBe('REMINDED');
  await second.stop();
});

test('what was on its way when a subscriber was checked again is told again', async () => {
  const position: EventPosition = { told: new Set() };
  await happens('SUBMITTED');
  const first = listen(position);
  // Nobody takes it.
  await first.next();
  await first.stop();
  const second = listen(position);
  expect(await second.next()).toBe('SUBMITTED');
  await second.stop();
});

test('all subscribers are answered from one look, and none is made for nobody', async () => {
  await happens('SUBMITTED');
  const all = Array.from({ length: 50 }, () => listen({ told: new Set() }));
  expect(new Set(await Promise.all(all.map(({ next }) => next())))).toEqual(new Set(['SUBMITTED']));
  expect(looks).toBe(1);
  await Promise.all(all.map(({ stop }) => stop()));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(looks).toBe(1);
});

test('one who was slow is told what happened meanwhile too', async () => {
  await happens('SUBMITTED', 500_000);
  const late = listen({ since: NOW - 600_000, told: new Set() });
  expect(await late.next()).toBe('SUBMITTED');
  await late.stop();
});

test('a state that cannot be asked for a while ends no subscription', async () => {
  await happens('SUBMITTED');
  failures = 3;
  const one = listen({ told: new Set() });
  expect(await one.next()).toBe('SUBMITTED');
  expect(failures).toBe(0);
  await one.stop();
});

test('a subscriber who is checked again every second hears of each event once, also where two look the same', async () => {
  await using world = await openPublishing({ limits: { recheckSeconds: 1 } });
  await world.filled('work', 'u/alice/run', 1);
  const response = await world.fetch('curator', '/graphql/stream', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: 'subscription {publicationEvents {event}}' }),
  });
  let text = '';
  void (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
  })().catch(() => undefined);
  const heard = () => [...text.matchAll(/"event":"([A-Z_]+)"/g)].map(([, event]) => event);
  const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'Work' };
  const { id } = await world.did('alice', 'submitPublication', wanted);
  const hears = (...events: readonly string[]) =>
    vi.waitFor(() => expect(heard()).toEqual(events), { timeout: 240_000 });
  await hears('SUBMITTED');
  for (const comment of ['one', 'two']) await world.did('curator', 'commentPublication', { publication: id, comment });
  await hears('SUBMITTED', 'COMMENTED', 'COMMENTED');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await world.did('curator', 'rejectPublication', { publication: id, comment: 'No.' });
  await hears('SUBMITTED', 'COMMENTED', 'COMMENTED', 'REJECTED');
}, 600_000);

test('what is written by a gateway that was stopped for minutes on the way has the time at which it is written', async () => {
  let now = NOW;
  const { database } = state;
  const stopped = new Proxy(database, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key !== 'transaction') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      return (...args: Parameters<WriteableDatabase['transaction']>) => {
        now += 10 * 60_000;
        return target.transaction(...args);
      };
    },
  });
  const records = new PublicationRecords(stopped, [], () => now);
  const event = { event: 'IN_REVIEW', actor: 'carol', detail: {} };
  const changed = await records.change(SUBMITTED, { state: 'IN_REVIEW' }, event);
  await records.comment(changed!, { author: 'carol', text: 'x', replyTo: null });
  const times = await database.all(sql`SELECT at FROM ${database.table('publication_event')} ORDER BY at`, LIMIT);
  expect(times.flat().map(Number)).toEqual([NOW + 10 * 60_000, NOW + 20 * 60_000]);
});
