import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createS3Client, type S3Access } from '../../../../src/repository/direct/datastore/s3-client.ts';
import { S3ArtifactStore } from '../../../../src/repository/direct/datastore/s3-store.ts';
import { startS3, type S3 } from '../../../../stack/s3.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';
import { breakConnections, type BrokenConnection } from './broken-connection.ts';
import { chunks, describeArtifactStore, sha256, signal } from './store-contract.ts';

const ROOT = 's3://files/satellites/mine/';
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let s3: S3;
let broken: BrokenConnection;
let access: S3Access;
let store: S3ArtifactStore;
/** The same behind connections that break. */
let far: S3ArtifactStore;

beforeAll(async () => {
  directory = await temporaryDirectory();
  s3 = await startS3(directory.path, ['files']);
  broken = await breakConnections(s3.endpoint);
  const credentials = {
    accessKeyId: s3.environment['AWS_ACCESS_KEY_ID']!,
    secretAccessKey: s3.environment['AWS_SECRET_ACCESS_KEY']!,
  };
  access = { endpoint: s3.endpoint, credentials };
  store = new S3ArtifactStore('own', ROOT, access);
  far = new S3ArtifactStore('own', ROOT, { ...access, endpoint: broken.endpoint });
  await everything().write('satellites/other/outside', chunks(Buffer.from('outside')), {}, signal);
});
afterAll(async () => {
  await broken[Symbol.asyncDispose]();
  await s3.stop();
  await directory[Symbol.asyncDispose]();
});

const everything = () => new S3ArtifactStore('all', 's3://files', access);
const outside = async () =>
  (await Array.fromAsync(everything().list('', signal))).filter(({ path }) => !path.startsWith('satellites/mine/'));

describeArtifactStore(() => store, outside);

test('keys are the prefix and the path, as stock lsst.resources has them', async () => {
  await store.write('run a/ü#%+.fits', chunks(randomBytes(9)), {}, signal);
  expect(await everything().stat('satellites/mine/run a/ü#%+.fits', signal)).toMatchObject({ size: 9 });
});

test('more files than fit on a page are all listed, and removed', async () => {
  const paths = Array.from({ length: 1100 }, (_, i) => `many/${String(i)}`);
  const write = async (from: number) => {
    for (let i = from; i < paths.length; i += 16) await store.write(paths[i]!, chunks(Buffer.from('x')), {}, signal);
  };
  await Promise.all(Array.from({ length: 16 }, (_, i) => write(i)));
  const listed = await Array.fromAsync(store.list('many', signal));
  expect(listed.map(({ path }) => path).sort()).toEqual(paths.toSorted());
  await store.remove(paths, signal);
  expect(await Array.fromAsync(store.list('many', signal))).toEqual([]);
});

describe('a copy within the server', () => {
  const copied = async (to: S3ArtifactStore, path: string) => buffer(await to.read(path, null, signal));
  const bytes = randomBytes(2000);

  test('is made from an address that nobody has signed, whatever characters are in its names', async () => {
    const path = "run (1)/ü#%+&=?!'*~.fits";
    await store.write(path, chunks(bytes), {}, signal);
    const address = await store.address(path);
    expect((await fetch(address)).status).toBe(403);
    const other = new S3ArtifactStore('other', 's3://files/other/', access);
    expect(await other.copyWithin(address, `of ${path}`, signal)).toBe(true);
    expect(await copied(other, `of ${path}`)).toEqual(bytes);
    await other.remove([`of ${path}`], signal);
  });

  test('is not made of what is not there, or is at another server', async () => {
    expect(await store.copyWithin(await store.address('run/none'), 'run/copy', signal)).toBe(false);
    expect(await store.copyWithin(await far.address('run/none'), 'run/copy', signal)).toBe(false);
    expect(await store.stat('run/copy', signal)).toBeNull();
  });

  test('is made, and read to its end, over connections that break', async () => {
    await far.write('run/to-copy', chunks(bytes), {}, signal);
    broken.break('PUT', 'slow down', 'lose answer');
    expect(await far.copyWithin(await far.address('run/to-copy'), 'run/copied', signal)).toBe(true);
    expect(await copied(store, 'run/copied')).toEqual(bytes);
    broken.break('GET', 'truncate', 'slow down');
    expect(await far.measure('run/copied', signal)).toEqual({ size: bytes.length, sha256: sha256(bytes) });
    expect(broken.left).toBe(0);
  });
});

