/** The files of satellites in directories and in S3, and their references, at permanent addresses. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Universe } from '../../src/butler/universe.ts';
import { createRepository } from '../../src/repository/direct/create.ts';
import { openArtifactStore, type ArtifactStoreOptions } from '../../src/repository/direct/datastore/open-store.ts';
import { openWriteableRepository } from '../../src/repository/direct/open-writeable.ts';
import type { WriteableRepository } from '../../src/repository/writeable-repository.ts';
import { moveReferences } from '../../src/satellite/move-references.ts';
import { startS3, type S3 } from '../../stack/s3.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';

const RUN = 'u/alice/run';
const PATH = 'u/alice/run/own/a file #1.txt';
const CONTENT = 'bytes of a dataset';
const OLD_URL = 'http://old.example.org';
const uuidOf = (n: number) => `0195c2b1-7f3e-7b1a-9c00-00000000000${n}`;
const [OWN, REFERENCE, LOST] = [uuidOf(1), uuidOf(2), uuidOf(3)];
const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(300_000) };
const satellites = new Map<string, WriteableRepository>();
let place: Awaited<ReturnType<typeof temporaryDirectory>>;
let s3: S3;
let gateway: RunningGateway;

async function makeSatellite(name: string, root: string | undefined, options: ArtifactStoreOptions): Promise<void> {
  const directory = join(place.path, name);
  const universes = gunzipSync(await readFile(new URL('../data/universes.json.gz', import.meta.url))).toString();
  const universe = Universe.fromJson((JSON.parse(universes) as readonly { rest: unknown }[])[8]!.rest);
  const database = { dialect: 'sqlite' } as const;
  const where = { name, directory, universe, database, ...(root !== undefined && { datastoreRoot: root }) };
  await createRepository({ ...where, signal: ctx.signal });
  const repository = await openWriteableRepository({ name, path: directory, ...options });
  satellites.set(name, repository);
  const store = await openArtifactStore(name, root ?? directory, options);
  await store.write(PATH, Readable.from([Buffer.from(CONTENT)]), {}, ctx.signal);
  await repository.registerCollection({ name: RUN, type: 'RUN' }, ctx);
  const records = [
    { uuid: OWN, path: PATH },
    { uuid: REFERENCE, path: `${OLD_URL}/files/${name}/${OWN}/a%20file%20%231.txt` },
    { uuid: LOST, path: 'u/alice/run/lost.txt' },
  ];
  for (const [i, { uuid, path }] of records.entries()) {
    const type = { name: `type${i}`, storageClass: 'StructuredDataDict', isCalibration: false };
    await repository.registerDatasetTypes([{ ...type, dimensions: [] }], ctx);
    const file = { path, formatter: 'F', storageClass: type.storageClass, component: null, checksum: null };
    const dataset = { uuid, run: RUN, values: [], files: [{ ...file, size: CONTENT.length }] };
    const datasetType = { ...type, dimensions: (await repository.universe()).conform([]) };
    await repository.importDatasets([{ ...dataset, datasetType }], ctx);
  }
}

beforeAll(async () => {
  place = await temporaryDirectory();
  s3 = await startS3(join(place.path, 's3'), ['satellites']);
  const credentials = {
    accessKeyId: s3.environment['AWS_ACCESS_KEY_ID']!,
    secretAccessKey: s3.environment['AWS_SECRET_ACCESS_KEY']!,
  };
  await makeSatellite('files', undefined, {});
  await makeSatellite('objects', 's3://satellites/alice/', { s3: { endpoint: s3.endpoint, credentials } });
  gateway = await runGateway({
    offered: [...satellites].map(([name, repository]) => ({ name, kind: 'SATELLITE', owner: 'alice', repository })),
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await s3.stop();
  await place[Symbol.asyncDispose]();
});

/** As a client that follows redirects does. */
const read = async (address: string, headers: Record<string, string> = {}) => {
  const answer = await gateway.fetch(address, { redirect: 'follow', headers });
  return [answer.status, await answer.text()];
};

describe.each(['files', 'objects'])('a satellite in %s', (name) => {
  const address = `/files/alice~${name}/${OWN}/a%20file%20%231.txt`;

  test('gives its files whole and in parts, and tells their size', async () => {
    expect(await read(address)).toEqual([200, CONTENT]);
    expect(await read(address, { range: 'bytes=9-' })).toEqual([206, CONTENT.slice(9)]);
    const head = await gateway.fetch(address, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), head.headers.get('accept-ranges')]).toEqual([
      200,
      String(CONTENT.length),
      'bytes',
    ]);
  });

  test('redirects to its store where that signs, and streams otherwise', async () => {
    const answer = await gateway.fetch(address);
    expect(answer.status).toBe(name === 'objects' ? 307 : 200);
    expect(answer.headers.get('location')?.startsWith(`${s3.endpoint}/satellites/alice/`)).toBe(
      name === 'objects' ? true : undefined,
    );
    await answer.arrayBuffer();
  });

  test('says that a file is gone', async () => {
    for (const method of ['GET', 'HEAD']) {
      expect((await gateway.fetch(`/files/${name}/${LOST}/lost.txt`, { method })).status).toBe(404);
    }
  });

  test('has its references moved from an address that the gateway had, and then reads them', async () => {
    const reference = `/files/${name}/${REFERENCE}/x.txt`;
    const refused = await gateway.fetch(reference);
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('move-references')]);
    const satellite = { repository: satellites.get(name)!, capability: null };
    const settings = { publicUrl: gateway.url, ownUrls: [gateway.url, OLD_URL], mintCapability: () => '' };
    expect(await moveReferences(satellite, settings, ctx)).toBe(1);
    expect(await read(reference)).toEqual([200, CONTENT]);
    expect(await moveReferences(satellite, settings, ctx)).toBe(0);
  });
});
