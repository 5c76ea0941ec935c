/** What is made from official data that not everybody may read, is published for those who may. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createRepository } from '../../src/repository/direct/create.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { RunStore } from '../../src/run/store.ts';
import { openState } from '../../src/state/open.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { CURATORS, openPublishing, type PublishingWorld, type Shown } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

const IN = ['g_users', 'g_lensing', 'g_friends'];
const groups: Record<string, readonly string[]> = { ...CURATORS, alice: IN };
let directory: string;
let stateUrl: string;
let world: PublishingWorld;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'open-'));
  const official = await openDirectRepository({ name: 'dp1', path: sqliteRepository('official') });
  const universe = await official.universe();
  await official.close();
  const made = { name: 'open', directory: join(directory, 'open'), universe };
  await createRepository({ ...made, database: { dialect: 'sqlite' }, signal: AbortSignal.timeout(60_000) });
  const repositories = `  - {name: open, kind: direct, path: ${JSON.stringify(made.directory)}}`;
  stateUrl = `sqlite:${join(directory, 'state.sqlite3')}`;
  world = await openPublishing({ official: 'groups: [g_lensing]', repositories, groups, state: stateUrl });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function rightsOf({ state, checks }: Shown): readonly [string, string] {
  const check = checks.find(({ code }) => code === 'INPUT_RIGHTS')!;
  return [state, `${check.state} ${check.message}`];
}

test('who left the group that reads what their satellite was made from does not publish from it', async () => {
  await world.filled('made', 'u/alice/made', 1);
  const wanted = { satellite: 'made', collections: ['u/alice/made'], title: 'x' };
  const own = { ...wanted, readers: { groups: ['g_lensing'] } };
  const shown = await world.did('alice', 'submitPublication', own);
  expect(rightsOf(shown)).toEqual(['SUBMITTED', expect.stringMatching(/^PASSED/)]);
  const inputsFor = async (user: string) =>
    (await world.look(user, shown.id, 'manifest {officialRepositories}')).manifest.officialRepositories as string[];
  expect(await inputsFor('alice')).toEqual(['dp1']);
  // A reviewer for whom it does not exist.
  expect(await inputsFor('curator')).toEqual([]);
  expect(await inputsFor('third')).toEqual(['dp1']);
  groups['alice'] = ['g_users', 'g_friends'];
  const left = await world.did('alice', 'submitPublication', wanted);
  groups['alice'] = IN;
  expect(rightsOf(left)).toEqual(['DRAFT', expect.stringMatching(/^FAILED .*not any more/)]);
});

describe.each([
  ['alice', 'who submits it', /may not read, or not any more/],
  ['dave', 'whom it names as a reader', /only 'g_lensing' may read: 'dave'/],
])('what was submitted while %s, %s, was in that group', (user, _as, reason) => {
  const nowIn = async (names: readonly string[]) => {
    groups[user] = names;
    await world.ask(user, '{viewer {groups}}');
  };
  const submit = async (name: string) => {
    await nowIn(IN);
    // Who they are has to be known.
    await world.ask('dave', '{viewer {username}}');
    await world.filled(name, `u/alice/${name}`, 1);
    const wanted = { satellite: name, collections: [`u/alice/${name}`], title: 'x', readers: { users: ['dave'] } };
    return world.did('alice', 'submitPublication', wanted);
  };
  afterEach(() => nowIn(IN));

  test('is STALE when they have left it before it is approved', async () => {
    const { id, digest, state } = await submit(`before-${user}`);
    expect(state).toBe('SUBMITTED');
    await nowIn(['g_users']);
    expect(await world.refused('curator', 'approvePublication', { publication: id, digest })).toBe('CONFLICT');
    const stale = await world.look('curator', id, 'state reason');
    expect(stale).toEqual({ state: 'STALE', reason: expect.stringMatching(reason) });
  });

  test('is STALE when they leave it while it is brought over, and nothing becomes visible', async () => {
    const { id, digest } = await submit(`while-${user}`);
    const { commits } = world.commit;
    world.commit.before = async (stage) => {
      if (stage === 'COMMITTING') await nowIn(['g_users']);
    };
    await world.did('curator', 'approvePublication', { publication: id, digest });
    const ended = await world.reached('curator', id, 'STALE', 'PUBLISHED', 'FAILED');
    world.commit.before = () => Promise.resolve();
    expect(ended).toMatchObject({ state: 'STALE', reason: expect.stringMatching(reason) });
    expect(world.commit.commits).toBe(commits);
  });
});

test('neither do they publish beside what they copied from it', async () => {
  await world.done('alice', 'createSatellite', { name: 'copied', official: 'open' }, 'job {id}');
  const search = { datasetTypes: ['raw'], collections: ['HSC/raw/all'], findFirst: true };
  await world.done('alice', 'transferDatasets', { to: 'copied', from: 'dp1', search });
  const run = { satellite: 'copied', name: 'u/alice/copied', type: 'RUN' };
  await world.done('alice', 'createCollection', run, 'collection {name}');
  const wanted = { satellite: 'copied', collections: ['u/alice/copied'], title: 'x' };
  expect(rightsOf(await world.did('alice', 'submitPublication', wanted))).toEqual([
    'DRAFT',
    expect.stringMatching(/^FAILED .*only 'g_lensing'/),
  ]);
  groups['alice'] = ['g_users', 'g_friends'];
  const left = await world.did('alice', 'submitPublication', wanted);
  groups['alice'] = IN;
  expect(rightsOf(left)).toEqual(['DRAFT', expect.stringMatching(/^FAILED .*not any more/)]);
});

/** Makes a run of one task, and its graph, as far as the state knows: from then on it can have been executed. */
async function built(satellite: string, repositories: readonly string[]): Promise<string> {
  const pipeline = { yaml: 'description: one task\ntasks:\n  calibrate: minipipe.tasks.CalibrateTask\n' };
  const inputs = [`u/${repositories[0]!.replace('~', '/')}`];
  const run = { satellite, repositories, pipeline, inputs, output: `u/alice/of-${satellite}` };
  const id = (await world.done('alice', 'createRun', run, 'run {id}')).run.id as string;
  const state = await openState(stateUrl, AbortSignal.timeout(60_000));
  const store = new RunStore(state.database);
  expect(await store.change((await store.get(id))!, { state: 'BUILT', reached: 'BUILT' })).not.toBeNull();
  await state.close();
  return id;
}

