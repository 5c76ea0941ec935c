/** From a repository that no gateway reaches, by the real command and a zip, to what stock Python finds published. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startPostgres } from '../../stack/postgres.ts';
import { runPython } from '../../stack/run-python.ts';
import { startS3 } from '../../stack/s3.ts';
import { satelliteAs, satelliteCommand } from '../cli/satellite-command.ts';
import { sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { PublishedWorld, type Content } from './published-world.ts';
import { openPublishing, type PublishingWorld, type Shown } from './publishing-world.ts';

/** Stock Python is started many times. */
vi.setConfig({ testTimeout: 600_000 });
afterEach(() => void vi.unstubAllEnvs());

/** See the oracle that writes them. */
const OWN = ['u/alice/all', 'u/alice/run', 'u/alice/calib'];
const OFFICIAL_RUN = 'LSSTCam/runs/nightly/20251203';
const PUBLISHING = '{storageClasses: [StructuredMetrics, StructuredDataList]}';

/** What stock Python of alice and of those who read it is set up with, as it knows no such storage class by itself. */
const STORAGE_CLASSES = {
  storageClasses: {
    StructuredMetrics: {
      pytype: 'lsst.daf.butler.tests.MetricsExample',
      delegate: 'lsst.daf.butler.tests.MetricsDelegate',
      components: { summary: 'StructuredDataDict', output: 'StructuredDataDict', data: 'StructuredDataList' },
    },
  },
};
const AFAR = {
  'datastore.formatters.StructuredDataList': 'lsst.daf.butler.formatters.yaml.YamlFormatter',
  'datastore.composites.disassembled.afar_composite': true,
};

async function pythonConfiguration(owned: AsyncDisposableStack): Promise<Readonly<Record<string, string>>> {
  const directory = owned.use(await temporaryDirectory());
  await writeFile(join(directory.path, 'storageClasses.yaml'), JSON.stringify(STORAGE_CLASSES));
  return { DAF_BUTLER_CONFIG_PATH: directory.path };
}

interface Stores {
  readonly afar: Readonly<Record<string, string>>;
  readonly published: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
}

const BACKENDS: readonly (readonly [name: string, stores: (owned: AsyncDisposableStack) => Promise<Stores>])[] = [
  ['SQLite and files', () => Promise.resolve({ afar: {}, published: {}, environment: {} })],
  [
    'PostgreSQL and S3',
    async (owned) => {
      const directory = owned.use(await temporaryDirectory());
      const s3 = owned.use(await startS3(join(directory.path, 's3'), ['afar', 'published']));
      const postgres = owned.use(await startPostgres());
      const stores = async (bucket: string) => ({
        'datastore.root': `s3://${bucket}/here`,
        'registry.db': await postgres.createDatabase(),
        'registry.namespace': bucket,
      });
      return { afar: await stores('afar'), published: await stores('published'), environment: s3.environment };
    },
  ],
];

/** What stock Python wrote where no gateway is. */
async function writtenAfar(config: object, environment: Readonly<Record<string, string>>): Promise<PublishedWorld> {
  const afar = await PublishedWorld.make({ config: { ...AFAR, ...config }, environment });
  await runPython('test/oracle/afar_repository.py', [afar.root, sqliteRepository('official')], environment);
  return afar;
}

/** Uploads and submits a zip by the command, and has it approved. @returns identifier of the publication */
async function published(world: PublishingWorld, zip: string, collections: readonly string[]): Promise<string> {
  const submit = ['publish', 'submit', 'laptop', ...collections, '--pack', zip, '--title', 'From afar', '--json'];
  const submitted = await satelliteAs(world.gateway, 'alice', [], submit);
  expect(submitted).toMatchObject({ code: 0, stderr: '' });
  const { publication } = JSON.parse(submitted.stdout) as { publication: Shown };
  const { id, digest, checks } = publication;
  expect(checks.filter(({ state }) => state === 'FAILED')).toEqual([]);
  const approve = ['publish', 'approve', id, digest];
  expect(await satelliteAs(world.gateway, 'curator', ['g_curators'], approve)).toMatchObject({ code: 0, stderr: '' });
  await world.reached('alice', id, 'PUBLISHED');
  return id;
}

