/** Objects of a satellite in S3 that change between a submission and its approval. */
import { Readable } from 'node:stream';
import { afterAll, beforeAll, test, vi } from 'vitest';
import type { ArtifactStore } from '../../src/repository/direct/datastore/artifact-store.ts';
import type { Gateway } from '../../stack/gateway.ts';
import { KilledWorld } from './killed-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let world: KilledWorld;
let gateway: Gateway;
let objects: ArtifactStore;
beforeAll(async () => {
  world = await KilledWorld.open('PostgreSQL and S3');
  gateway = await world.start();
  objects = await world.satelliteObjects();
});
afterAll(async () => {
  await (gateway as Gateway | undefined)?.stop();
  await (world as KilledWorld | undefined)?.[Symbol.asyncDispose]();
});

const signal = AbortSignal.timeout(600_000);
const overwrite = (path: string, text: string) => objects.write(path, Readable.from([Buffer.from(text)]), {}, signal);

async function textOf(path: string): Promise<string> {
  const chunks = await Array.fromAsync(await objects.read(path, null, signal));
  return Buffer.concat(chunks as Uint8Array[]).toString();
}

const paths = async () => (await Array.fromAsync(objects.list('', signal))).map(({ path }) => path);

/** What is done to an object of a RUN, and what an approval says of it. */
const CHANGES: Readonly<Record<string, readonly [change: (path: string) => Promise<unknown>, said: RegExp | null]>> = {
  untouched: [() => Promise.resolve(), null],
  'written anew with the same bytes': [async (path) => overwrite(path, await textOf(path)), null],
  'written anew with as many other bytes': [
    async (path) => overwrite(path, (await textOf(path)).toUpperCase()),
    /1 changed datasets/,
  ],
  'written anew with fewer bytes': [(path) => overwrite(path, 'run: 1'), /1 changed datasets/],
  removed: [(path) => objects.remove([path], signal), /is not there any more/],
};

test.for(Object.entries(CHANGES))('An approval knows of an object %s', async ([name, [change, said]], { expect }) => {
  const run = `u/alice/${name.replaceAll(' ', '-')}`;
  const before = new Set(await paths());
  await world.ingest(gateway, run, 1);
  const { id: publication, digest } = await world.submit(gateway, run, 'bob');
  await change((await paths()).find((path) => !before.has(path))!);
  const input = { publication, digest };
  if (said === null) {
    await world.call(gateway, 'curator', 'approvePublication', input, 'publication {id}');
    expect((await world.reached(gateway, run, 'PUBLISHED')).digest).toBe(digest);
    return;
  }
  await expect(world.call(gateway, 'curator', 'approvePublication', input, 'publication {id}')).rejects.toThrow(said);
  expect((await world.find(gateway, run))!.state).toBe('STALE');
});
