import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPair } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TokenIssuer } from '../../src/access/token-issuer.ts';
import { TokenVerifier } from '../../src/access/token-verifier.ts';
import { Forge } from './forge.ts';

let forge: Forge;
beforeAll(async () => {
  forge = await Forge.open();
});
afterAll(() => forge[Symbol.asyncDispose]());
beforeEach(() => forge.publish(forge.keys, 'one'));

const verify = (token: string, changes: Partial<TokenIssuer> = {}) =>
  new TokenVerifier({ issuers: [{ ...forge.issuer, ...changes }] }).verify(token);

describe('a token of a configured issuer', () => {
  test('says who asks, with groups and scopes', async () => {
    const iat = Math.floor(Date.now() / 1000) - 60;
    const claims = { groups: ['g_rubin', { name: 'g_users', id: 7 }], scope: 'read:image write:files', iat };
    const token = await forge.token({ claims });
    expect(await verify(token)).toEqual({
      username: 'alice',
      groups: ['g_rubin', 'g_users'],
      groupIds: new Map([['g_users', 7]]),
      scopes: ['read:image', 'write:files'],
      quota: null,
      kind: 'jwt',
      token,
      source: 'https://id.example/',
      expiresAt: 4_102_444_800_000,
      groupsUntil: (iat + 28 * 60) * 1000,
    });
  });

  test('states the quota of the platform, or none', async () => {
    const quota = { disk: { '/home': 35_000_000_000 }, notebook: { cpu: 4 } };
    expect((await verify(await forge.token({ claims: { quota } }))).quota).toEqual(quota);
    expect((await verify(await forge.token({ claims: { quota: 'much' } }))).quota).toBeNull();
  });

  test('without a scope claim has the scopes of its issuer, with an empty one none', async () => {
    expect((await verify(await forge.token())).scopes).toEqual(['read:image']);
    expect((await verify(await forge.token({ claims: { scope: '' } }))).scopes).toEqual([]);
    expect((await verify(await forge.token({ claims: { scope: ['a', 'b'] } }))).scopes).toEqual(['a', 'b']);
  });

  test('may be for several audiences', async () => {
    const { username } = await verify(await forge.token({ claims: { aud: ['other', 'gateway'] } }));
    expect(username).toBe('alice');
  });

  test('may be of the type of an access token', async () => {
    expect((await verify(await forge.token({ header: { typ: 'application/AT+JWT' } }))).username).toBe('alice');
  });

  test('is believed within the clock’s tolerance', async () => {
    const exp = Math.floor(Date.now() / 1000) - 10;
    expect((await verify(await forge.token({ claims: { exp } }))).username).toBe('alice');
    await expect(verify(await forge.token({ claims: { exp } }), { clockToleranceSeconds: 0 })).rejects.toThrow(
      'has expired',
    );
  });

  test('is believed after its issuer has changed keys in the file, and the old ones are not', async () => {
    const verifier = new TokenVerifier({ issuers: [forge.issuer] });
    await verifier.verify(await forge.token());
    await forge.publish(forge.strangers, 'two');
    const rotated = await forge.token({ header: { kid: 'two' }, key: forge.strangers.privateKey });
    expect((await verifier.verify(rotated)).username).toBe('alice');
    await forge.publish(forge.keys, 'one');
    await expect(verifier.verify(rotated)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('that names no key is believed if one of its issuer’s keys has signed it', async () => {
    const sets = [await forge.keySet(forge.strangers, 'two'), await forge.keySet(forge.keys, 'one')];
    const keys = sets.flatMap((set) => (JSON.parse(set) as { keys: object[] }).keys);
    await writeFile(forge.issuer.jwks, JSON.stringify({ keys }));
    expect((await verify(await forge.token({ header: { kid: undefined } }))).username).toBe('alice');
    const { privateKey: key } = await generateKeyPair('RS256');
    await expect(verify(await forge.token({ header: { kid: undefined }, key }))).rejects.toThrow('its signature');
    const expired = forge.token({ header: { kid: undefined }, claims: { exp: 1 } });
    await expect(verify(await expired)).rejects.toThrow('has expired');
  });

  test('is refused by one issuer’s rule though another’s would take it', async () => {
    const other = { ...forge.issuer, issuer: 'https://other.example', audience: 'other' };
    const verifier = new TokenVerifier({ issuers: [forge.issuer, other] });
    await expect(verifier.verify(await forge.token({ claims: { aud: 'other' } }))).rejects.toThrow('"aud"');
  });
});

test('keys that cannot be had are not the token’s fault', async () => {
  const failing = verify(await forge.token(), { jwks: join(forge.directory, 'missing.json') });
  await expect(failing).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
});

describe('a long-lived token', () => {
  const issuedAt = (seconds: number) => ({ claims: { iat: Math.floor(Date.now() / 1000) + seconds } });

  test('is good for as long as its issuer may say, from when it was issued', async () => {
    const rule = { maxAgeSeconds: 1800, clockToleranceSeconds: 0 };
    expect((await verify(await forge.token(issuedAt(-1700)), rule)).username).toBe('alice');
    await expect(verify(await forge.token(issuedAt(-1900)), rule)).rejects.toThrow('has expired');
    await expect(verify(await forge.token(), rule)).rejects.toThrow('"iat"');
  });

  test('from the future is refused, as it could not be revoked', async () => {
    await expect(verify(await forge.token(issuedAt(100)))).rejects.toThrow('from the future');
  });

  test('has the groups that Gafaelfawr knows, where its issuer’s groups come from there', async () => {
    const groupIds = new Map([['g_now', 9]]);
    const user = { username: 'alice', groups: ['g_now'], groupIds, groupsUntil: Infinity, quota: { api: {} } };
    const accounts = new Map([['alice', user]]);
    const issuers: TokenIssuer[] = [{ ...forge.issuer, groupsFrom: 'gafaelfawr' }];
    const gafaelfawr = { user: async (name: string) => accounts.get(name) ?? null };
    const verifier = new TokenVerifier({ issuers, gafaelfawr });
    const token = await forge.token({ claims: { groups: ['g_then'] } });
    expect(await verifier.verify(token)).toMatchObject({ groups: ['g_now'], quota: { api: {} } });
    accounts.delete('alice');
    await expect(verifier.verify(token)).rejects.toThrow('no account any more');
  });

  test('is refused once its issuer calls it inactive, at the latest after the stated age', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      let active = true;
      const asked: string[] = [];
      vi.stubGlobal('fetch', async (_url: string, { body, headers }: { body: URLSearchParams; headers: object }) => {
        asked.push(String(body.get('token')));
        expect(headers).toMatchObject({ authorization: `Basic ${btoa('gateway:s%2Fcret')}` });
        return Response.json({ active });
      });
      const introspection = {
        url: 'https://id.example/introspect',
        clientId: 'gateway',
        clientSecret: 's/cret',
        cacheSeconds: 60,
      };
      const verifier = new TokenVerifier({ issuers: [{ ...forge.issuer, introspection }] });
      const token = await forge.token();
      await verifier.verify(token);
      await verifier.verify(token);
      expect(asked).toEqual([token]);
      active = false;
      vi.advanceTimersByTime(60_000);
      await expect(verifier.verify(token)).rejects.toThrow('has been revoked');
    } finally {
      vi.useRealTimers();
      vi.unstubAllGlobals();
    }
  });
});
