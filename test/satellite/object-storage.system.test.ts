import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createS3Client } from '../../src/repository/direct/datastore/s3-client.ts';
import { ObjectStorage } from '../../src/satellite/object-storage.ts';
import { startS3, type S3 } from '../../stack/s3.ts';

const Bucket = 'satellites';
const MINE = { id: 'mine234' };
const OTHER = { id: 'mine2345' };
const key = ({ id }: { id: string }, name = 'run/a.fits') => `satellites/${id}/${name}`;

let directory: string;
let s3: S3;
let storage: ObjectStorage;
let gateway: S3Client;
let owner: S3Client;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'objects-'));
  s3 = await startS3(directory, [Bucket]);
  storage = new ObjectStorage({
    endpoint: s3.endpoint,
    bucket: Bucket,
    region: 'us-east-1',
    accessKeyId: s3.environment['AWS_ACCESS_KEY_ID'],
    secretAccessKey: s3.environment['AWS_SECRET_ACCESS_KEY'],
    stsEndpoint: undefined,
    roleArn: undefined,
    sessionSeconds: 3600,
  });
  gateway = createS3Client(storage.access);
  for (const satellite of [MINE, OTHER]) {
    await gateway.send(new PutObjectCommand({ Bucket, Key: key(satellite), Body: satellite.id }));
  }
  owner = createS3Client({ endpoint: s3.endpoint, region: 'us-east-1', credentials: await storage.issue(MINE) });
});
afterAll(async () => {
  gateway.destroy();
  owner.destroy();
  storage.close();
  await s3.stop();
  await rm(directory, { recursive: true });
});

describe('temporary credentials', () => {
  test('read, write, list and delete below the satellite’s prefix', async () => {
    await owner.send(new PutObjectCommand({ Bucket, Key: key(MINE, 'run/b.fits'), Body: 'b' }));
    expect(await (await owner.send(new GetObjectCommand({ Bucket, Key: key(MINE) }))).Body!.transformToString()).toBe(
      'mine234',
    );
    const { Contents } = await owner.send(new ListObjectsV2Command({ Bucket, Prefix: key(MINE, '') }));
    expect(Contents!.map(({ Key }) => Key)).toEqual([key(MINE), key(MINE, 'run/b.fits')]);
    await owner.send(new DeleteObjectCommand({ Bucket, Key: key(MINE, 'run/b.fits') }));
  });

  test.each([
    ['another satellite’s object', key(OTHER), 403],
    ['an object beside the prefix', 'satellites/mine234', 403],
    ['an object at the top', '.ready', 403],
    ['a path that leads out of the prefix', key(MINE, '../mine2345/run/a.fits'), 400],
    ['a path that leads to the top', key(MINE, '../../.ready'), 400],
  ])('are refused for %s', async (_what, Key, status) => {
    const refused = { $metadata: { httpStatusCode: status } };
    await expect(owner.send(new GetObjectCommand({ Bucket, Key }))).rejects.toMatchObject(refused);
    await expect(owner.send(new PutObjectCommand({ Bucket, Key, Body: 'mine' }))).rejects.toMatchObject(refused);
    await expect(owner.send(new DeleteObjectCommand({ Bucket, Key }))).rejects.toMatchObject(refused);
  });

  test.each(['', 'satellites/', 'satellites/mine', key(OTHER, '')])('are refused to list %j', async (Prefix) => {
    await expect(owner.send(new ListObjectsV2Command({ Bucket, Prefix }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
  });

  test('end, and say when', async () => {
    const { expiresAt } = await storage.issue(MINE);
    const seconds = (expiresAt.getTime() - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(3500);
    expect(seconds).toBeLessThanOrEqual(3600);
  });
});

test('removing a satellite’s objects, begun ones too, leaves those of others', async () => {
  for (const satellite of [MINE, OTHER]) {
    const upload = { Bucket, Key: key(satellite, 'run/large.fits') };
    const { UploadId } = await gateway.send(new CreateMultipartUploadCommand(upload));
    await gateway.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'part' }));
  }
  for (let i = 0; i < 2; i++) await storage.remove(MINE);
  const { Contents } = await gateway.send(new ListObjectsV2Command({ Bucket, Prefix: 'satellites/' }));
  expect(Contents!.map(({ Key }) => Key)).toEqual([key(OTHER)]);
  const { Uploads } = await gateway.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'satellites/' }));
  expect(Uploads!.map(({ Key }) => Key)).toEqual([key(OTHER, 'run/large.fits')]);
});
