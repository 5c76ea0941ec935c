/** Repositories of the configuration: a published one goes by names, one with an owner is shared like a satellite. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqliteRepository } from '../fixtures/repositories.ts';
import fc, { runs } from '../sample.ts';
import { openSharing, type SharingWorld } from './sharing-world.ts';

let world: SharingWorld;
const path = JSON.stringify(sqliteRepository('satellite'));

beforeAll(async () => {
  world = await openSharing({
    yaml: `
satellites: {root: ./satellites}
repositories:
  - {name: published, kind: direct, path: ${path}, role: published}
  - {name: old, kind: direct, path: ${path}, owner: alice}
  - {name: members, kind: direct, path: ${path}, groups: [g_lensing]}`,
  });
});
afterAll(() => world[Symbol.asyncDispose]());

async function collections(user: string, repository: string): Promise<string[]> {
  const query = 'query ($in: [String!]) {collections(repositories: $in, first: 1000) {totalCount nodes {name}}}';
  const { data } = await world.ask(user, query, { in: [repository] });
  expect(data.collections.totalCount).toBe(data.collections.nodes.length);
  return data.collections.nodes.map(({ name }: { name: string }) => name);
}

const DATASETS = `query ($types: [String!]!, $in: [String!]!, $repositories: [String!], $after: String) {
  datasets(datasetTypes: $types, collections: $in, repositories: $repositories, findFirst: false, first: 7, after: $after) {
    totalCount nodes {uuid run} pageInfo {hasNextPage endCursor}
  }
}`;

/** All datasets of a collection, page by page; each page but the last is full. */
async function datasets(user: string, repository: string, types: readonly string[], collection: string) {
  const rows: { readonly uuid: string; readonly run: string }[] = [];
  for (let after: string | null = null; ;) {
    const answer = await world.ask(user, DATASETS, { types, in: [collection], repositories: [repository], after });
    if (answer.errors) return answer.errors[0]!.extensions['code'] as string;
    const { nodes, totalCount, pageInfo } = answer.data.datasets;
    rows.push(...(nodes as typeof rows));
    if (!pageInfo.hasNextPage) {
      expect(totalCount).toBe(rows.length);
      return rows;
    }
    expect(nodes).toHaveLength(7);
    after = pageInfo.endCursor;
  }
}

describe('a published repository', () => {
  test('shows a user what is theirs and what is nobody’s, and owners of names share', async () => {
    const whole = await collections('alice', 'old');
    const below = (prefix: string) => whole.filter((name) => name.startsWith(prefix));
    const everybodys = whole.filter((name) => !name.startsWith('u/') && !name.startsWith('g/'));
    const expected = (...own: string[][]) => [...everybodys, ...own.flat()].sort();
    expect((await collections('bob', 'published')).sort()).toEqual(expected(below('u/bob/')));
    expect((await collections('carol', 'published')).sort()).toEqual(expected());
    const grant = await world.grant({ satellite: 'published', user: 'carol', collection: 'u/alice/run1' });
    expect((await collections('carol', 'published')).sort()).toEqual(expected(['u/alice/run1']));
    await world.revoke(grant);
    const code = async (user: string, input: object) => {
      const { errors = [] } = await world.change(
        user,
        'grantAccess',
        { satellite: 'published', ...input },
        'grant {id}',
      );
      return errors[0]?.extensions['code'];
    };
    expect(await code('bob', { user: 'carol', collection: 'u/alice/run1' })).toBe('FORBIDDEN');
    expect(await code('alice', { user: 'carol', collection: 'imported_g' })).toBe('FORBIDDEN');
    expect(await code('alice', { user: 'carol' })).toBe('FORBIDDEN');
    expect(await code('alice', { allUsers: true, collection: 'u/alice/run1' })).toBe('FORBIDDEN');
  });
});

test.each([
  ['for members of a group', 'members', 'nobodys'],
  ['of another user', 'alice~old', 'alice~new'],
])(
  'a repository %s is, to those who want to change something in it, as if it were not there',
  async (_whose, real, none) => {
    const answerTo = async (satellite: string) => {
      const made = { satellite, name: 'u/bob/run', type: 'RUN' };
      const { errors } = await world.change('bob', 'createCollection', made, 'collection {name}');
      return JSON.stringify(errors).replaceAll(satellite, 'NAME');
    };
    expect(await answerTo(real)).toContain('NOT_FOUND');
    expect(await answerTo(real)).toBe(await answerTo(none));
  },
);