/** A satellite with a collection. */
async function made(name: string, official = 'open'): Promise<void> {
  await world.done('alice', 'createSatellite', { name, official }, 'job {id}');
  const run = { satellite: name, name: `u/alice/${name}`, type: 'RUN' };
  await world.done('alice', 'createCollection', run, 'collection {name}');
}

/** Whether all users may read what is submitted of it. */
async function rights(satellite: string): Promise<string> {
  const wanted = { satellite, collections: [`u/alice/${satellite}`], title: 'x' };
  return rightsOf(await world.did('alice', 'submitPublication', wanted))[1];
}

const restricted = /^FAILED It is made from 'dp1', which only 'g_lensing' may read/;

test('what their runs could read counts as what it was made from, though nothing of it is in the satellite', async () => {
  for (const name of ['shared', 'apart', 'further']) await made(name);
  expect(await rights('apart')).toMatch(/^PASSED/);
  await built('apart', ['alice~shared']);
  expect(await rights('apart')).toMatch(/^PASSED/);
  // Another run of the one that it read from.
  await built('shared', ['alice~shared', 'dp1']);
  expect(await rights('apart')).toMatch(restricted);
  expect(await rights('further')).toMatch(/^PASSED/);
  await built('further', ['alice~shared', 'dp1']);
  expect(await rights('further')).toMatch(restricted);
  // One that is made anew has none of these runs.
  await world.done('alice', 'deleteSatellite', { satellite: 'further' });
  await made('further');
  expect(await rights('further')).toMatch(/^PASSED/);
});

test('it counts also when the run is removed, or the satellite that it read is gone for good', async () => {
  for (const name of ['removed', 'reads-removed', 'reads-purged']) await made(name);
  await made('purged', 'dp1');
  const run = await built('removed', ['alice~removed', 'dp1']);
  await built('reads-removed', ['alice~removed']);
  await built('reads-purged', ['alice~purged']);
  await world.done('alice', 'removeRun', { run }, 'job {id}');
  await world.done('alice', 'deleteSatellite', { satellite: 'purged', purge: true }, 'job {id}');
  for (const name of ['removed', 'reads-removed', 'reads-purged']) expect(await rights(name)).toMatch(restricted);
});

test('it counts also where what was made of it came by a transfer', async () => {
  for (const satellite of ['first', 'second', 'third']) {
    await made(satellite);
    const type = { satellite, name: 'note', dimensions: ['detector'], storageClass: 'StructuredDataDict' };
    await world.done('alice', 'registerDatasetType', type, 'datasetType {name}');
  }
  await built('first', ['alice~first', 'dp1']);
  const copy = async (from: string, to: string, mode: string) => {
    const search = { datasetTypes: ['note'], collections: [`u/alice/${from}`] };
    await world.done('alice', 'transferDatasets', { from: `alice~${from}`, to, search, mode }, 'job {id}');
  };
  expect(await rights('second')).toMatch(/^PASSED/);
  await copy('first', 'second', 'COPY');
  await copy('second', 'third', 'REFERENCE');
  await world.done('alice', 'deleteSatellite', { satellite: 'first', purge: true }, 'job {id}');
  for (const name of ['second', 'third']) expect(await rights(name)).toMatch(restricted);
});