describe('a signed address', () => {
  test('gives the bytes, in parts too, and is good for minutes', async () => {
    const bytes = randomBytes(2000);
    await store.write('run/signed', chunks(bytes), {}, signal);
    const source = await store.source('run/signed', signal);
    if (source?.kind !== 'url') throw new Error('no address');
    expect(source.size).toBe(2000);
    expect(Buffer.from(await (await fetch(source.url)).arrayBuffer())).toEqual(bytes);
    const part = await fetch(source.url, { headers: { range: 'bytes=10-19' } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20));
    const query = new URL(source.url).searchParams;
    expect(Number(query.get('X-Amz-Expires'))).toBeLessThanOrEqual(900);
    expect((await fetch(source.url.replace('signed', 'other'))).status).toBe(403);
  });

  test('takes an upload of exactly the bytes that it was made for', async () => {
    const bytes = randomBytes(2000);
    const upload = await store.signedUpload('run/uploaded', { size: bytes.length, sha256: sha256(bytes) });
    const put = async (body: Buffer, headers: Readonly<Record<string, string>>) =>
      (await fetch(upload.url, { method: 'PUT', body: new Uint8Array(body), headers })).status;
    const { 'content-length': _, ...headers } = upload.headers;

    expect(await put(randomBytes(2000), headers)).toBeGreaterThanOrEqual(400);
    expect(await put(bytes.subarray(1), headers)).toBeGreaterThanOrEqual(400);
    expect(await put(randomBytes(2000), {})).toBeGreaterThanOrEqual(400);
    expect(await store.stat('run/uploaded', signal)).toBeNull();
    expect(await put(bytes, headers)).toBe(200);
    expect(await buffer(await store.read('run/uploaded', null, signal))).toEqual(bytes);
  });
});

describe('a large file', () => {
  const bytes = randomBytes(20 << 20);

  test('is written in parts and read whole', async () => {
    await store.write('run/large', chunks(bytes, 1 << 16), { sha256: sha256(bytes) }, signal);
    expect(sha256(await buffer(await store.read('run/large', null, signal)))).toBe(sha256(bytes));
  });

  test('that is not what was expected leaves no parts behind', async () => {
    const writing = store.write('run/bad', chunks(bytes, 1 << 16), { sha256: sha256(Buffer.of()) }, signal);
    await expect(writing).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    const { Uploads: uploads = [] } = await createS3Client(access).send(
      new ListMultipartUploadsCommand({ Bucket: 'files' }),
    );
    expect(uploads).toEqual([]);
  });
});

test('parts of a file whose writer was killed are found and removed', async () => {
  const place = { Bucket: 'files', Key: 'satellites/mine/run/killed' };
  const client = createS3Client(access);
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
  await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: randomBytes(5 << 20) }));
  const unfinished = (before: number) => Array.fromAsync(store.unfinished(new Date(before), signal));
  expect(await unfinished(Date.now() - 3_600_000)).toEqual([]);
  const [left] = await unfinished(Date.now() + 3_600_000);
  expect(left?.path).toBe('run/killed');
  await left!.remove();
  expect(await unfinished(Date.now() + 3_600_000)).toEqual([]);
});

describe('over connections that break', () => {
  const bytes = randomBytes(200_000);
  afterEach(() => expect(broken.left).toBe(0));

  test('a file is read whole', async () => {
    await store.write('run/far', chunks(bytes), {}, signal);
    broken.break('GET', 'slow down', 'truncate', 'slow down', 'reset', 'truncate');
    expect(await buffer(await far.read('run/far', null, signal))).toEqual(bytes);
    broken.break('GET', 'reset');
    const part = await far.read('run/far', { start: 1000, end: 99_999 }, signal);
    expect(await buffer(part)).toEqual(bytes.subarray(1000, 100_000));
  });

  test('a file is written whole', async () => {
    broken.break('PUT', 'slow down', 'lose answer', 'slow down');
    await far.write('run/far', chunks(bytes), { sha256: sha256(bytes) }, signal);
    expect(await buffer(await store.read('run/far', null, signal))).toEqual(bytes);
  });

  test('what stays broken is said, and a reader is never given less as if it were all', async () => {
    broken.break('GET', ...Array.from({ length: 5 }, () => 'slow down' as const));
    await expect(far.read('run/far', null, signal)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });

    await expect(far.read('run/far', null, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    broken.break('GET', 'truncate');
    const reading = await far.read('run/far', null, signal);
    await broken[Symbol.asyncDispose]();
    await expect(buffer(reading)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });
});

test('a store that cannot be reached, or refuses us, is unavailable', async () => {
  const nobody = { accessKeyId: 'nobody', secretAccessKey: 'nothing' };
  const refused = new S3ArtifactStore('own', ROOT, { ...access, credentials: nobody });
  await expect(refused.stat('run/file', signal)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  const nowhere = new S3ArtifactStore('own', ROOT, { ...access, endpoint: 'http://127.0.0.1:1' });
  await expect(nowhere.write('run/file', chunks(bytesOf('x')), {}, signal)).rejects.toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
    repository: 'own',
  });
});

const bytesOf = (text: string) => Buffer.from(text);
