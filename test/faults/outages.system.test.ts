/** The official server goes away in the middle of a transfer, and comes back. */
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DATASETS, FaultyWorld, SELECTION, until, type JobId } from './faulty-world.ts';

let world: FaultyWorld;
/** In front of the official server. */
let front: Server;
/** Away from the next question for a file on. */
let leaving = false;
let away = false;
let refused = 0;

beforeAll(async () => {
  world = await FaultyWorld.open();
  const official = new URL(world.official.url);
  front = createServer((incoming, outgoing) => {
    away ||= leaving && incoming.url!.includes('get_file');
    if (away) {
      refused += 1;
      incoming.socket.destroy();
      return;
    }
    const { method, url, headers } = incoming;
    const forwarded = request(
      { host: official.hostname, port: official.port, method, path: url, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  }).listen(0, '127.0.0.1');
  await once(front, 'listening');
});
afterAll(async () => {
  front.closeAllConnections();
  front.close();
  await world[Symbol.asyncDispose]();
});

test('a transfer goes on when the official server is back', async () => {
  const upstream = `http://127.0.0.1:${String((front.address() as AddressInfo).port)}${new URL(world.official.url).pathname}`;
  const gateway = await world.start({ name: 'gateway', upstream });
  const root = await world.create(gateway, 'mine');
  leaving = true;
  const input = { from: 'dp1', to: 'mine', search: SELECTION, mode: 'COPY' };
  const { job } = (await world.call(gateway, 'transferDatasets', input)) as { readonly job: JobId };
  const logged = async (): Promise<string> =>
    JSON.stringify((await world.ask(gateway, 'query ($id: ID!) {job(id: $id) {log {message}}}', job)).data);
  await until(async () => (await logged()).includes('tried again'), 150);
  expect(refused).toBeGreaterThan(0);
  expect((await world.judge([root]))[0]).toMatchObject({ datasets: 0 });
  leaving = away = false;
  expect(await world.ended(gateway, job)).toMatchObject({ state: 'COMPLETED' });
  expect((await world.judge([root]))[0]).toMatchObject({ datasets: DATASETS, copied: DATASETS });
  expect(await world.verified(gateway, 'mine')).toMatchObject({ sound: true });
}, 240_000);
