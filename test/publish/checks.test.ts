/** What is checked automatically before a reviewer looks at it. */
import { rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { describe, expect, test, vi } from 'vitest';
import { CURATORS, openPublishing, type PublishingWorld, type Shown } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

function checkOf({ checks }: Shown, code: string): string {
  const { state, message } = checks.find((check) => check.code === code)!;
  return `${state} ${message}`;
}

async function registryOf(
  world: PublishingWorld,
  satellite: string,
): Promise<{ root: string; registry: Database.Database }> {
  const { data } = await world.ask('alice', 'query ($n: String!) {satellite(name: $n) {uri}}', { n: satellite });
  const { uri } = data.satellite as { uri: string };
  const root = uri.startsWith('file:') ? fileURLToPath(uri) : uri;
  return { root, registry: new Database(join(root, 'gen3.sqlite3')) };
}

describe('the checks of a request', () => {
  test('refuse pickled files, formatters and storage classes that readers do not have, and wrong sizes', async () => {
    await using world = await openPublishing();
    const { filled, did } = world;
    const change = async (name: string, column: string, value: string | number) => {
      await filled(name, `u/alice/${name}`, 1);
      const { registry } = await registryOf(world, name);
      registry.prepare(`UPDATE file_datastore_records SET ${column} = ?`).run(value);
      registry.close();
      return did('alice', 'submitPublication', { satellite: name, collections: [`u/alice/${name}`], title: name });
    };
    const pickled = await change('pickled', 'formatter', 'lsst.daf.butler.formatters.pickle.PickleFormatter');
    expect(pickled.state).toBe('DRAFT');
    expect(checkOf(pickled, 'FORMATS')).toMatch(
      /^FAILED 'note \(StructuredDataDict\)': .*runs what is in them\. Convert them: .*ArrowNumpy.*StructuredDataDict/,
    );
    await expect(world.reached('alice', pickled.id, 'SUBMITTED')).rejects.toThrow(/FORMATS/);
    // The formatter of `Packages` unpickles what is called so.
    await filled('packages', 'u/alice/packages', 1);
    const { root, registry: own } = await registryOf(world, 'packages');
    const path = own.prepare('SELECT path FROM file_datastore_records').pluck().get() as string;
    await rename(join(root, path), join(root, 'packages.PKL'));
    own
      .prepare(`UPDATE file_datastore_records SET path = 'packages.PKL', storage_class = 'Packages', formatter = ?`)
      .run('lsst.daf.butler.formatters.packages.PackagesFormatter');
    own.close();
    const wanted = { satellite: 'packages', collections: ['u/alice/packages'], title: 'packages' };
    const packages = await did('alice', 'submitPublication', wanted);
    expect([packages.state, checkOf(packages, 'FORMATS')]).toEqual([
      'DRAFT',
      expect.stringMatching(/^FAILED 'note \(Packages\)': their files are pickled.*Packages as they are/),
    ]);
    // The file has text that is no value of a field; what would run is the same to us.
    const code = await change('code', 'formatter', 'lsst.pipe.base.formatters.pexConfig.PexConfigFormatter');
    expect([code.state, checkOf(code, 'FORMATS')]).toEqual([
      'DRAFT',
      expect.stringMatching(/^FAILED Datasets '[0-9a-f-]{36}': .*more Python/),
    ]);
    const model = await change('model', 'formatter', 'lsst.meas.photoz.base.model_formatter.ModelFormatter');
    expect(checkOf(model, 'FORMATS')).toMatch(/^FAILED .*can run what is in them/);
    const unknown = await change('unknown', 'formatter', 'alice.MyFormatter');
    expect(checkOf(unknown, 'FORMATS')).toMatch(/^FAILED 'alice.MyFormatter'/);
    const odd = await change('odd', 'storage_class', 'AliceClass');
    expect(checkOf(odd, 'FORMATS')).toMatch(/^FAILED 'AliceClass'/);
    const unequal = await change('unequal', 'file_size', 1);
    expect(checkOf(unequal, 'FILES')).toMatch(/^FAILED .*another size/);
    // Its reviewers see nothing of what is no request yet, and its owner mends it and submits it again.
    expect(await world.see('curator', pickled.id)).toBeNull();
    const { registry } = await registryOf(world, 'pickled');
    const yaml = 'lsst.daf.butler.formatters.yaml.YamlFormatter';
    registry.prepare('UPDATE file_datastore_records SET formatter = ?').run(yaml);
    registry.close();
    const mended = { publication: pickled.id, satellite: 'pickled', collections: ['u/alice/pickled'], title: 'Mended' };
    expect(await did('alice', 'submitPublication', mended)).toMatchObject({ version: 2, state: 'SUBMITTED' });
  });

  test('refuse names that are others’, and restricted readers of names that are nobody’s', async () => {
    await using world = await openPublishing();
    const submit = async (run: string, more: object = {}) => {
      const satellite = `s${run.replaceAll(/\W/g, '').toLowerCase()}`;
      await world.filled(satellite, run, 1);
      return world.did('alice', 'submitPublication', { satellite, collections: [run], title: run, ...more });
    };
    expect(checkOf(await submit('u/bob/run'), 'NAMES')).toMatch(/^FAILED .*belong to others/);
    expect(checkOf(await submit('g/g_other/run'), 'NAMES')).toMatch(/^FAILED .*belong to others/);
    const free = await submit('free');
    expect([free.state, checkOf(free, 'NAMES')]).toEqual(['SUBMITTED', expect.stringMatching(/^WARNING 'free'/)]);
    const kept = await submit('kept', { readers: { users: ['bob'] } });
    expect([kept.state, checkOf(kept, 'NAMES')]).toEqual(['DRAFT', expect.stringMatching(/^FAILED 'kept'/)]);
    const foreign = await submit('u/alice/r', { readers: { groups: ['g_curators'] } });
    expect(checkOf(foreign, 'READERS')).toMatch(/^FAILED .*groups that you are in/);
  });

  test('tell nobody what is published below others’ names', async () => {
    const groups: Record<string, readonly string[]> = { ...CURATORS, alice: ['g_users', 'g_lensing'] };
    await using world = await openPublishing({ commit: 'real', groups });
    const run = 'g/g_lensing/secret';
    await world.filled('first', run, 1);
    const wanted = { satellite: 'first', collections: [run], title: 'x', readers: { allUsers: false } };
    const { id: publication, digest } = await world.did('alice', 'submitPublication', wanted);
    await world.did('curator', 'approvePublication', { publication, digest });
    await world.reached('alice', publication, 'PUBLISHED');
    const again = await world.did('alice', 'submitPublication', wanted);
    expect(checkOf(again, 'CLASHES')).toMatch(/^FAILED .*g\/g_lensing\/secret/);
    groups['alice'] = ['g_users'];
    const asked = await world.did('alice', 'submitPublication', wanted);
    expect(checkOf(asked, 'NAMES')).toMatch(/^FAILED/);
    expect(checkOf(asked, 'CLASHES')).toMatch(/^PASSED/);
  });

  test('name official data that stays where it is, and keep it in the chains', async () => {
    await using world = await openPublishing();
    const run = 'u/alice/out';
    await world.filled('mixed', run, 1);
    const brought = { to: 'mixed', search: { datasetTypes: ['raw'], collections: ['HSC/raw/all'], findFirst: true } };
    await world.done('alice', 'transferDatasets', brought);
    const chain = { satellite: 'mixed', name: 'u/alice/all', type: 'CHAINED', children: [run, 'HSC/raw/all'] };
    await world.done('alice', 'createCollection', chain, 'collection {name}');
    const wanted = { satellite: 'mixed', collections: ['u/alice/all'], title: 'All' };
    const shown = await world.did('alice', 'submitPublication', wanted);
    expect(shown.state).toBe('SUBMITTED');
    expect(checkOf(shown, 'OFFICIAL_DATA')).toMatch(/^PASSED 'HSC\/raw\/all' are official/);
    const fields = 'manifest {datasetCount officialRepositories collections {name type children isOfficial}}';
    expect((await world.look('curator', shown.id, fields)).manifest).toEqual({
      datasetCount: 1,
      officialRepositories: ['dp1'],
      collections: [
        { name: 'HSC/raw/all', type: 'RUN', children: [], isOfficial: true },
        { name: 'u/alice/out', type: 'RUN', children: [], isOfficial: false },
        { name: 'u/alice/all', type: 'CHAINED', children: ['u/alice/out', 'HSC/raw/all'], isOfficial: false },
      ],
    });
    const direct = await world.did('alice', 'submitPublication', { ...wanted, collections: ['HSC/raw/all'] });
    expect([direct.state, checkOf(direct, 'NAMES')]).toEqual(['DRAFT', expect.stringMatching(/^FAILED .*official/)]);
  });

  test('refuse official names for what has another type, which would end every search of everybody’s', async () => {
    await using world = await openPublishing();
    for (const type of ['RUN', 'TAGGED']) {
      const satellite = type.toLowerCase();
      await world.filled(satellite, 'u/alice/out', 1);
      const own = { satellite, name: 'HSC/defaults', type };
      await world.done('alice', 'createCollection', own, 'collection {name}');
      const children = ['u/alice/out', 'HSC/defaults'];
      const chain = { satellite, name: 'u/alice/all', type: 'CHAINED', children };
      await world.done('alice', 'createCollection', chain, 'collection {name}');
      const wanted = { satellite, collections: ['u/alice/all'], title: type };
      const shown = await world.did('alice', 'submitPublication', wanted);
      const wrong = new RegExp(`^FAILED 'HSC/defaults' is CHAINED in 'dp1' and ${type} in`);
      expect([shown.state, checkOf(shown, 'NAMES')]).toEqual(['DRAFT', expect.stringMatching(wrong)]);
    }
  });

  test('let a server that everybody reaches have publications for all users only', async () => {
    await using world = await openPublishing({ publishing: '{servedDirectly: true, maxBytes: 20}' });
    await world.filled('work', 'u/alice/run', 1);
    const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'x' };
    const some = await world.did('alice', 'submitPublication', { ...wanted, readers: { users: ['bob'] } });
    expect([some.state, checkOf(some, 'READERS')]).toEqual(['DRAFT', expect.stringMatching(/^FAILED/)]);
    expect((await world.did('alice', 'submitPublication', wanted)).state).toBe('SUBMITTED');
    await world.ingest('work', 'u/alice/run', 1, { name: 'more' });
    const large = await world.did('alice', 'submitPublication', wanted);
    expect(checkOf(large, 'SIZE')).toMatch(/^FAILED/);
  });

  test('say that servers need a restart, which the approval confirms', async () => {
    await using world = await openPublishing({ restart: 'confirm' });
    await world.filled('work', 'u/alice/run', 1);
    const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'x' };
    const { id: publication, digest, ...shown } = await world.did('alice', 'submitPublication', wanted);
    expect(checkOf({ id: publication, digest, ...shown }, 'RESTART')).toMatch(/^WARNING 'instrument HSC'/);
    const approved = await world.did('curator', 'approvePublication', { publication, digest });
    expect(approved.state).toBe('APPROVED');
    expect(await world.look('curator', publication, 'state job {kind}')).toMatchObject({ state: 'APPROVED' });
    expect(world.commit.commits).toBe(0);
    await world.did('curator', 'approvePublication', { publication, digest, confirmRestart: true });
    await world.reached('alice', publication, 'PUBLISHED');
  });
});

