/** Who has left a group is in it no longer for the gateway, however they show who they are, and whatever is configured. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Authenticator } from '../../src/access/authenticator.ts';
import { mintToken } from '../../src/access/development-issuer.ts';
import { FirstSights, FIRST_SIGHT_TABLES } from '../../src/access/first-sights.ts';
import { Gafaelfawr } from '../../src/access/gafaelfawr.ts';
import { LONGEST_CACHE_SECONDS, outdatedGroups } from '../../src/access/group-age.ts';
import { StateMemberships } from '../../src/access/memberships-in-state.ts';
import { MintedTokens } from '../../src/access/minted-token.ts';
import type { Identity } from '../../src/access/principal.ts';
import type { TokenIssuer } from '../../src/access/token-issuer.ts';
import { TokenVerifier } from '../../src/access/token-verifier.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';
import { prepareTables } from '../../src/state/tables.ts';
import { MockGafaelfawr } from '../../stack/mock-gafaelfawr.ts';
import fc, { runs } from '../sample.ts';
import { Forge } from './forge.ts';

const LIMIT = AbortSignal.timeout(10 * 60_000);
const MINUTE = 60;
/** Longest that Gafaelfawr itself goes on with what LDAP told it, and that a stream or a job goes on between two looks. */
const LDAP = 5 * MINUTE;
const RECHECK = MINUTE;

let directory: string;
let forge: Forge;
let state: State;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'group-age-'));
  forge = await Forge.open();
  state = await openState(`sqlite:${join(directory, 'state.sqlite3')}`, LIMIT);
  await prepareTables(state.database, FIRST_SIGHT_TABLES, LIMIT);
});
afterAll(async () => {
  await state.close();
  await forge[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});
beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);
const seconds = () => Math.floor(Date.now() / 1000);
const verifier = (changes: Partial<TokenIssuer> = {}) =>
  new TokenVerifier({ issuers: [{ ...forge.issuer, ...changes }], firstSights: new FirstSights(state) });

describe('the groups that a token states', () => {
  const inTeam = { groups: ['g_team'], scope: 'read:image' };

  test('count for 28 minutes since it was issued, however long it lives; its user stays signed in', async () => {
    const token = await forge.token({ claims: { ...inTeam, iat: seconds() } });
    pass(28 * MINUTE - 1);
    expect(await verifier().verify(token)).toMatchObject({ groups: ['g_team'] });
    pass(1);
    const principal = await verifier().verify(token);
    expect(principal).toMatchObject({ username: 'alice', groups: [], scopes: ['read:image'] });
    expect(outdatedGroups(principal)).toMatch(/get a new token/);
  });

  test('count since it was first seen, if it does not say when it was issued, also after a restart', async () => {
    const token = await forge.token({ claims: inTeam });
    expect(await verifier().verify(token)).toMatchObject({ groups: ['g_team'] });
    pass(28 * MINUTE - 1);
    expect(await verifier().verify(token)).toMatchObject({ groups: ['g_team'] });
    pass(1);
    expect(await verifier().verify(token)).toMatchObject({ groups: [], groupsAreOutdated: true });
    const respelled = `${token.slice(0, -1)}${respelling(token.at(-1)!)}`;
    expect(await verifier().verify(respelled)).toMatchObject({ groups: [] });
  });

  test('are remembered to have been seen by a digest, as long as the token lives', async () => {
    const exp = seconds() + 3600;
    const token = await forge.token({ claims: { ...inTeam, exp } });
    await verifier().verify(token);
    const rows = async () =>
      state.database.all(
        sql`SELECT * FROM ${state.database.table('token_first_sight')} WHERE expires_at < ${(exp + 3600) * 1000}`,
        LIMIT,
      );
    const [row] = await rows();
    expect(row).toEqual([expect.stringMatching(/^[\w-]{43}$/), expect.any(Number), expect.any(Number)]);
    pass(3600 + MINUTE - 1);
    await verifier().verify(await forge.token({ claims: { ...inTeam, jti: 'another' } }));
    expect(await rows()).toHaveLength(1);
    pass(2);
    await verifier().verify(await forge.token({ claims: { ...inTeam, jti: 'a third' } }));
    expect(await rows()).toEqual([]);
  });

  test('are nothing that one who states none could miss', async () => {
    const principal = await verifier().verify(await forge.token({ claims: { iat: 1 } }));
    expect(outdatedGroups(principal)).toBeUndefined();
  });

  test('give way to those of the newest token, where the issuer is the one for development', async () => {
    const issuer = { ...forge.issuer, jwks: join(directory, 'dev.jwks.json'), development: true };
    const mint = (groups: readonly string[]) => mintToken(issuer, { username: 'alice', groups, expires: '30 days' });
    const token = await mint(['g_team']);
    const verify = () => verifier(issuer).verify(token);
    pass(24 * 60 * MINUTE);
    expect(await verify()).toMatchObject({ groups: ['g_team'] });
    await mint(['g_other']);
    expect(await verify()).toMatchObject({ groups: ['g_other'] });
    await mint([]);
    expect(outdatedGroups(await verify())).toBeUndefined();
  });
});

