import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Authenticator } from '../../src/access/authenticator.ts';
import type { ProxyCredential } from '../../src/access/credentials.ts';
import { Gafaelfawr } from '../../src/access/gafaelfawr.ts';
import { TokenVerifier } from '../../src/access/token-verifier.ts';
import { MockGafaelfawr } from '../../stack/mock-gafaelfawr.ts';
import { Forge } from './forge.ts';

let forge: Forge;
let mock: MockGafaelfawr;
let gafaelfawr: Gafaelfawr;
let authenticator: Authenticator;

beforeAll(async () => {
  forge = await Forge.open();
});
afterAll(() => forge[Symbol.asyncDispose]());
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  mock = await MockGafaelfawr.start();
  mock.setUser('alice', { groups: ['g_users', 'g_dp1'], quota: { api: { datalinker: 500 } } });
  mock.setUser('bob', { groups: ['g_users'] });
  const service = mock.token('bot-gateway', { scopes: ['admin:userinfo'] });
  gafaelfawr = new Gafaelfawr({ url: `${mock.url}/auth`, serviceToken: service, cacheSeconds: 60, refusedSeconds: 5 });
  const tokens = new TokenVerifier({ issuers: [forge.issuer], gafaelfawr });
  authenticator = new Authenticator({ tokens, gafaelfawr, proxyScopes: ['read:image'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await gafaelfawr.close();
  await mock.stop();
});

const bearing = (...tokens: string[]) =>
  authenticator.authenticate({ authorization: tokens.map((token) => `Bearer ${token}`), proxy: undefined });
const proxied = (username: string, token?: string, ...bearer: string[]) => {
  const proxy: ProxyCredential = { username, token, service: undefined };
  return authenticator.authenticate({ authorization: bearer.map((t) => `Bearer ${t}`), proxy });
};
const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

describe('a token of Gafaelfawr', () => {
  test('says who asks, with groups and their ids, scopes and quota', async () => {
    const token = mock.token('alice', { expires: 4_102_444_800 });
    const principal = await bearing(token);
    expect(principal).toMatchObject({
      username: 'alice',
      groups: ['g_users', 'g_dp1'],
      scopes: ['read:image', 'write:files'],
      quota: { api: { datalinker: 500 } },
      kind: 'gafaelfawr',
      token,
      source: `${mock.url}/auth`,
      expiresAt: 4_102_444_800_000,
    });
    expect([...principal.groupIds!.keys()]).toEqual(['g_users', 'g_dp1']);
  });

  test('is introspected once for many requests, also at once', async () => {
    const token = mock.token('alice');
    await Promise.all(Array.from({ length: 20 }, () => bearing(token)));
    await bearing(token);
    expect(mock.asked).toEqual(['token-info', 'user-info']);
  });

  test('that was revoked is refused within 60 seconds', async () => {
    const token = mock.token('alice');
    const start = Date.now();
    await bearing(token);
    mock.revoke(token);
    let refusedAfter = Infinity;
    for (let s = 0; s <= 120 && refusedAfter === Infinity; s++) {
      await bearing(token).catch(() => (refusedAfter = (Date.now() - start) / 1000));
      pass(1);
    }
    expect(refusedAfter).toBeLessThanOrEqual(20);
  });

  test('that was delegated is refused, too, when the one that it came from is revoked', async () => {
    const parent = mock.token('alice');
    const child = mock.token('alice', { parent });
    await proxied('alice', child);
    mock.revoke(parent);
    pass(20);
    await expect(proxied('alice', child)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('of a member who left a group loses it within 60 seconds, and of one who joined gets it within 30', async () => {
    const token = mock.token('alice');
    await bearing(token);
    mock.setUser('alice', { groups: ['g_new'] });
    pass(20);
    expect((await bearing(token)).groups).toEqual(['g_new']);
  });

  test('that has ended is refused to the second', async () => {
    const token = mock.token('alice', { expires: Math.floor(Date.now() / 1000) + 10 });
    await bearing(token);
    pass(11);
    await expect(bearing(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('that is new is known within seconds, though it was asked for before it was', async () => {
    await expect(bearing('gt-unknown.secret')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(bearing('gt-unknown.secret')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(mock.asked).toEqual(['token-info']);
    pass(5);
    await expect(bearing('gt-unknown.secret')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(mock.asked).toHaveLength(2);
  });

  test('goes on to be believed for its age, and no longer, while Gafaelfawr is down', async () => {
    const token = mock.token('alice');
    await bearing(token);
    mock.failure = 500;
    pass(59);
    expect((await bearing(token)).username).toBe('alice');
    pass(1);
    await expect(bearing(token)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryAfter: 5 });
    await expect(bearing(mock.token('bob'))).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await mock.stop();
    await expect(bearing(token)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(String(await bearing(token).catch((e: unknown) => e))).not.toContain(token);
  });

  test('of a service’s user without an account is in no group', async () => {
    expect(await bearing(mock.token('bot-mobu'))).toMatchObject({ username: 'bot-mobu', groups: [], quota: null });
  });

  test.each(['gt-', 'gt-a b', 'gt-x\u0000', `gt-${'x'.repeat(2000)}`])(
    'that cannot be one is not asked for: %j',
    async (token) => {
      await expect(bearing(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(mock.asked).toEqual([]);
    },
  );
});

describe('who comes through the ingress', () => {
  test('is who the delegated token is of, which is what repositories are asked with', async () => {
    const token = mock.token('alice');
    expect(await proxied('alice', token)).toMatchObject({
      username: 'alice',
      groups: ['g_users', 'g_dp1'],
      kind: 'proxy',
      token,
    });
  });

  test('without a delegated token is in no group, and has the configured scopes', async () => {
    const principal = await proxied('alice');
    expect(principal).toMatchObject({ username: 'alice', groups: [], scopes: ['read:image'], kind: 'proxy' });
    expect(principal.token).toBeUndefined();
    expect(mock.asked).toEqual([]);
  });

  test.each(['Alice', 'alice~x', '../bob', 'alice,bob'])('is nobody by the name %j', async (name) => {
    await expect(proxied(name)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('with a delegated token that is not good is refused', async () => {
    await expect(proxied('alice', 'gt-unknown.secret')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('credentials of different users in one request are refused', () => {
  const disagreement = (users: string[]) => ({ code: 'BAD_USER_INPUT', users });

  test('the ingress’s and a bearer token’s', async () => {
    const jwt = await forge.token({ claims: { sub: 'bob' } });
    await expect(proxied('alice', mock.token('alice'), jwt)).rejects.toMatchObject(disagreement(['alice', 'bob']));
  });

  test('the ingress’s name and its delegated token’s', async () => {
    await expect(proxied('alice', mock.token('bob'))).rejects.toMatchObject(disagreement(['alice', 'bob']));
  });

  test('two bearer tokens', async () => {
    const failing = bearing(mock.token('alice'), await forge.token({ claims: { sub: 'bob' } }));
    await expect(failing).rejects.toMatchObject(disagreement(['alice', 'bob']));
  });

  test('also where one of them is not good', async () => {
    await expect(proxied('alice', undefined, 'gt-unknown.secret')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(bearing(mock.token('alice'), 'x', 'y')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('while those of one user are one', async () => {
    const { kind } = await proxied('alice', mock.token('alice'), await forge.token());
    expect(kind).toBe('proxy');
  });
});

test.each([[], ['Basic YWxpY2U6'], ['Bearer'], ['Bearer a b'], ['']])(
  'the header %j says nobody',
  async (...authorization) => {
    const failing = authenticator.authenticate({
      authorization: authorization.filter((h) => h !== undefined),
      proxy: undefined,
    });
    await expect(failing).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  },
);

test('a user who is not asking is known by name, as long as there is an account', async () => {
  expect(await gafaelfawr.user('alice')).toMatchObject({ username: 'alice', groups: ['g_users', 'g_dp1'] });
  mock.removeUser('alice');
  pass(20);
  expect(await gafaelfawr.user('alice')).toBeNull();
});