test('what only the owning group reads is published without a reviewer, where that is configured', async () => {
  await using world = await openPublishing({ publishing: '{approveForOwnGroup: true}' });
  const made = { name: 'ours', official: 'dp1', instruments: ['HSC'], group: 'g_lensing' };
  await world.done('alice', 'createSatellite', made, 'job {id}');
  await world.ingest('ours', 'g/g_lensing/run', 1);
  const wanted = { satellite: 'ours', collections: ['g/g_lensing/run'], title: 'Ours' };
  const { id } = await world.did('alice', 'submitPublication', { ...wanted, readers: { groups: ['g_lensing'] } });
  expect((await world.reached('dave', id, 'PUBLISHED')).version).toBe(1);
  expect((await world.look('dave', id, 'approvedBy')).approvedBy).toBeNull();
  const everybody = { ...wanted, publication: id, readers: { allUsers: true } };
  const all = await world.did('alice', 'submitPublication', everybody);
  expect(all.state).toBe('SUBMITTED');
});

test('a webhook is told of what happens, signed, and again where it refused to hear', async () => {
  const secret = 'a secret of the operator';
  const told: { event: string; publication: string; signature: string }[] = [];
  const fresh = Promise.withResolvers<void>();
  const hook = createServer((request, response) => {
    void text(request).then((body) => {
      const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      const { event, publication } = JSON.parse(body) as { event: string; publication: string };
      // The first one is refused, and comes again.
      if (told.length === 0) {
        told.push({ event: 'REFUSED', publication, signature: '' });
        response.writeHead(500).end();
        return;
      }
      told.push({ event, publication, signature: String(request.headers['satellite-signature'] === signature) });
      response.end();
      if (new Set(told.map((one) => one.event)).size === 3) fresh.resolve();
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const { port } = hook.address() as AddressInfo;
  let days = 0;
  const now = () => Date.now() + days * 86_400_000;
  {
    await using world = await openPublishing({
      now,
      more: `webhooks: [{url: "http://127.0.0.1:${port}/hook", secret: "${secret}"}]`,
    });
    await world.filled('work', 'u/alice/run', 1);
    const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'x' };
    const { id } = await world.did('alice', 'submitPublication', wanted);
    await world.did('alice', 'withdrawPublication', { publication: id });
    // What was refused is due again later.
    days = 1;
    await fresh.promise;
    expect(new Set(told.map(({ publication }) => publication))).toEqual(new Set([id]));
  }
  hook.close();
  expect(
    told
      .slice(1)
      .map(({ event }) => event)
      .sort(),
  ).toEqual(['CANCELLED', 'SUBMITTED']);
  expect(told.slice(1).every(({ signature }) => signature === 'true')).toBe(true);
});

test('a file that is gone is named', async () => {
  await using world = await openPublishing();
  await world.filled('work', 'u/alice/run', 1);
  const { root, registry } = await registryOf(world, 'work');
  const path = registry.prepare('SELECT path FROM file_datastore_records').pluck().get() as string;
  registry.close();
  await rm(join(root, path));
  const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'x' };
  const shown = await world.did('alice', 'submitPublication', wanted);
  expect([shown.state, shown.digest, checkOf(shown, 'FILES')]).toEqual([
    'DRAFT',
    null,
    expect.stringMatching(/^FAILED A file of dataset [0-9a-f-]{36} \(note in 'u\/alice\/run'\)/),
  ]);
});
