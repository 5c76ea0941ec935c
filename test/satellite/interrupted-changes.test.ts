/** A deletion, a reset or a return of a satellite that was interrupted, when it is called again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createLog } from '../../src/gateway/log.ts';
import { Catalog, type Expected } from '../../src/satellite/catalog.ts';
import { buildOfficial } from '../../stack/official.ts';
import { alice, openWorld, request, signal, type World } from './satellite-world.ts';

let official: string;
let directory: string;
let world: World;

beforeAll(async () => {
  official = join(await buildOfficial(), 'repository');
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'satellites-'));
  world = await openWorld({ directory, official });
});
afterEach(async () => {
  await world.close();
  await rm(directory, { recursive: true });
});

const create = async (name: string) => (await world.satellites.create(request(name), alice)).satellite!;
const by = (name: string) => ({ satellite: name, dryRun: false });
const DETACHING = { state: 'DELETED', unfinished: 'DETACH', deletedAt: 1, purgeAt: Number.MAX_SAFE_INTEGER } as const;
const READY = { state: 'READY', unfinished: null } as const;
const DELETED = { state: 'DELETED', unfinished: null } as const;
/** As it was left by a gateway that was killed. */
const left = (id: string, ...[from, to]: [Expected, Parameters<Catalog['change']>[2]]) =>
  new Catalog(world.state.database, world.satellites.grants).change(id, from, to, signal);
/** What a call answers that saw what was left before the new gateway has ended it. */
const meanwhile = async <T>(call: () => Promise<T>): Promise<T> => {
  const get = vi.spyOn(Catalog.prototype, 'get');
  const answer = call();
  await vi.waitFor(
    () => expect(get.mock.settledResults).toContainEqual(expect.objectContaining({ type: 'fulfilled' })),
    {
      timeout: 30_000,
    },
  );
  get.mockRestore();
  await world.satellites.sweep(0);
  return answer;
};

test('waits for a deletion, and another brings the satellite back', async () => {
  const { id } = await create('mine');
  await left(id, READY, DETACHING);
  const deleted = await meanwhile(() => world.satellites.delete({ ...by('mine'), purge: false }, alice));
  expect(deleted.satellite).toMatchObject({ id, state: 'DELETED' });
  // And again, when it is long done.
  expect(await world.satellites.delete({ ...by('mine'), purge: false }, alice)).toMatchObject({ satellite: { id } });
  expect((await world.satellites.restore(by('mine'), alice)).satellite).toMatchObject({ id, state: 'READY' });
  await left(id, READY, DETACHING);
  const restored = await meanwhile(() => world.satellites.restore(by('mine'), alice));
  expect(restored.satellite).toMatchObject({ id, state: 'READY' });
  await world.satellites.forWriting('mine', alice);
});

test('waits for a satellite that is brought back', async () => {
  const { id } = await create('mine');
  await world.satellites.delete({ ...by('mine'), purge: false }, alice);
  await left(id, DELETED, { state: 'CREATING', unfinished: 'ATTACH' });
  const restored = await meanwhile(() => world.satellites.restore(by('mine'), alice));
  expect(restored.satellite).toMatchObject({ id, state: 'READY' });
  expect((await world.satellites.restore(by('mine'), alice)).satellite).toMatchObject({ id, state: 'READY' });
  await world.satellites.forWriting('mine', alice);
});

test('waits for a reset and does not do it twice, so that it can be undone', async () => {
  const { id } = await create('mine');
  const { satellite } = await world.satellites.reset(by('mine'), alice);
  await left(id, DELETED, { unfinished: 'DETACH' });
  const again = await meanwhile(() => world.satellites.reset(by('mine'), alice));
  expect(again).toMatchObject({ satellite: { id: satellite!.id }, plan: { datasets: 0 } });
  expect((await world.satellites.restore(by('mine'), alice)).satellite).toMatchObject({ id, state: 'READY' });
});

test('ends what nobody can be at any more', async () => {
  const { id } = await create('mine');
  await left(id, READY, DETACHING);
  await world.state.database.transaction(
    (transaction) => transaction.run(sql`UPDATE ${transaction.table('satellite')} SET unfinished_since = 1`),
    signal,
  );
  expect((await world.satellites.restore(by('mine'), alice)).satellite).toMatchObject({ id, state: 'READY' });
});

test('that cannot be ended is logged with the reason, and with nothing that hangs on it', async () => {
  const { id } = await create('mine');
  await left(id, READY, DETACHING);
  const failure = Object.assign(new Error('the connection broke'), { parameters: ['a password'] });
  vi.spyOn(Catalog.prototype, 'change').mockRejectedValueOnce(failure);
  await world.satellites.sweep(0);
  const lines: string[] = [];
  const log = createLog({ write: (line) => void lines.push(line) });
  for (const warning of world.warnings) log.warn(...(warning as [object, string]));
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { msg: 'a satellite stays unfinished', satellite: id, err: { message: 'the connection broke' } },
  ]);
  expect(lines.join('')).not.toContain('a password');
});
