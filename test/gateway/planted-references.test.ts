/**
 * References to what only the owner of a satellite may read, put there by others who may write to it: they open nothing that
 * those others could not read anyway, and nothing for the owner to give away unknowingly.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSharing, type SharingWorld } from './sharing-world.ts';

let world: SharingWorld;
/** A dataset that is alice's alone, and one that the members of her group may read. */
let [secret, common] = ['', ''];
beforeAll(async () => {
  world = await openSharing({ yaml: 'satellites: {root: ./satellites, writeGrants: true}' });
  const make = (user: string, name: string, more: object = {}) =>
    world.done(user, 'createSatellite', { name, official: 'dp1', instruments: ['HSC'], ...more });
  await make('alice', 'secret');
  [secret = ''] = await world.ingest('secret', 'u/alice/private', 1);
  await make('alice', 'common', { group: 'g_lensing' });
  [common = ''] = await world.ingest('common', 'u/alice/common', 2);
  await make('alice', 'team', { group: 'g_lensing', capabilityUrls: true });
  await make('alice', 'work');
  for (const name of ['team', 'work']) await world.ingest(name, `u/alice/${name}`, 1);
  await make('dave', 'daves');
});
afterAll(() => world[Symbol.asyncDispose]());

/** Path of the database of a satellite. */
async function databaseOf(user: string, name: string): Promise<string> {
  const { data } = await world.ask(user, 'query ($name: String!) {satellite(name: $name) {uri}}', { name });
  return join(String(data.satellite.uri).replace(/^file:\/\//, ''), 'gen3.sqlite3');
}

/** Paths as the records of a database have them, after all have been set to one where that is given. */
function recorded(file: string, path?: string): readonly string[] {
  const database = new Database(file);
  try {
    if (path !== undefined) database.prepare('UPDATE file_datastore_records SET path = ?').run(path);
    return database.prepare('SELECT path FROM file_datastore_records').pluck().all() as string[];
  } finally {
    database.close();
  }
}

const address = (repository: string, uuid: string) => `${world.gateway.url}/files/${repository}/${uuid}/note.yaml`;

test('a capability in a group’s satellite opens what the group may read, and not what is of the member who made it', async () => {
  const file = await databaseOf('dave', 'alice~team');
  const opened = async (repository: string, uuid: string) => {
    recorded(file, address(repository, uuid));
    await world.done('dave', 'rotateSatelliteCapability', { satellite: 'alice~team' }, 'satellite {name}');
    const [path = ''] = recorded(file);
    expect(path).toContain('/~');
    return (await fetch(path, { redirect: 'manual' })).status;
  };
  expect(await opened('alice~common', common)).toBe(200);
  expect(await opened('alice~secret', secret)).toBe(404);
});

test('an address that get_file gave opens the file that it was given for, and not where its record leads afterwards', async () => {
  const file = await databaseOf('dave', 'alice~common');
  const [own = ''] = recorded(file);
  const given = await world.fetch('alice', `/api/butler/repo/alice~common/v1/get_file/${common}`);
  const { artifact } = (await given.json()) as { artifact: { file_info: readonly { readonly url: string }[] } };
  const { url } = artifact.file_info[0]!;
  expect(url).toContain('/~for.');
  expect((await fetch(url)).status).toBe(200);
  recorded(file, address('alice~secret', secret));
  expect((await world.fetch('alice', `/files/alice~common/${common}/note.yaml`)).status).toBe(200);
  expect((await fetch(url)).status).toBe(404);
  recorded(file, own);
});

test('an address cannot be ingested as the path of a file', async () => {
  const at = { satellite: 'alice~work', datasetType: 'note', run: 'u/dave/run' };
  const write = await world.grant({ satellite: 'work', user: 'dave', right: 'WRITE' });
  const spellings = [address('alice~secret', secret), ` ${address('alice~secret', secret)}`, 'h\tttp://x/y', '//x/y'];
  for (const path of spellings) {
    const files = [{ dataId: { instrument: 'HSC', detector: 5 }, path }];
    const { errors } = await world.change('dave', 'ingestDatasets', { ...at, files }, 'job {id}');
    expect([path, errors?.[0]?.extensions['code']]).toEqual([path, 'BAD_USER_INPUT']);
  }
  await world.revoke(write);
});

test('somebody else’s transfer passes on no reference to what they may not read themselves', async () => {
  const search = { datasetTypes: ['note'], collections: ['u/alice/common'] };
  await world.done('dave', 'transferDatasets', { from: 'alice~common', to: 'daves', search });
  const daves = new Database(await databaseOf('dave', 'daves'));
  const plant = daves.prepare('UPDATE file_datastore_records SET path = ? WHERE path NOT LIKE ?');
  plant.run(address('alice~secret', secret), `%${common}%`);
  daves.close();
  const write = await world.grant({ satellite: 'work', user: 'dave', right: 'WRITE' });
  await world.done('dave', 'transferDatasets', { from: 'dave~daves', to: 'alice~work', search });
  await world.revoke(write);
  const paths = recorded(await databaseOf('alice', 'work')).filter((path) => path.includes('/files/'));
  const repositories = paths.map((path) => /\/files\/([^/]+)\//.exec(path)![1]);
  expect(repositories.toSorted()).toEqual(['alice~common', 'dave~daves']);
});