describe.each(BACKENDS)('On %s, a repository that the gateway does not reach', (_name, stores) => {
  test('is packed, submitted and published by the command, and is for stock Python what it was where it came from', async () => {
    await using owned = new AsyncDisposableStack();
    const { afar: afarConfig, published: config, environment: servers } = await stores(owned);
    const environment = { ...servers, ...(await pythonConfiguration(owned)) };
    const afar = owned.use(await writtenAfar(afarConfig, environment));
    const target = owned.use(await PublishedWorld.make({ config, environment }));
    for (const [name, value] of Object.entries(servers)) vi.stubEnv(name, value);
    const world = owned.use(await openPublishing({ commit: 'real', published: target.root, publishing: PUBLISHING }));
    const zip = join(afar.directory, 'pack.zip');
    const packed = await satelliteCommand(['publish', 'pack', afar.root, ...OWN, '--out', zip], servers);
    expect(packed).toMatchObject({ code: 0, stderr: '' });
    expect(packed.stdout).toMatch(/: 22 datasets, 1 of them without files, \d+ bytes of files\.\n$/);
    const before = await afar.content(OWN);
    expectAll(before);
    const id = await published(world, zip, OWN);
    expect(await target.content(OWN)).toEqual(before);

    await world.done('alice', 'withdrawPublication', { publication: id, comment: 'An error.' });
    expect((await target.content(['*'])).found).toEqual([]);
  });
});

/** That what is compared has one of each in it. */
function expectAll({ collections, datasets, memberships }: Content): void {
  const types = Object.values(collections).map(([type]) => type);
  expect(new Set(types)).toEqual(new Set(['RUN', 'TAGGED', 'CALIBRATION', 'CHAINED']));
  expect(collections['u/alice/all']![2]).toEqual(['u/alice/more', 'u/alice/inner', 'u/alice/calib', 'u/alice/biases']);
  const files = Object.values(datasets).map(({ bytes }) => Object.keys(bytes).length);
  expect(new Set(files)).toEqual(new Set([0, 1, 3]));
  expect(JSON.stringify(datasets)).toContain('ConvexPolygon');
  expect(memberships.filter(([, , begin]) => begin !== null)).toHaveLength(5);
  expect(memberships.filter(([, , begin]) => begin === null)).toHaveLength(3);
}

describe('Of a chain with official data in it', () => {
  test('that data stays where it is, and the rest is published, as --official says; without that, the command says what to do', async () => {
    await using owned = new AsyncDisposableStack();
    const environment = await pythonConfiguration(owned);
    const afar = owned.use(await writtenAfar({}, environment));
    const target = owned.use(await PublishedWorld.make({ environment }));
    const world = owned.use(await openPublishing({ commit: 'real', published: target.root, publishing: PUBLISHING }));
    const [CHAIN, zip] = ['u/alice/with-official', join(afar.directory, 'pack.zip')];
    const pack = (...more: readonly string[]) =>
      satelliteCommand(['publish', 'pack', afar.root, CHAIN, '--out', zip, ...more]);
    const refused = await pack();
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /nightReport in 'LSSTCam\/runs.*--file-root, or name the official collections .*--official/,
    );
    expect(refused.stderr).not.toContain(afar.directory);
    // Whoever packs all of it is told that some of it is official.
    const all = await pack('--file-root', `${afar.root}-elsewhere`, '--json');
    expect(JSON.parse(all.stdout)).toMatchObject({ datasets: 23, registeredOnly: 1, officialDatasets: 0 });
    const submit = ['publish', 'submit', 'laptop', CHAIN, '--pack', zip, '--title', 'All of it'];
    const failed = await satelliteAs(world.gateway, 'alice', [], submit);
    expect(failed.stdout).toMatch(/: draft\.\n {2}FAILED {2}PACK: 'LSSTCam\/runs\/nightly.*`--official`/);

    const left = await pack('--official', 'LSSTCam/*', '--json');
    expect(JSON.parse(left.stdout)).toMatchObject({ datasets: 22, registeredOnly: 1 });
    const id = await published(world, zip, [CHAIN]);
    const { manifest } = await world.look('alice', id, 'manifest {collections {name isOfficial}}');
    expect(manifest.collections).toContainEqual({ name: OFFICIAL_RUN, isOfficial: true });
    const [before, after] = [await afar.content([CHAIN]), await target.content([CHAIN])];
    // What the official chain holds stands in its place, without what is in it.
    expect(after.collections[CHAIN]![2]).toEqual(['u/alice/all', OFFICIAL_RUN]);
    expect(after.found).toEqual(
      Object.keys(before.datasets)
        .filter((uuid) => before.datasets[uuid]!.run !== OFFICIAL_RUN)
        .sort(),
    );
    for (const uuid of after.found) expect(after.datasets[uuid]).toEqual(before.datasets[uuid]);
    expect(after.memberships).toEqual(before.memberships);
  });
});
