/** Webhooks that take long, or never answer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import sql from 'sql-template-tag';
import { expect, onTestFinished, test, vi } from 'vitest';
import { noteEvent, Outbox, webhookName } from '../../src/publish/outbox.ts';
import { PublicationChores, type ChoresOptions } from '../../src/publish/publication-chores.ts';
import { PUBLICATION_TABLES } from '../../src/publish/tables.ts';
import { openState } from '../../src/state/open.ts';
import { prepareTables } from '../../src/state/tables.ts';

vi.setConfig({ testTimeout: 120_000 });

const LIMIT = AbortSignal.timeout(10 * 60_000);

async function emptyState() {
  const directory = await mkdtemp(join(tmpdir(), 'webhooks-'));
  const state = await openState(`sqlite:${join(directory, 'state.sqlite3')}`, LIMIT);
  onTestFinished(async () => {
    await state.close();
    await rm(directory, { recursive: true, force: true });
  });
  await prepareTables(state.database, PUBLICATION_TABLES, LIMIT);
  await state.database.transaction(async (transaction) => {
    await transaction.insert({
      table: 'publication',
      columns: ['id', 'repository', 'owner', 'latest', 'created_at'],
      rows: [['p', 'published', 'alice', 1n, 1n]],
    });
    const version = { publication: 'p', version: 1n, state: 'SUBMITTED', revision: 1n, submitted_by: 'alice' };
    const texts = { source: '{}', title: 'x', readers: '{}', checks: '[]' };
    const numbers = { datasets: 0n, bytes: 0n, restart_confirmed: 0n, created_at: 1n, changed_at: 1n, reminded: 0n };
    const row = { ...version, ...texts, ...numbers };
    await transaction.insert({
      table: 'publication_version',
      columns: Object.keys(row),
      rows: [Object.values(row)],
    });
  }, LIMIT);
  return state;
}

/** Counts requests, and answers them when it is told to. */
async function receiver(isAnswering: () => boolean) {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    if (isAnswering()) response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, requests: () => requests };
}

test('one that never answers lets neither the others nor what is to be gone on with wait', async () => {
  const state = await emptyState();
  const [silent, prompt] = [await receiver(() => false), await receiver(() => true)];
  // However long this takes, nobody gives up the one that never answers.
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => new AbortController().signal);
  onTestFinished(() => void vi.restoreAllMocks());
  const webhooks = [
    { name: 'silent', url: silent.url, secret: 's' },
    { name: 'prompt', url: prompt.url, secret: 's' },
  ];
  const [log, now] = [pino({ level: 'silent' }), () => Date.now()];
  const outbox = new Outbox(state.database, webhooks, now, log);
  let recovered = 0;
  const unused = {} as Pick<ChoresOptions, 'parts' | 'kinds'>;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const chores = new PublicationChores({
    ...unused,
    ...{ outbox, webhooks, now, log, settings: [] },
    store: { removeLeft: () => Promise.resolve() } as unknown as ChoresOptions['store'],
    packs: {} as ChoresOptions['packs'],
    jobs: { recover: () => Promise.resolve(void (recovered += 1)) } as unknown as ChoresOptions['jobs'],
  });
  await chores.start();
  const note = () =>
    state.database.transaction(
      (transaction) =>
        noteEvent(
          transaction,
          { publication: 'p', version: 1, event: 'SUBMITTED', actor: 'alice', detail: {} },
          webhooks.map(({ name }) => name),
          now(),
        ),
      LIMIT,
    );
  await note();
  await vi.advanceTimersByTimeAsync(2000);
  await vi.waitFor(() => expect([silent.requests(), prompt.requests()]).toEqual([1, 1]), { timeout: 50_000 });
  await note();
  await vi.advanceTimersByTimeAsync(60_000);
  // Time goes on while it is waited for.
  await vi.waitFor(() => expect(prompt.requests()).toBe(2), { timeout: 50_000 });
  expect(silent.requests()).toBe(1);
  expect(recovered).toBeGreaterThan(1);
  await chores.close();
});

test('addresses, which can be secrets, do not stand in the state; what stood there by them is delivered all the same', async () => {
  const state = await emptyState();
  const { url, requests } = await receiver(() => true);
  const [address, gone] = [`${url}services/s3cr3t`, 'https://gone.example.org/s3cr3t'];
  const webhooks = [{ name: webhookName(address), url: address, secret: 's' }];
  const outbox = new Outbox(state.database, webhooks, () => Date.now(), pino({ level: 'silent' }));
  const note = (event: string, to: readonly string[]) => {
    const noted = { publication: 'p', version: 1, event, actor: 'alice', detail: {} };
    return state.database.transaction((transaction) => noteEvent(transaction, noted, to, 1), LIMIT);
  };
  const kept = async () => {
    const { database } = state;
    const rows = await database.all(sql`SELECT DISTINCT webhook FROM ${database.table('publication_delivery')}`, LIMIT);
    return rows.map(([name]) => String(name)).toSorted();
  };
  await note('SUBMITTED', [address, gone]);
  await outbox.hideAddresses(LIMIT);
  expect(await kept()).toEqual([webhookName(address), webhookName(gone)].toSorted());
  // By a gateway of an older version that still runs.
  await note('IN_REVIEW', [address]);
  await note('APPROVED', [webhookName(address)]);
  expect(await outbox.deliver(webhookName(address), LIMIT)).toBe(3);
  expect(requests()).toBe(3);
  expect(JSON.stringify(await kept())).not.toContain('s3cr3t');
  expect(await outbox.deliver(webhookName(address), LIMIT)).toBe(0);
});

test('an event that waited behind others that took long is not sent by another gateway while it is being sent', async () => {
  const state = await emptyState();
  let now = 1_000_000;
  let again: Promise<number> | undefined;
  const webhooks: { name: string; url: string; secret: string }[] = [];
  const open = () => new Outbox(state.database, webhooks, () => now, pino({ level: 'silent' }));
  const slow = await receiver(() => {
    // The first takes its time; the second is under way when the other gateway looks.
    now += 9000;
    if (slow.requests() === 2) again = open().deliver('slow', LIMIT);
    return true;
  });
  webhooks.push({ name: 'slow', url: slow.url, secret: 's' });
  for (const event of ['SUBMITTED', 'IN_REVIEW']) {
    const noted = { publication: 'p', version: 1, event, actor: 'alice', detail: {} };
    await state.database.transaction((transaction) => noteEvent(transaction, noted, ['slow'], now), LIMIT);
  }
  expect(await open().deliver('slow', LIMIT)).toBe(2);
  expect(await again).toBe(0);
  expect(slow.requests()).toBe(2);
});