test.each(['members', 'old'])(
  'who cannot see a repository ‘%s’ can make, fill and share a satellite of that name',
  async (name) => {
    const made = await world.done(
      'carol',
      'createSatellite',
      { name, official: 'published' },
      'satellite {name owner}',
    );
    expect(made.satellite).toEqual({ name, owner: 'carol' });
    const run = { satellite: name, name: 'u/carol/run', type: 'RUN' };
    await world.done('carol', 'createCollection', run, 'collection {name}');
    expect(await collections('carol', name)).toEqual(['u/carol/run']);
    const { grant } = await world.done('carol', 'grantAccess', { satellite: name, user: 'bob' }, 'grant {satellite}');
    expect(grant.satellite).toBe(`carol~${name}`);
    const { data } = await world.ask(
      'carol',
      'query ($name: String!) {auditTrail(satellite: $name) {nodes {action}}}',
      { name },
    );
    expect(data.auditTrail.nodes).toHaveLength(3);
    const again = await world.change('alice', 'createSatellite', { name, official: 'published' }, 'satellite {name}');
    expect(again.errors?.[0]?.extensions['code']).toBe('CONFLICT');
    await world.done('carol', 'deleteSatellite', { satellite: name, purge: true });
  },
);

describe('a satellite that has the name of a repository which its owner could not see', () => {
  const first = async (name: string) => {
    const query = `query ($name: String!) {
      repository(name: $name) {kind collections(search: ["u/carol/*"]) {nodes {name}}} satellite(name: $name) {owner warnings}
    }`;
    return (await world.ask('carol', query, { name })).data;
  };
  const own = { nodes: [{ name: 'u/carol/own' }] };

  test('keeps it when another shares theirs', async () => {
    await world.done('carol', 'createSatellite', { name: 'old', official: 'published' }, 'satellite {name}');
    const grant = await world.grant({ satellite: 'old', user: 'carol' });
    const run = { satellite: 'old', name: 'u/carol/own', type: 'RUN' };
    await world.done('carol', 'createCollection', run, 'collection {name}');
    const seen = { repository: { kind: 'SATELLITE', collections: own }, satellite: { owner: 'carol', warnings: [] } };
    expect(await first('old')).toEqual(seen);
    expect(await first('carol~old')).toEqual(seen);
    expect((await first('alice~old')).repository.collections).toEqual({ nodes: [] });
    await world.done('carol', 'grantAccess', { satellite: 'old', user: 'bob' }, 'grant {id}');
    await world.done('carol', 'deleteSatellite', { satellite: 'old', purge: true });
    expect((await first('old')).satellite.owner).toBe('alice');
    await world.revoke(grant);
  });

  test('leaves it to one of the observatory’s, which has no other, and says so', async () => {
    await world.done('carol', 'createSatellite', { name: 'members', official: 'published' }, 'satellite {name}');
    const run = { satellite: 'members', name: 'u/carol/own', type: 'RUN' };
    await world.done('carol', 'createCollection', run, 'collection {name}');
    const { token } = world.gateway;
    const headers = {
      authorization: `Bearer ${await token('carol', { groups: ['g_lensing'] })}`,
      'content-type': 'application/json',
    };
    const query = `{
      bare: repository(name: "members") {kind}
      full: repository(name: "carol~members") {collections(search: ["u/carol/*"]) {nodes {name}}}
      satellite(name: "carol~members") {warnings}
    }`;
    const ask = async (text: string) => {
      const body = JSON.stringify({ query: text });
      return ((await (await world.gateway.fetch('/graphql', { method: 'POST', headers, body })).json()) as any).data; // eslint-disable-line @typescript-eslint/no-explicit-any
    };
    expect(await ask(query)).toEqual({
      bare: { kind: 'OFFICIAL' },
      full: { collections: own },
      satellite: { warnings: [expect.stringContaining("'carol~members'")] },
    });
    const more = `mutation {createCollection(input: {satellite: "members", name: "x", type: RUN}) {collection {name}}}`;
    expect(await ask(more)).toEqual({ createCollection: null });
    await world.done('carol', 'deleteSatellite', { satellite: 'members', purge: true });
  });
});