/** One who was in a group, as the gateway sees them in one of its ways. */
type Way = () => Promise<Identity | null>;

test('who leaves a group is in it for half an hour at most, whichever way they come', async () => {
  const step = fc.record({ seconds: fc.integer({ min: 1, max: 700 }), isDown: fc.boolean() });
  const world = fc.record({
    cacheSeconds: fc.constantFrom(60, LONGEST_CACHE_SECONDS),
    issuerIsAhead: fc.integer({ min: -60, max: 60 }),
    before: fc.array(step, { maxLength: 5 }),
    after: fc.array(step, { minLength: 5, maxLength: 12 }),
  });
  let seen = 0;
  const property = fc.asyncProperty(world, async ({ cacheSeconds, issuerIsAhead, before, after }) => {
    await using mock = await MockGafaelfawr.start();
    mock.setUser('alice', { groups: ['g_team'] });
    const serviceToken = mock.token('bot-gateway', { scopes: ['admin:userinfo'] });
    const gafaelfawr = new Gafaelfawr({ url: mock.url, serviceToken, cacheSeconds, refusedSeconds: 5 });
    const secret = { derive: () => Buffer.alloc(32, 7) };
    const log = { warn: () => undefined };
    const accounts = { name: mock.url, identity: (name: string) => gafaelfawr.user(name) };
    const asked = await StateMemberships.open(state, { accounts, log }, LIMIT);
    const told = await StateMemberships.open(state, { log }, LIMIT);
    const issuer = { ...forge.issuer, clockToleranceSeconds: 60 };
    const named = { ...issuer, issuer: 'https://named.example/', groupsFrom: 'gafaelfawr' as const };
    const authenticator = () =>
      new Authenticator({
        gafaelfawr,
        tokens: new TokenVerifier({ issuers: [issuer, named], gafaelfawr, firstSights: new FirstSights(state) }),
        minted: new MintedTokens({ secret, memberships: asked, scopes: [] }),
      });
    const platform = mock.token('alice');
    const bearing = (token: string) =>
      authenticator().authenticate({ authorization: [`Bearer ${token}`], proxy: undefined });
    const proxy = { username: 'alice', token: platform, service: undefined };
    const iat = () => seconds() + issuerIsAhead;
    const jti = String(Math.random());
    const silent = await forge.token({ claims: { groups: ['g_team'], jti } });
    let stated = '';
    const asking: Record<string, Way> = {
      'a token of Gafaelfawr': () => bearing(platform),
      'the ingress': () => authenticator().authenticate({ authorization: [], proxy }),
      'a token whose groups Gafaelfawr knows': async () =>
        bearing(await forge.token({ claims: { iss: named.issuer } })),
      'a token that states them': () => bearing(stated),
      'a token that states them and not its age': () => bearing(silent),
    };
    const notAsking: Record<string, Way> = {
      'a job, by the platform': () => asked.of('alice'),
      'a job, by the last token': () => told.of('alice'),
      'a worker': async () => {
        const limits = { satellite: 'alice~work', operations: ['read'], job: null, aclRevision: 0 } as const;
        const minting = new MintedTokens({ secret, memberships: asked, scopes: [] });
        return bearing(await minting.mint({ username: 'alice', ...limits, seconds: 900 }));
      },
    };
    /** Ways in which the group counts now. */
    const counting = async (): Promise<string[]> => {
      const found: string[] = [];
      for (const [name, way] of Object.entries({ ...asking, ...notAsking })) {
        const who = await way().catch(() => null);
        // Noted by whoever asks, as `openScope` does.
        if (who && name in asking) await told.note(who as never);
        if (who?.groups.includes('g_team')) found.push(name);
      }
      return found;
    };

    for (const { seconds: some, isDown } of before) {
      mock.failure = isDown ? 503 : undefined;
      stated = await forge.token({ claims: { groups: ['g_team'], iat: iat() } });
      seen += (await counting()).length;
      pass(some);
    }
    stated = await forge.token({ claims: { groups: ['g_team'], iat: iat() } });
    await bearing(silent);
    const leftAt = Date.now();
    for (const { seconds: some, isDown } of after) {
      mock.failure = isDown ? 503 : undefined;
      pass(some);
      const since = (Date.now() - leftAt) / 1000;
      if (since >= LDAP) mock.setUser('alice', { groups: [] });
      const counts = await counting();
      // Whatever goes on is looked at once more.
      if (since + RECHECK >= 30 * MINUTE) expect(counts).toEqual([]);
      if (cacheSeconds === 60 && since >= LDAP + 60) {
        expect(counts.filter((name) => !name.includes('states') && name !== 'a job, by the last token')).toEqual([]);
      }
    }
    await gafaelfawr.close();
  });
  await fc.assert(property, { numRuns: runs(8) });
  expect(seen).toBeGreaterThan(runs(8) * 5);
}, 600_000);

/** Another last character of base64url that stands for the same bytes: of an RS256 signature, four bits of it are not used. */
function respelling(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(letter) ^ 1]!;
}
