import { createPrivateKey } from 'node:crypto';
import { decodeJwt, generateKeyPair, SignJWT } from 'jose';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Authenticator } from '../../src/access/authenticator.ts';
import { GATEWAY_ISSUER, MintedTokens, type MintedTokenRequest } from '../../src/access/minted-token.ts';
import { operationOf, permits } from '../../src/access/permission.ts';
import type { Identity } from '../../src/access/principal.ts';
import { TokenVerifier } from '../../src/access/token-verifier.ts';
import { GatewaySecret } from '../../src/state/secret.ts';

const secret = new GatewaySecret(Buffer.alloc(32, 7));
const groups = new Map<string, Identity>([['alice', { username: 'alice', groups: ['g_users'] }]]);
const memberships = { of: async (name: string) => groups.get(name) ?? null };
const open = (of = secret) => new MintedTokens({ secret: of, memberships, scopes: ['read:image'] });
const REQUEST: MintedTokenRequest = {
  username: 'alice',
  satellite: 'alice~mine',
  operations: ['read', 'transfer'],
  job: 'job-1',
  aclRevision: 12,
  seconds: 600,
};

afterEach(() => vi.useRealTimers());

describe('a token that the gateway minted', () => {
  test('says whose it is and what it is good for, with the groups that the user has now', async () => {
    const token = await open().mint(REQUEST);
    const authenticator = new Authenticator({ tokens: new TokenVerifier({ issuers: [] }), minted: open() });
    expect(await authenticator.authenticate({ authorization: [`Bearer ${token}`], proxy: undefined })).toEqual({
      username: 'alice',
      groups: ['g_users'],
      scopes: ['read:image'],
      quota: null,
      kind: 'minted',
      token: undefined,
      source: GATEWAY_ISSUER,
      expiresAt: decodeJwt(token).exp! * 1000,
      limits: { satellite: 'alice~mine', operations: ['read', 'transfer'], job: 'job-1', aclRevision: 12 },
    });
  });

  test('is good for 15 minutes at most', async () => {
    await expect(open().mint({ ...REQUEST, seconds: 901 })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    const token = await open().mint({ ...REQUEST, seconds: 900 });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 901_000 });
    await expect(open().verify(token)).rejects.toThrow('has expired');
  });

  test('is good at replicas of the gateway, and at no other gateway', async () => {
    const token = await open().mint(REQUEST);
    await expect(open(new GatewaySecret(Buffer.alloc(32, 8))).verify(token)).rejects.toThrow('its signature');
  });

  test('ends with its user’s account', async () => {
    await expect(open().verify(await open().mint({ ...REQUEST, username: 'carol' }))).rejects.toThrow('no account');
  });

  test('is refused when it was revoked', async () => {
    const revocations = { isRevoked: async () => true };
    const tokens = new MintedTokens({ secret, memberships, scopes: [], revocations });
    await expect(tokens.verify(await tokens.mint(REQUEST))).rejects.toThrow('has been revoked');
  });

  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret.derive('minted-token')]);
  const own = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const claims = { satellite: 'alice~mine', ops: ['read'], job: null, acl_rev: 0 };
  const forged = (changes: Record<string, unknown>, header: Record<string, unknown> = {}) =>
    new SignJWT({ ...claims, iss: GATEWAY_ISSUER, aud: GATEWAY_ISSUER, sub: 'alice', jti: 'x', ...changes })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'satellite+jwt', ...header })
      .setIssuedAt()
      .setExpirationTime('1 hour');

  test('in which something is amiss is refused, even with the right key', async () => {
    expect((await open().verify(await forged({}).sign(own))).username).toBe('alice');
    for (const changes of [
      { ops: [] },
      { ops: ['grant'] },
      { satellite: undefined },
      { aud: 'other' },
      { sub: '../bob' },
    ]) {
      await expect(open().verify(await forged(changes).sign(own))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    await expect(open().verify(await forged({}, { typ: 'JWT' }).sign(own))).rejects.toThrow('"typ"');
    const { privateKey } = await generateKeyPair('Ed25519');
    await expect(open().verify(await forged({}).sign(privateKey))).rejects.toThrow('its signature');
  });
});

describe('what it is good for', () => {
  const limits = { satellite: 'alice~mine', operations: ['read', 'curate'] as const, job: null, aclRevision: 0 };
  const limited = { username: 'alice', limits };

  test('are its operations on its satellite, by whatever name', () => {
    expect(permits(limited, 'curate', 'mine')).toBe(true);
    expect(permits(limited, 'curate', 'alice~mine')).toBe(true);
    expect(permits(limited, 'read')).toBe(true);
  });

  test('is nothing else', () => {
    expect(permits(limited, 'curate', 'other')).toBe(false);
    expect(permits(limited, 'curate', 'bob~mine')).toBe(false);
    expect(permits(limited, 'curate')).toBe(false);
    expect(permits(limited, 'transfer', 'mine')).toBe(false);
    for (const mutation of ['deleteSatellite', 'grantAccess', 'createSatellite', 'retryJob', 'what comes later']) {
      expect(permits(limited, operationOf(mutation), 'mine'), mutation).toBe(false);
    }
  });

  test('another credential is not limited', () => {
    expect(permits({ username: 'alice' }, operationOf('deleteSatellite'), 'other')).toBe(true);
  });
});
