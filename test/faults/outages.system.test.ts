/** The official server goes away in the middle of a transfer, and comes back: in full, after a whole minute. */
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gateway } from '../../stack/gateway.ts';
import { isFull } from '../sample.ts';
import { DATASETS, FaultyWorld, SELECTION, until, type JobId } from './faulty-world.ts';

const AWAY_MILLISECONDS = isFull ? 60_000 : 0;

let world: FaultyWorld;
/** In front of the official server: passes on what comes, and knows when files are asked for. */
let front: Server;
/** Called before the next question for a file goes on to the server. */
let leave: (() => void) | undefined;
/** Questions that came since. */
let asked = 0;
let gateway: Gateway;

beforeAll(async () => {
  world = await FaultyWorld.open();
  const official = new URL(world.official.url);
  front = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    if (leave && url!.includes('get_file')) {
      leave();
      leave = undefined;
      asked = 0;
    }
    asked += 1;
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
  const port = String((front.address() as AddressInfo).port);
  gateway = await world.start({ name: 'gateway', upstream: `http://127.0.0.1:${port}${official.pathname}` });
});
afterAll(async () => {
  front.closeAllConnections();
  front.close();
  await world[Symbol.asyncDispose]();
});

const logOf = async (job: JobId): Promise<string> =>
  JSON.stringify((await world.ask(gateway, 'query ($id: ID!) {job(id: $id) {log {message}}}', job)).data);

describe('A transfer goes on when the official server is back', () => {
  test.each([
    {
      how: 'killed, and started again at the same address',
      away: () => world.official.server.process.signal('SIGKILL'),
      isNoticed: async (job: JobId) => (await logOf(job)).includes('tried again'),
      back: () => world.official.restartServer(),
    },
    {
      how: 'stopped, and continued',
      away: () => world.official.server.process.signal('SIGSTOP'),
      isNoticed: () => Promise.resolve(asked > 0),
      back: () => Promise.resolve(world.official.server.process.signal('SIGCONT')),
    },
  ])(
    'that was $how',
    async ({ how, away, isNoticed, back }) => {
      const name = how.slice(0, how.indexOf(','));
      const root = await world.create(gateway, name);
      const left = new Promise<void>((resolve) => {
        leave = () => (away(), resolve());
      });
      const input = { from: 'dp1', to: name, search: SELECTION, mode: 'COPY' };
      const { job } = (await world.call(gateway, 'transferDatasets', input)) as { readonly job: JobId };
      await left;
      await until(() => isNoticed(job));
      await sleep(AWAY_MILLISECONDS);
      expect((await world.judge([root]))[0]).toMatchObject({ datasets: 0 });
      await back();
      expect(await world.ended(gateway, job)).toMatchObject({ state: 'COMPLETED' });
      expect((await world.judge([root]))[0]).toMatchObject({ datasets: DATASETS, copied: DATASETS });
      expect(await world.verified(gateway, name)).toMatchObject({ sound: true });
    },
    900_000,
  );
});
