import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TokenIssuer } from '../../src/access/token-issuer.ts';
import { TokenVerifier } from '../../src/access/token-verifier.ts';

let directory: string;
let issuer: TokenIssuer;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let strangers: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokens-'));
  keys = await generateKeyPair('RS256', { extractable: true });
  strangers = await generateKeyPair('RS256', { extractable: true });
  issuer = {
    issuer: 'https://id.example/',
    audience: 'gateway',
    jwks: join(directory, 'jwks.json'),
    groupsClaim: 'groups',
    scopeClaim: 'scope',
    scopes: ['read:image'],
  };
  await publish(keys.publicKey, 'one');
});
afterAll(() => rm(directory, { recursive: true }));

async function publish(key: CryptoKey, kid: string): Promise<void> {
  await writeFile(issuer.jwks, JSON.stringify({ keys: [{ ...(await exportJWK(key)), kid, alg: 'RS256' }] }));
}

const GOOD: JWTPayload = { iss: 'https://id.example/', aud: 'gateway', sub: 'alice', exp: 4_102_444_800 };

interface Forgery {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly key?: CryptoKey | Uint8Array;
}

function token({ claims = {}, header = {}, key = keys.privateKey }: Forgery = {}): Promise<string> {
  const payload = Object.fromEntries(Object.entries({ ...GOOD, ...claims }).filter(([, value]) => value !== undefined));
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(key);
}

const authenticate = (text: string) => new TokenVerifier([issuer]).authenticate(`Bearer ${text}`);

describe('a token of a configured issuer', () => {
  test('says who asks, with groups and scopes', async () => {
    const claims = { groups: ['g_rubin', { name: 'g_users', id: 7 }], scope: 'read:image write:files' };
    const text = await token({ claims });
    expect(await authenticate(text)).toEqual({
      username: 'alice',
      groups: ['g_rubin', 'g_users'],
      scopes: ['read:image', 'write:files'],
      quota: null,
      token: text,
      expiresAt: 4_102_444_800_000,
      source: 'https://id.example/',
    });
  });

  test('states the quota of the platform, or none', async () => {
    const quota = { disk: { '/home': 35_000_000_000 }, notebook: { cpu: 4 } };
    expect((await authenticate(await token({ claims: { quota } }))).quota).toEqual(quota);
    expect((await authenticate(await token({ claims: { quota: 'much' } }))).quota).toBeNull();
  });

  test('without a scope claim has the scopes of its issuer', async () => {
    expect((await authenticate(await token())).scopes).toEqual(['read:image']);
  });

  test('may be for several audiences', async () => {
    const { username } = await authenticate(await token({ claims: { aud: ['other', 'gateway'] } }));
    expect(username).toBe('alice');
  });

  test('is believed after its issuer has changed keys', async () => {
    const verifier = new TokenVerifier([issuer]);
    await verifier.authenticate(`Bearer ${await token()}`);
    await publish(strangers.publicKey, 'two');
    const rotated = await token({ header: { kid: 'two' }, key: strangers.privateKey });
    expect((await verifier.authenticate(`Bearer ${rotated}`)).username).toBe('alice');
    await publish(keys.publicKey, 'one');
    await expect(verifier.authenticate(`Bearer ${rotated}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('a token is refused', () => {
  const sharedSecret = async () => new TextEncoder().encode(await exportSPKI(keys.publicKey));
  const cases: Record<string, () => Promise<string>> = {
    'of an issuer that is not configured': () => token({ claims: { iss: 'https://evil.example' } }),
    'whose issuer differs in a slash': () => token({ claims: { iss: 'https://id.example' } }),
    'for another audience': () => token({ claims: { aud: 'other' } }),
    'that has expired': () => token({ claims: { exp: 1_000_000_000 } }),
    'that never expires': () => token({ claims: { exp: undefined } }),
    'that is not good yet': () => token({ claims: { nbf: 4_102_444_800 } }),
    'without a subject': () => token({ claims: { sub: undefined } }),
    'whose subject is a path': () => token({ claims: { sub: 'alice/../bob' } }),
    'whose subject has capitals': () => token({ claims: { sub: 'Alice' } }),
    'signed by somebody else': () => token({ key: strangers.privateKey }),
    'with an unknown key': () => token({ header: { kid: '../../etc/passwd' }, key: strangers.privateKey }),
    'that brings its own key': async () =>
      token({ header: { kid: undefined, jwk: await exportJWK(strangers.publicKey) }, key: strangers.privateKey }),
    'that points to its own keys': () =>
      token({
        header: { jku: 'https://evil.example/jwks.json', x5u: 'https://evil.example' },
        key: strangers.privateKey,
      }),
    'signed with the public key as a secret': async () =>
      token({ header: { alg: 'HS256' }, key: await sharedSecret() }),
    'without a signature': async () => new UnsecuredJWT(GOOD).encode(),
    'that is not a token': async () => 'not-a-token',
  };
  test.each(Object.entries(cases))('%s', async (_what, make) => {
    await expect(authenticate(await make())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test.each([undefined, '', 'Basic YWxpY2U6', 'Bearer', 'Bearer a b'])('in the header %j', async (header) => {
    await expect(new TokenVerifier([issuer]).authenticate(header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('without telling more than its owner knows', async () => {
    const error = await authenticate(await token({ claims: { exp: 1_000_000_000 } })).catch((e: unknown) => e);
    expect((error as Error).message).toBe('Your token was refused: it has expired; get a new one.');
  });
});

test('keys that cannot be had are not the token’s fault', async () => {
  const verifier = new TokenVerifier([{ ...issuer, jwks: join(directory, 'missing.json') }]);
  const failing = verifier.authenticate(`Bearer ${await token()}`);
  await expect(failing).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
});
