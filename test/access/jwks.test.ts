/** Keys of an issuer that are fetched over HTTP, with a clock of the test's own. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { TokenVerifier } from '../../src/access/token-verifier.ts';
import { Forge } from './forge.ts';

let forge: Forge;
let server: Server;
let jwks: string;
let served: string;
let status: number;
let fetches: number;

beforeAll(async () => {
  forge = await Forge.open();
  server = createServer((_request, response) => {
    fetches++;
    response.writeHead(status, { 'content-type': 'application/json' }).end(served);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
});
afterAll(async () => {
  server.close();
  await forge[Symbol.asyncDispose]();
});
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  served = await forge.keySet(forge.keys, 'one');
  status = 200;
  fetches = 0;
});
afterEach(() => vi.useRealTimers());

const verifier = () => new TokenVerifier({ issuers: [{ ...forge.issuer, jwks }] });
const rotated = () => forge.token({ header: { kid: 'two' }, key: forge.strangers.privateKey });

test('a token is believed after its issuer has changed keys, without a restart', async () => {
  const tokens = verifier();
  await tokens.verify(await forge.token());
  served = await forge.keySet(forge.strangers, 'two');
  vi.advanceTimersByTime(30_000);
  expect((await tokens.verify(await rotated())).username).toBe('alice');
  await expect(tokens.verify(await forge.token())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a thousand tokens with made-up keys make the gateway fetch the keys once in 30 seconds', async () => {
  const tokens = verifier();
  await tokens.verify(await forge.token());
  const forged = await forge.token({ key: forge.strangers.privateKey, header: { kid: 'K' } });
  const withKey = (kid: string) => {
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid })).toString('base64url');
    return [header, ...forged.split('.').slice(1)].join('.');
  };
  for (const seconds of [0, 31, 31]) {
    vi.advanceTimersByTime(seconds * 1000);
    const before = fetches;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, i) => tokens.verify(withKey(`made-up-${i}`))),
    );
    expect(
      outcomes.every((o) => o.status === 'rejected' && (o.reason as { code: string }).code === 'UNAUTHENTICATED'),
    ).toBe(true);
    expect(fetches - before).toBeLessThanOrEqual(1);
  }
  expect((await tokens.verify(await forge.token())).username).toBe('alice');
});

test('keys whose server is down are asked for once in 30 seconds, and the tokens are not to blame', async () => {
  const tokens = verifier();
  status = 500;
  for (let i = 0; i < 100; i++) {
    await expect(tokens.verify(await forge.token())).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  }
  expect(fetches).toBe(1);
  status = 200;
  vi.advanceTimersByTime(30_000);
  expect((await tokens.verify(await forge.token())).username).toBe('alice');
});

test('a key that its issuer has withdrawn is believed for ten minutes at most', async () => {
  const tokens = verifier();
  await tokens.verify(await forge.token());
  served = await forge.keySet(forge.strangers, 'two');
  vi.advanceTimersByTime(600_000);
  await expect(tokens.verify(await forge.token())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  status = 500;
  vi.advanceTimersByTime(600_000);
  await expect(tokens.verify(await rotated())).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
});

test('a set of keys that cannot be read is not the token’s fault', async () => {
  served = '{"keys": "none"}';
  await expect(verifier().verify(await forge.token())).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
});
