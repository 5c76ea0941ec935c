/** The object store of a satellite answers badly in the middle of a transfer: 503, cut-off uploads, answers that get lost. */
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createS3Client } from '../../src/repository/direct/datastore/s3-client.ts';
import { breakConnections, type BrokenConnection } from '../repository/direct/datastore/broken-connection.ts';
import { DATASETS, FaultyWorld, SELECTION, until, type JobId } from './faulty-world.ts';

const Bucket = 'satellites';
let world: FaultyWorld;
let broken: BrokenConnection;

beforeAll(async () => {
  world = await FaultyWorld.open();
  broken = await breakConnections(world.official.s3.endpoint);
});
afterAll(async () => {
  await world.logs();
  await broken[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

test('a transfer into a bad object store completes, with every byte', async () => {
  const { endpoint, environment } = world.official.s3;
  const credentials = {
    accessKeyId: environment['AWS_ACCESS_KEY_ID']!,
    secretAccessKey: environment['AWS_SECRET_ACCESS_KEY']!,
  };
  const client = createS3Client({ endpoint, credentials: { ...credentials } });
  await client.send(new CreateBucketCommand({ Bucket }));
  client.destroy();
  const satellites = { s3: { endpoint: broken.endpoint, bucket: Bucket, ...credentials } };
  const gateway = await world.start({ name: 'gateway', satellites });
  await world.create(gateway, 'mine', { artifacts: 'S3' });
  // More than the client of S3 bears, so that the job itself has to try again …
  broken.break('PUT', ...Array.from({ length: 1000 }, () => 'slow down' as const));
  const input = { from: 'dp1', to: 'mine', search: SELECTION, mode: 'COPY' };
  const { job } = (await world.call(gateway, 'transferDatasets', input)) as { readonly job: JobId };
  const logged = async (): Promise<string> =>
    JSON.stringify((await world.ask(gateway, 'query ($id: ID!) {job(id: $id) {log {message}}}', job)).data);
  await until(async () => (await logged()).includes('tried again'));
  expect(await world.judgeAsOwner(gateway, 'mine')).toMatchObject({ datasets: 0 });
  broken.mend();
  // … and some that it does bear. A size is asked for by GET, and by HEAD where that does not tell it.
  broken.break('PUT', 'cut upload', 'slow down', 'lose answer', 'cut upload', 'slow down', 'lose answer');
  broken.break('GET', 'slow down', 'lose answer');
  broken.break('HEAD', 'slow down', 'lose answer');
  expect(await world.ended(gateway, job)).toMatchObject({ state: 'COMPLETED' });
  expect(broken.left).toBe(0);
  const found = await world.judgeAsOwner(gateway, 'mine');
  expect(found).toMatchObject({ datasets: DATASETS, copied: DATASETS });
  expect(found.digests).toEqual(await world.officialDigests(Object.keys(found.digests)));
  // Not a file that is recorded nowhere, either.
  expect(await world.verified(gateway, 'mine')).toMatchObject({ sound: true, findings: [] });
});
