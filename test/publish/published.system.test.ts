/** From alice's satellite to bob's stock Python, and no further than she lets him: the real gateway over a published repository. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentOf } from './published-world.ts';
import { openPublishing, type PublishingWorld } from './publishing-world.ts';

const RUN = 'u/alice/run';
const COLLECTIONS = ['u/alice/run-chain', 'u/alice/best', 'u/alice/calib'];
/** Within which a revoked right has ended everywhere. */
const REVOKED_SECONDS = 60;

let world: PublishingWorld;
let uuids: readonly string[];
let calibrations: readonly string[];

beforeAll(async () => {
  world = await openPublishing({ commit: 'real' });
  uuids = await world.filled('work', RUN, 3);
  calibrations = await world.ingest('work', 'u/alice/bias', 2, { name: 'own_bias', isCalibration: true });
  const satellite = 'work';
  for (const [name, type] of [
    ['u/alice/best', 'TAGGED'],
    ['u/alice/calib', 'CALIBRATION'],
  ]) {
    await world.done('alice', 'createCollection', { satellite, name, type }, 'collection {name}');
  }
  const best = { satellite, collection: 'u/alice/best', uuids: [uuids[1]] };
  await world.done('alice', 'associateDatasets', best, 'collection {name}');
  const timespan = { begin: '2026-01-01T00:00:00', end: null };
  const certified = { satellite, collection: 'u/alice/calib', uuids: calibrations, timespan };
  await world.done('alice', 'certifyDatasets', certified, 'collection {name}');
}, 180_000);
afterAll(() => world[Symbol.asyncDispose]());

/** What stock Python of a user finds through the RemoteButler face. */
async function seenBy(user: string, repository = 'published') {
  const token = await world.gateway.token(user, { groups: ['g_users'] });
  const url = `${world.gateway.url}/api/butler/repo/${repository}`;
  return contentOf(COLLECTIONS, url, { BUTLER_RUBIN_ACCESS_TOKEN: token });
}

async function published(title: string, readers: object): Promise<string> {
  const wanted = { satellite: 'work', collections: COLLECTIONS, title, readers };
  const { id, digest, state, checks } = await world.did('alice', 'submitPublication', wanted);
  expect([state, checks.filter((check) => check.state === 'FAILED')]).toEqual(['SUBMITTED', []]);
  await world.did('curator', 'approvePublication', { publication: id, digest });
  await world.reached('alice', id, 'PUBLISHED');
  return id;
}

/** Everything that one can ask about what is published. */
async function addressesOf(user: string) {
  const query = `query ($uuid: UUID!, $run: String!) {
    dataset(uuid: $uuid, repository: "published") {run files {url}}
    datasets(datasetTypes: ["note"], collections: [$run], repositories: ["published"]) {totalCount}
    collections(search: ["u/alice/*"], repositories: ["published"]) {nodes {name}}
  }`;
  const { data } = await world.ask(user, query, { uuid: uuids[0], run: RUN });
  return data;
}

describe('What alice published', () => {
  test('bob finds by stock Python as it is in her satellite, until she revokes it, and nobody finds it when it is withdrawn', async () => {
    const id = await published('Notes', { users: ['bob'] });
    const { data } = await world.ask('alice', '{satellite(name: "work") {uri}}');
    const inSatellite = await contentOf(COLLECTIONS, data.satellite.uri as string);
    const { memberships, ...rest } = inSatellite;
    expect(rest.found).toHaveLength(5);
    expect(memberships).toHaveLength(3);
    expect(await seenBy('bob')).toEqual({
      ...rest,
      memberships: memberships.filter(([, , begin]) => begin === null),
    });
    expect((await seenBy('carol')).missing).toContain('u/alice');

    const seen = await addressesOf('bob');
    expect(seen.datasets.totalCount).toBe(3);
    const address = new URL(seen.dataset.files[0].url as string);
    const read = async (user: string) => (await world.fetch(user, address.pathname)).status;
    expect(await read('bob')).toBe(200);
    expect(await read('carol')).toBe(404);

    const access = `{collections(search: ["u/alice/*"], repositories: ["published"]) {nodes {access {grants {id}}}}}`;
    const { collections } = (await world.ask('alice', access)).data;
    const grants = (collections.nodes as { access: { grants: { id: string }[] } }[]).flatMap(
      (node) => node.access.grants,
    );
    expect(grants.length).toBeGreaterThan(0);
    for (const grant of new Set(grants.map((found) => found.id))) await world.revoke(grant);
    const nothing = async () => {
      const left = await addressesOf('bob');
      return [left.dataset, left.collections.nodes.length, await read('bob')];
    };
    await expect.poll(nothing, { timeout: REVOKED_SECONDS * 1000 }).toEqual([null, 0, 404]);
    expect((await seenBy('bob')).missing).toContain('u/alice');
    // It is alice's as before.
    expect((await seenBy('alice')).found).toEqual(rest.found);

    const withdrawn = { publication: id, comment: 'The calibration was wrong.' };
    await world.done('alice', 'withdrawPublication', withdrawn);
    expect(await world.see('alice', id)).toMatchObject({ state: 'WITHDRAWN', reason: 'The calibration was wrong.' });
    expect((await seenBy('alice')).missing).toContain('u/alice');
    expect(await read('alice')).toBe(404);
  }, 600_000);
});
