/** What users are told whose token states groups that are too old to count. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Forge } from '../access/forge.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { runGateway, type GraphQLAnswer, type RunningGateway } from './running-gateway.ts';

const OFFICIAL = JSON.stringify(sqliteRepository('official'));
const WORDS = 'get a new token';

let forge: Forge;
let gateway: RunningGateway;
beforeAll(async () => {
  forge = await Forge.open();
  const { issuer, audience, jwks } = forge.issuer;
  gateway = await runGateway({
    auth: { issuers: [{ issuer, audience, jwks }] },
    yaml: `
repositories:
  - {name: dp1, kind: direct, path: ${OFFICIAL}}
  - {name: team, kind: direct, path: ${OFFICIAL}, groups: [g_team]}`,
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await forge[Symbol.asyncDispose]();
});

/** Headers of a token that was issued so many minutes ago. */
async function issuedAgo(minutes: number, groups: readonly string[] = ['g_team']) {
  const iat = Math.floor(Date.now() / 1000) - minutes * 60;
  return {
    authorization: `Bearer ${await forge.token({ claims: { groups, iat } })}`,
    'content-type': 'application/json',
  };
}

async function ask(headers: Record<string, string>, query: string): Promise<GraphQLAnswer> {
  const answer = await gateway.fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
  return { status: answer.status, headers: answer.headers, ...((await answer.json()) as object) };
}

const WHO = '{viewer {groups warnings} repositories {name}}';
const DATASETS = (more = '') => `{datasets(datasetTypes: "raw", collections: ["HSC/raw/all"] ${more}) {warnings}}`;

test('they keep what is for all, and learn why there is no more', async () => {
  const { data } = await ask(await issuedAgo(27), WHO);
  expect(data).toEqual({
    viewer: { groups: ['g_team'], warnings: [] },
    repositories: [{ name: 'dp1' }, { name: 'team' }],
  });
  const old = await issuedAgo(28);
  const { data: now } = await ask(old, WHO);
  expect(now.viewer).toEqual({ groups: [], warnings: [expect.stringContaining(WORDS)] });
  expect(now.repositories).toEqual([{ name: 'dp1' }]);
  expect((await ask(old, DATASETS())).data.datasets.warnings).toEqual([expect.stringContaining(WORDS)]);
  const { errors } = await ask(old, DATASETS('strict: true'));
  expect(errors![0]).toMatchObject({ message: expect.stringContaining(WORDS), extensions: { code: 'INVALID_QUERY' } });
});

test('they are told so with every denial, the same for what there is and for what there is not', async () => {
  const old = await issuedAgo(60);
  const denied = async (name: string) => {
    const { errors } = await ask(old, DATASETS(`repositories: ["${name}"]`));
    return errors![0]!.message.replaceAll(name, 'NAME');
  };
  expect(await denied('team')).toContain(WORDS);
  expect(await denied('team')).toBe(await denied('none'));
  const { errors } = await ask(old, '{datasets(datasetTypes: "raw", collections: ["nowhere"]) {warnings}}');
  expect(errors![0]!.message).toContain(WORDS);
  const stock = await gateway.fetch('/api/butler/repo/team/v1/universe', { headers: old });
  expect(stock.status).toBe(404);
  expect(await stock.text()).toContain(WORDS);
});

test('others are told nothing of it', async () => {
  for (const headers of [await issuedAgo(1), await issuedAgo(60, [])]) {
    const { errors } = await ask(headers, DATASETS('repositories: ["none"]'));
    expect(errors![0]!.message).not.toContain(WORDS);
  }
});
