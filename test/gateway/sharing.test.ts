/** Sharing through the real gateway: alice owns, bob is granted, carol has nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { runGateway, type GraphQLAnswer, type RunningGateway } from './running-gateway.ts';

let gateway: RunningGateway;
let now = Date.parse('2027-01-01T00:00:00Z');

beforeAll(async () => {
  gateway = await runGateway({
    now: () => now,
    yaml: `
satellites: {root: ./satellites}
repositories:
  - {name: dp1, kind: direct, path: ${JSON.stringify(sqliteRepository('official'))}}`,
  });
}, 60_000);
afterAll(() => gateway[Symbol.asyncDispose]());

async function ask(user: string, query: string, variables: object = {}): Promise<GraphQLAnswer> {
  const headers = { authorization: `Bearer ${await gateway.token(user)}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ query, variables });
  const answer = await gateway.fetch('/graphql', { method: 'POST', headers, body });
  return { status: answer.status, headers: answer.headers, ...((await answer.json()) as object) };
}

async function change(user: string, mutation: string, input: object, fields: string) {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  return ask(user, `mutation ($input: ${type}!) {${mutation}(input: $input) {${fields}}}`, { input });
}

async function makeSatellite(name: string): Promise<void> {
  const created = await change('alice', 'createSatellite', { name, official: 'dp1' }, 'satellite {name}');
  expect(created.errors).toBeUndefined();
}

describe('a whole satellite', () => {
  test('that is granted is seen by the other user at the next request, and no more after it is revoked', async () => {
    await makeSatellite('mine');
    const seen = async (user: string) =>
      (
        await ask(
          user,
          '{repositories {name} satellites {name owner state} satellite(name: "alice~mine") {name uri createdAt repository {name}}}',
        )
      ).data;
    expect((await seen('bob')).satellite).toBeNull();
    const granted = await change(
      'alice',
      'grantAccess',
      { satellite: 'mine', user: 'bob' },
      'grant {id satellite user right grantedBy} accessRevision',
    );
    expect(granted.errors).toBeUndefined();
    const { grant, accessRevision } = granted.data.grantAccess;
    expect(grant).toMatchObject({ satellite: 'alice~mine', user: 'bob', right: 'READ', grantedBy: 'alice' });
    expect(accessRevision).toBe(1);
    const bobs = await seen('bob');
    expect(bobs.satellites).toEqual([{ name: 'mine', owner: 'alice', state: 'READY' }]);
    expect(bobs.repositories.at(-1)).toEqual({ name: 'alice~mine' });
    expect(bobs.satellite).toEqual({ name: 'mine', uri: null, createdAt: null, repository: { name: 'alice~mine' } });
    expect((await seen('carol')).satellites).toEqual([]);
    const revoked = await change('alice', 'revokeAccess', { grant: grant.id }, 'accessRevision');
    expect(revoked.data.revokeAccess).toEqual({ accessRevision: 2 });
    expect((await seen('bob')).satellite).toBeNull();
  });

  test('ceases to be shared at the very moment that was said', async () => {
    const input = { satellite: 'mine', user: 'bob', expiresAt: '2027-01-01T01:00:00Z' };
    await change('alice', 'grantAccess', input, 'grant {id}');
    const seen = async () => (await ask('bob', '{repository(name: "alice~mine") {name}}')).data.repository;
    expect(await seen()).not.toBeNull();
    now = Date.parse('2027-01-01T00:59:59.999Z');
    expect(await seen()).not.toBeNull();
    now += 1;
    expect(await seen()).toBeNull();
  });
});
