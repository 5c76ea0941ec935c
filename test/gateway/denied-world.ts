/** What alice has and others may not see: all of it for carol; for bob, whom she lets read `u/alice/open/`, the rest. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { openPublishing } from '../publish/publishing-world.ts';
import type { SharingWorld } from './sharing-world.ts';

/** Something of alice's, and what nobody has. */
export type Pair = readonly [real: unknown, none: unknown];

export interface Stranger {
  readonly name: string;
  /** Where fields of a type can be reached for them; braces may be left open. */
  readonly reached: Readonly<Record<string, string>>;
  /** What an argument names, by its own name or after its field's. */
  readonly pairs: Readonly<Record<string, Pair>>;
}

export interface DeniedWorld {
  readonly world: SharingWorld;
  readonly strangers: readonly Stranger[];
  /** A text without what was asked for. */
  neutral(text: string): string;
}

export const NONE_UUID = '00000000-0000-4000-8000-000000000000';
export const SECRET = 'u/alice/secret';
/** An instrument that only alice's satellite knows. */
export const SECRET_INSTRUMENT = 'AliceCam';

/** Identifier of an object for `node(id:)`. */
export const globalId = (...parts: readonly string[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

/** Makes everything. */
export async function openDenied(): Promise<DeniedWorld> {
  const more = 'python: {executable: python3}';
  const world = await openPublishing({ more });
  const at = { satellite: 'mine' };
  await world.done('alice', 'createSatellite', { name: 'mine', official: 'dp1', instruments: ['HSC'] });
  for (const user of ['carol', 'bob']) {
    await world.done(user, 'createSatellite', { name: 'own', official: 'dp1' }, 'satellite {name}');
  }
  await world.ingest('mine', 'u/alice/open/run', 1);
  const [uuid] = (await world.ingest('mine', SECRET, 2, { name: 'hush', isCalibration: true })) as [string];
  const collections = [
    { name: `${SECRET}-tag`, type: 'TAGGED' },
    { name: `${SECRET}-calib`, type: 'CALIBRATION' },
    { name: `${SECRET}-chain`, type: 'CHAINED', children: [SECRET] },
  ];
  for (const made of collections) {
    await world.done('alice', 'createCollection', { ...at, ...made }, 'collection {name}');
  }
  const uuids = [uuid];
  await world.done('alice', 'associateDatasets', { ...at, collection: `${SECRET}-tag`, uuids }, 'datasets');
  await world.done(
    'alice',
    'certifyDatasets',
    { ...at, collection: `${SECRET}-calib`, uuids, timespan: {} },
    'datasets',
  );
  const { uri } = (await world.ask('alice', '{satellite(name: "mine") {uri}}')).data.satellite as { uri: string };
  registerInstrument(uri);
  await world.grant({ ...at, user: 'bob', collection: 'u/alice/open/' });
  const grant = await world.grant({ ...at, user: 'dave' });
  const upload = { fileName: 'x.yaml', size: 1, sha256: '0'.repeat(64) };
  const dataId = { instrument: 'HSC', detector: 5 };
  const asked = { ...at, datasetType: 'hush', run: SECRET, files: [{ dataId, upload }] };
  const commit = (await world.done('alice', 'ingestDatasets', asked, 'upload {id}')).upload.id as string;

  const zip = { size: 1, sha256: '0'.repeat(64) };
  const packed = (await world.done('alice', 'uploadPublication', zip, 'upload {id}')).upload.id as string;

  const submitted = { ...at, collections: [SECRET], title: 'Hush', readers: { users: ['dave'] } };
  const { id: publication } = await world.did('alice', 'submitPublication', submitted);
  await world.did('alice', 'commentPublication', { publication, comment: 'Nobody hears me.' });
  const { comments } = (await world.look('alice', publication, 'comments {id}')) as { comments: { id: string }[] };
  const { link } = await world.done('alice', 'createRefereeLink', { publication }, 'link {id}');
  const opened = { ...at, collections: ['u/alice/open/run'], title: 'Open' };
  const { id: open, digest } = await world.did('alice', 'submitPublication', opened);
  await world.did('curator', 'approvePublication', { publication: open, digest });
  await world.reached('alice', open, 'PUBLISHED');

  const pipeline = { yaml: 'description: one task\ntasks:\n  calibrate: minipipe.tasks.CalibrateTask\n' };
  const wanted = { ...at, pipeline, inputs: [SECRET], output: 'u/alice/secret-run' };
  const run = (await world.done('alice', 'createRun', wanted, 'run {id}')).run.id as string;

  const search = (type: string, collection: string, repository: string) =>
    `datasets(datasetTypes: ["${type}"], collections: ["${collection}"], repositories: ["${repository}"], first: 1)`;
  const cursor = '{pageInfo {endCursor}}';
  const { data } = await world.ask(
    'alice',
    `{jobs {id} ${search('hush', SECRET, 'mine')} ${cursor} others: ${search('raw', 'HSC/raw/all', 'dp1')} ${cursor}
      auditTrail(first: 1) ${cursor}}`,
  );
  const job = data.jobs[0].id as string;
  const common = {
    uuid: [uuid, NONE_UUID],
    uuids: [[uuid], [NONE_UUID]],
    ...same(['collection', 'run'], [SECRET, `${SECRET.slice(0, -1)}u`]),
    ...same(
      ['collections', 'curatedCalibrations', 'children', 'search', 'createRun.inputs', 'skipExistingIn'],
      [
        [SECRET, `${SECRET}-chain`],
        [`${SECRET.slice(0, -1)}u`, `${SECRET}-chaim`],
      ],
    ),
    'datasetTypes.search': [['hush'], ['husk']],
    datasetType: ['hush', 'husk'],
    datasetTypes: [['hush'], ['husk']],
    constrainBy: [['hush'], ['husk']],
    datasets: [
      [{ datasetType: 'hush', collections: [SECRET] }],
      [{ datasetType: 'husk', collections: [`${SECRET.slice(0, -1)}u`] }],
    ],
    ...same(
      ['buildRun', 'executeRun', 'transferRun', 'cancelRun', 'retryRun', 'removeRun', 'transferDatasets'].map(
        (mutation) => `${mutation}.run`,
      ),
      [run, NONE_UUID],
    ),
    ...same(['run.id', 'runs.after', 'runProgress.id'], [run, NONE_UUID]),
    ...same(['quantum', 'graphQuanta.after', 'graphInputs.after'], [uuid, NONE_UUID]),
    'graphOutputs.after': [`${uuid}.0`, `${NONE_UUID}.0`],
    ...same(['job', 'job.id', 'jobProgress.id'], [job, NONE_UUID]),
    ...same(['publication', 'publication.id', 'publicationUpdates.id'], [publication, NONE_UUID]),
    replyTo: [comments[0]!.id, NONE_UUID],
    'publications.after': [cursorOf(`2 ${publication}`), cursorOf(`1 ${NONE_UUID}`)],
    grant: [grant, NONE_UUID],
    commit: [commit, 'x'.repeat(commit.length)],
    link: [link.id as string, NONE_UUID],
    'submitPublication.upload': [packed, 'x'.repeat(packed.length)],
    group: ['g_lensing', 'g_lensins'],
    after: [data.datasets.pageInfo.endCursor, data.others.pageInfo.endCursor],
    'auditTrail.after': [data.auditTrail.pageInfo.endCursor, cursorOf(`1 ${'0'.repeat(49)}`)],
  } satisfies Record<string, Pair>;
  const stranger = (name: Stranger['name'], none: string, reached: string): Stranger => ({
    name,
    reached: {
      Repository: `repository(name: "${reached}")`,
      Satellite: `satellite(name: "${reached}")`,
      Run: `run(id: "${run}")`,
      Publication: `publication(id: "${open}")`,
      PublicationManifest: `publication(id: "${open}") {manifest`,
    },
    pairs: {
      ...common,
      ...same(
        ['satellite', 'to', 'from', 'repository', 'official', 'repository.name', 'satellite.name'],
        ['alice~mine', none],
      ),
      repositories: [['alice~mine'], [none]],
      'node.id': [globalId('Dataset', 'alice~mine', uuid), globalId('Dataset', none, NONE_UUID)],
    },
  });
  const strangers = [stranger('carol', 'alice~none', 'own'), stranger('bob', 'alice~mine', 'alice~mine')];
  const named = [...new Set(strangers.flatMap(({ pairs }) => Object.values(pairs).flat(2)))]
    .filter((value) => typeof value === 'string')
    .sort((a, b) => b.length - a.length);
  return { world, strangers, neutral: (text) => named.reduce((t, name) => t.replaceAll(name, 'NAME'), text) };
}

function cursorOf(position: string): string {
  return Buffer.from(position).toString('base64url');
}

function same(names: readonly string[], pair: Pair): Record<string, Pair> {
  return Object.fromEntries(names.map((name) => [name, pair]));
}

/** As stock Python does it. */
function registerInstrument(uri: string): void {
  const root = uri.startsWith('file:') ? fileURLToPath(uri) : uri;
  const registry = new Database(join(root, 'gen3.sqlite3'));
  registry
    .prepare('INSERT INTO instrument (name, visit_max, exposure_max, detector_max, class_name) VALUES (?, 9, 9, 9, ?)')
    .run(SECRET_INSTRUMENT, 'x.AliceCam');
  registry.close();
}
