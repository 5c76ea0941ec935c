/** What a run's processes ask of a gateway that is away for a while. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Agent, request } from 'undici';
import { freePort } from '../../../stack/free-port.ts';
import { GatewayRelay, type RelayOptions } from '../../../src/run/worker/relay.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** @returns its address */
async function gatewayThat(
  answers: (answer: ServerResponse, request: IncomingMessage) => void,
  port = 0,
): Promise<string> {
  const server = createServer((request, answer) => answers(answer, request)).listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const start = (gateway: string, options: Partial<RelayOptions> = {}) =>
  GatewayRelay.start({ gateway, token: async () => 'none', ...options });
const read = (relay: GatewayRelay, file = 'image.fits') => fetch(`${relay.address}/files/dp1/1/${file}`);

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
  const port = await freePort();
  const again = Promise.withResolvers<void>();
  let asked = 0;
  const token = async () => {
    asked += 1;
    if (asked === 2) again.resolve();
    return 'none';
  };
  await using relay = await start(`http://127.0.0.1:${port}`, { token });
  const reading = read(relay);
  // It was not there at the first attempt.
  await again.promise;
  await gatewayThat((answer) => answer.end('pixels'), port);
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

test('one file that is never to be had is told its reader alone, as long as others of its repository are', async () => {
  let isAway = false;
  let isDown = false;
  const gateway = await gatewayThat((answer, { url }) => {
    answer.writeHead(isDown || url!.endsWith('broken.fits') ? 502 : 200).end();
  });
  await using relay = await start(gateway, { onAway: () => (isAway = true), patience: 0 });
  await read(relay);
  expect((await read(relay, 'broken.fits')).status).toBe(502);
  expect(isAway).toBe(false);
  isDown = true;
  expect((await read(relay, 'broken.fits')).status).toBe(502);
  expect(isAway).toBe(true);
});

test('a token that was not renewed for a while is waited for when it is refused', async () => {
  let left = 2;
  let isRefused = false;
  const gateway = await gatewayThat((answer) => answer.writeHead((left -= 1) >= 0 ? 401 : 200).end('pixels'));
  await using relay = await start(gateway, {
    isTokenOld: async () => left >= 0,
    onUnauthenticated: () => (isRefused = true),
  });
  const answer = await read(relay);
  expect([answer.status, await answer.text(), isRefused]).toEqual([200, 'pixels', false]);
});

test('a store that is away for a while is asked again by a sandbox, at an address that is signed anew', async () => {
  const signatures: string[] = [];
  const store = await gatewayThat((answer, { url }) => {
    signatures.push(url!);
    answer.writeHead(signatures.length === 1 ? 503 : 200).end('pixels');
  });
  let signed = 0;
  const gateway = await gatewayThat((answer) => {
    signed += 1;
    answer.writeHead(307, { location: `${store}/object?signature=${signed}` }).end();
  });
  await using relay = await start(gateway, { isForSandbox: true });
  const dispatcher = new Agent({ connect: { socketPath: relay.socket! } });
  const { statusCode, body } = await request(`${relay.addressAt(80)}/files/dp1/1/image.fits`, { dispatcher });
  expect([statusCode, await body.text()]).toEqual([200, 'pixels']);
  expect(signatures).toEqual(['/object?signature=1', '/object?signature=2']);
  await dispatcher.close();
});
