import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mintToken, prepareDevelopmentKeys } from '../../src/access/development-issuer.ts';
import type { TokenIssuer } from '../../src/access/token-issuer.ts';
import { TokenVerifier } from '../../src/access/token-verifier.ts';

let directory: string;
let issuer: TokenIssuer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'issuer-'));
  const jwks = join(directory, 'dev.jwks.json');
  issuer = {
    issuer: 'http://localhost/dev',
    audience: 'gateway',
    jwks,
    algorithms: ['EdDSA'],
    types: ['JWT'],
    clockToleranceSeconds: 0,
    groupsClaim: 'groups',
    groupsFrom: 'claim',
    scopeClaim: 'scope',
    scopes: ['read:image'],
  };
});
afterAll(() => rm(directory, { recursive: true }));

test('a minted token is one that the gateway believes', async () => {
  const token = await mintToken(issuer, { username: 'alice', groups: ['g_rubin'], expires: '1h' });
  const principal = await new TokenVerifier({ issuers: [issuer] }).verify(token);
  expect(principal).toMatchObject({ username: 'alice', groups: ['g_rubin'], scopes: ['read:image'] });
});

test('a minted token has the scopes that were asked for', async () => {
  const claims = { username: 'alice', groups: [], scopes: ['read:image', 'write:files'], expires: '1h' };
  const principal = await new TokenVerifier({ issuers: [issuer] }).verify(await mintToken(issuer, claims));
  expect(principal.scopes).toEqual(['read:image', 'write:files']);
});

test('keys are made once, and the private one is nobody else’s to read', async () => {
  await Promise.all([prepareDevelopmentKeys(issuer), prepareDevelopmentKeys(issuer)]);
  const before = await readFile(issuer.jwks, 'utf8');
  await prepareDevelopmentKeys(issuer);
  expect(await readFile(issuer.jwks, 'utf8')).toBe(before);
  expect(before).not.toContain('"d"');
  expect((await stat(join(directory, 'dev.jwks.private.json'))).mode & 0o777).toBe(0o600);
});

test('a span of time that is none is refused', async () => {
  const minting = mintToken(issuer, { username: 'alice', groups: [], expires: 'for ever' });
  await expect(minting).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});