describe('a repository of the configuration with an owner', () => {
  test('does not exist for others until it is shared, as owner~name', async () => {
    const seen = async () =>
      (await world.ask('bob', '{repositories {name} repository(name: "alice~old") {name kind}}')).data;
    expect((await seen()).repository).toBeNull();
    const grant = await world.grant({ satellite: 'old', user: 'bob', collection: 'u/alice/' });
    expect(await seen()).toEqual({
      repositories: [{ name: 'published' }, { name: 'old' }],
      repository: { name: 'old', kind: 'SATELLITE' },
    });
    await world.revoke(grant);
    expect((await seen()).repository).toBeNull();
  });

  test('is a satellite of its owner, to fill and to share, but not to reset or delete', async () => {
    const fields = 'id name owner state official createdAt uri environment repository {name kind} warnings';
    const query = `{satellites {name} satellite(name: "old") {${fields}} full: satellite(name: "alice~old") {id}}`;
    const { data, errors } = await world.ask('alice', query);
    expect(errors).toBeUndefined();
    expect(data.satellites).toEqual([{ name: 'old' }]);
    expect(data.full).toEqual({ id: data.satellite.id });
    expect(data.satellite).toMatchObject({
      name: 'old',
      owner: 'alice',
      state: 'READY',
      official: null,
      createdAt: null,
    });
    expect(data.satellite).toMatchObject({
      environment: null,
      repository: { name: 'old', kind: 'SATELLITE' },
      warnings: [],
    });
    expect(data.satellite.uri).toBe(JSON.parse(path));
    const node = await world.ask('alice', 'query ($id: ID!) {node(id: $id) {... on Satellite {name}}}', {
      id: data.satellite.id as string,
    });
    expect(node.data.node).toEqual({ name: 'old' });
    expect((await world.ask('bob', query)).data).toEqual({ satellites: [], satellite: null, full: null });
    for (const mutation of ['resetSatellite', 'deleteSatellite', 'verifySatellite', 'checkoutSatellite']) {
      const codes = await Promise.all(
        ['alice', 'bob'].map(async (user) => {
          const called = user === 'alice' ? 'old' : 'alice~old';
          return (await world.change(user, mutation, { satellite: called }, 'job {id}')).errors?.[0]?.extensions[
            'code'
          ];
        }),
      );
      expect(codes).toEqual(['FORBIDDEN', 'NOT_FOUND']);
    }
  });

  test('is seen by those with whom it is shared as a satellite of its owner', async () => {
    const grant = await world.grant({ satellite: 'old', user: 'bob', collection: 'u/alice/' });
    const { data } = await world.ask('bob', '{satellites {name owner uri} satellite(name: "alice~old") {name}}');
    expect(data).toEqual({ satellites: [{ name: 'old', owner: 'alice', uri: null }], satellite: { name: 'old' } });
    await world.revoke(grant);
  });

  test('gives, for any grants, exactly the collections and datasets that the check of each allows', async () => {
    const whole = await collections('alice', 'old');
    const { data } = await world.ask('alice', '{datasetTypes(repositories: ["old"]) {name}}');
    const types = data.datasetTypes.map(({ name }: { name: string }) => name) as string[];
    const prefixes = [
      ...new Set(whole.flatMap((name) => (name.includes('/') ? [name.slice(0, name.indexOf('/') + 1)] : []))),
    ];
    const subject = fc.constantFrom({ user: 'dave' }, { group: 'g_lensing' }, { allUsers: true }, { user: 'bob' });
    const one = fc.tuple(fc.constantFrom(...whole, ...prefixes, 'u/alice/'), subject);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(one, { minLength: 1, maxLength: 3, selector: (grant) => JSON.stringify(grant) }),
        // A name with brackets would be a glob here.
        fc.constantFrom(...whole.filter((name) => !name.includes('['))),
        fc.constantFrom(...types),
        async (wanted, collection, type) => {
          const grants: string[] = [];
          for (const [name, whom] of wanted)
            grants.push(await world.grant({ satellite: 'old', collection: name, ...whom }));
          try {
            const check = async (name: string) => {
              const query =
                'query ($name: String!) {effectiveAccess(satellite: "alice~old", collection: $name) {allowed}}';
              return (await world.ask('dave', query, { name })).data.effectiveAccess.allowed as boolean;
            };
            const allowed = new Set<string>();
            for (const name of whole) if (await check(name)) allowed.add(name);
            if (allowed.size === 0) return;
            expect((await collections('dave', 'alice~old')).sort()).toEqual([...allowed].sort());
            const own = await datasets('alice', 'old', [type], collection);
            const shared = await datasets('dave', 'alice~old', [type], collection);
            const readable = typeof own === 'string' ? [] : own.filter(({ run }) => allowed.has(run));
            const uuids = (rows: typeof readable) => rows.map(({ uuid }) => uuid).sort();
            if (typeof shared !== 'string') {
              expect(allowed.has(collection)).toBe(true);
              expect(uuids(shared)).toEqual(uuids(readable));
            } else {
              // Nothing of the type is readable anywhere, or the collection is not.
              expect(shared).toMatch(/^MISSING_(DATASET_TYPE|COLLECTION)$/);
              expect(allowed.has(collection) ? readable : []).toEqual([]);
            }
          } finally {
            for (const grant of grants) await world.revoke(grant);
          }
        },
      ),
      { numRuns: runs(8) },
    );
  });
});