test('a name of an official repository that its submitter may not read is not free, in words that do not tell of it', async () => {
  groups['alice'] = ['g_users'];
  await world.done('alice', 'createSatellite', { name: 'named', official: 'open' }, 'job {id}');
  const namesOf = async (name: string) => {
    const run = { satellite: 'named', name, type: 'RUN' };
    await world.done('alice', 'createCollection', run, 'collection {name}');
    const wanted = { satellite: 'named', collections: [name], title: 'x' };
    const { checks } = await world.did('alice', 'submitPublication', wanted);
    const { state, message } = checks.find(({ code }) => code === 'NAMES')!;
    return `${state} ${message}`;
  };
  expect(await namesOf('HSC/raw/other')).toMatch(/^WARNING .*all users read it/);
  const refused = await namesOf('HSC/raw/all');
  groups['alice'] = IN;
  expect(refused).toMatch(/^FAILED 'HSC\/raw\/all': such a name is not free/);
  expect(refused).not.toContain('dp1');
});

test('a group that reads by the names of collections has to have the right too', async () => {
  await world.filled('friends', 'g/g_friends/run', 1);
  const wanted = { satellite: 'friends', collections: ['g/g_friends/run'], title: 'x', readers: { allUsers: false } };
  const shown = await world.did('alice', 'submitPublication', wanted);
  expect(rightsOf(shown)).toEqual(['DRAFT', expect.stringMatching(/^FAILED .*'g_friends' cannot be its readers/)]);
  expect(shown.checks.find(({ code }) => code === 'READERS')).toMatchObject({
    state: 'WARNING',
    message: "By the names of its collections, or grants that are there, 'g_friends' read it too.",
  });
});

describe('grants on what is published', () => {
  /** What the gateway says of a grant by alice. */
  const granted = async (input: object) => {
    const { data, errors } = await world.change(
      'alice',
      'grantAccess',
      { satellite: 'published', ...input },
      'grant {id}',
    );
    return errors
      ? `${String(errors[0]!.extensions['code'])} ${errors[0]!.message}`
      : (data.grantAccess.grant.id as string);
  };
  const submit = async (satellite: string, run: string) => {
    await world.filled(satellite, run, 1);
    const wanted = { satellite, collections: [run], title: 'x', readers: { groups: ['g_lensing'] } };
    return world.did('alice', 'submitPublication', wanted);
  };

  test('are for those who may read what it was made from, by a name or by what begins it', async () => {
    // Who they are has to be known.
    for (const user of ['bob', 'dave']) await world.ask(user, '{viewer {username}}');
    const { id, digest } = await submit('later', 'u/alice/later/run');
    await world.did('curator', 'approvePublication', { publication: id, digest });
    await world.reached('alice', id, 'PUBLISHED');
    for (const collection of ['u/alice/later/run', 'u/alice/later/', 'u/alice/']) {
      for (const whom of [{ user: 'bob' }, { group: 'g_friends' }]) {
        expect(await granted({ collection, ...whom })).toMatch(/^FORBIDDEN .*only 'g_lensing' may read/);
      }
    }
    expect(await granted({ collection: 'u/alice/elsewhere/', user: 'bob' })).toMatch(/^[0-9a-f-]{36}$/);
    expect(await granted({ collection: 'u/alice/later/', user: 'dave' })).toMatch(/^[0-9a-f-]{36}$/);
    // Once it is gone, there is nothing to be asked about.
    await world.done('alice', 'withdrawPublication', { publication: id, comment: 'An error in it.' });
    expect(await granted({ collection: 'u/alice/later/', user: 'bob' })).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('that were there before are counted among its readers, until they are revoked', async () => {
    const grant = await granted({ collection: 'u/alice/early/', user: 'bob' });
    const shown = await submit('early', 'u/alice/early/run');
    expect(rightsOf(shown)).toEqual(['DRAFT', expect.stringMatching(/^FAILED .*'bob'.* cannot be its readers/)]);
    expect(shown.checks.find(({ code }) => code === 'READERS')).toMatchObject({
      state: 'WARNING',
      message: "By the names of its collections, or grants that are there, 'bob' read it too.",
    });
    await world.revoke(grant);
    const wanted = { publication: shown.id, satellite: 'early', collections: ['u/alice/early/run'], title: 'x' };
    expect((await world.did('alice', 'submitPublication', wanted)).state).toBe('SUBMITTED');
  });

  test('that come between the request and the approval make it STALE', async () => {
    const { id, digest, state } = await submit('between', 'u/alice/between/run');
    expect(state).toBe('SUBMITTED');
    const grant = await granted({ collection: 'u/alice/between/', user: 'bob' });
    expect(await world.refused('curator', 'approvePublication', { publication: id, digest })).toBe('CONFLICT');
    expect(await world.see('alice', id)).toMatchObject({ state: 'STALE', reason: expect.stringContaining("'bob'") });
    await world.revoke(grant);
  });
});
