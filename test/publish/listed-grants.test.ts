/** With whom a publication is shared, as its owner lists it. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CURATORS, openPublishing, type PublishingWorld, type Shown } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

let world: PublishingWorld;
let made: Shown;
beforeAll(async () => {
  const groups = { ...CURATORS, alice: ['g_users', 'g_lensing'], dave: ['g_users', 'g_lensing'] };
  world = await openPublishing({ commit: 'real', groups });
  await world.filled('work', 'u/alice/run', 1);
  await world.filled('other', 'u/alice/other', 1);
  for (const satellite of ['other', 'work']) {
    const collections = [satellite === 'work' ? 'u/alice/run-chain' : 'u/alice/other'];
    made = await world.did('alice', 'submitPublication', {
      ...{ satellite, collections, title: satellite, readers: { users: ['bob'], groups: ['g_lensing'] } },
    });
    await world.did('curator', 'approvePublication', { publication: made.id, digest: made.digest });
    await world.reached('alice', made.id, 'PUBLISHED');
  }
});
afterAll(() => world[Symbol.asyncDispose]());

interface Listed {
  readonly nodes: readonly { readonly id: string; readonly collection: string; readonly user: string | null }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

async function grants(user: string, args = ''): Promise<Listed | null> {
  const fields = `grants${args} {nodes {id satellite collection user group note} pageInfo {hasNextPage endCursor}}`;
  return (await world.look(user, made.id, fields)).grants as Listed | null;
}

test('they are those of its approval and those that its owner added, the newest first, until one is revoked', async () => {
  const approved = (await grants('alice'))!;
  const note = `publication ${made.id}`;
  const both = ['u/alice/run', 'u/alice/run-chain'].flatMap((collection) => [
    { satellite: 'published', collection, user: 'bob', group: null, note },
    { satellite: 'published', collection, user: null, group: 'g_lensing', note },
  ]);
  expect(approved.nodes).toHaveLength(4);
  expect(approved.nodes).toEqual(expect.arrayContaining(both.map((one) => expect.objectContaining(one) as object)));
  // Of another collection alone, and of one that covers it.
  const published = { satellite: 'published', user: 'carol' };
  await world.grant({ ...published, collection: 'u/alice/other' });
  const added = await world.grant({ ...published, collection: 'u/alice/' });
  const all = (await grants('alice'))!;
  expect(all.nodes.map(({ id }) => id)).toEqual([added, ...approved.nodes.map(({ id }) => id)]);
  expect(all.nodes[0]).toMatchObject({ collection: 'u/alice/', user: 'carol' });

  const paged: string[] = [];
  for (let after = ''; ;) {
    const page: Listed = (await grants('alice', `(first: 2${after})`))!;
    expect(page.nodes.length).toBeLessThanOrEqual(2);
    paged.push(...page.nodes.map(({ id }) => id));
    if (!page.pageInfo.hasNextPage) break;
    after = `, after: "${page.pageInfo.endCursor!}"`;
  }
  expect(paged).toEqual(all.nodes.map(({ id }) => id));

  await world.revoke(added);
  expect(await grants('alice')).toEqual(approved);
});

test('they are nobody else’s to see, whether reader or reviewer', async () => {
  for (const user of ['bob', 'dave', 'curator']) expect(await grants(user), user).toBeNull();
  const query = `{publication(id: "${made.id}") {grants(after: "x") {nodes {id}}}}`;
  expect((await world.ask('alice', query)).errors![0]!.extensions['code']).toBe('BAD_USER_INPUT');
});
