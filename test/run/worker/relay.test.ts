/** What a run's processes ask of a gateway that is away for a while. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { GatewayRelay } from '../../../src/run/worker/relay.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** @returns its address */
async function gatewayThat(answers: (answer: ServerResponse) => void, port = 0): Promise<string> {
  const server = createServer((_, answer) => answers(answer)).listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const start = (gateway: string, options: { onAway?: () => void; patience?: number } = {}) =>
  GatewayRelay.start({ gateway, token: async () => 'none', ...options });
const read = (relay: GatewayRelay) => fetch(`${relay.address}/files/dp1/1/image.fits`);

test('a file whose server is away for a while is read when it is back', async () => {
  let left = 2;
  const gateway = await gatewayThat((answer) => {
    left -= 1;
    answer.writeHead(left >= 0 ? 503 : 200).end('pixels');
  });
  await using relay = await start(gateway);
  const answer = await read(relay);
  expect([answer.status, await answer.text()]).toEqual([200, 'pixels']);
});

test('a gateway that is started again is waited for', async () => {
  const gateway = await gatewayThat((answer) => answer.end());
  servers.pop()!.close();
  await using relay = await start(gateway);
  const reading = read(relay);
  await gatewayThat((answer) => answer.end('pixels'), Number(new URL(gateway).port));
  expect(await (await reading).text()).toBe('pixels');
});

test('a server that stays away is told, and the reader is told the same as without waiting', async () => {
  let isAway = false;
  const gateway = await gatewayThat((answer) => answer.writeHead(502).end());
  await using relay = await start(gateway, { onAway: () => (isAway = true), patience: 0 });
  expect((await read(relay)).status).toBe(502);
  expect(isAway).toBe(true);
});

test('a file that is not there is not waited for', async () => {
  const gateway = await gatewayThat((answer) => answer.writeHead(404).end());
  await using relay = await start(gateway);
  expect((await read(relay)).status).toBe(404);
});
