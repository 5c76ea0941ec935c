import { glob, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { pythonProgram } from './checkout.ts';
import { freePort } from './free-port.ts';
import { OwnedProcess } from './owned-process.ts';

const REGION = 'us-east-1';
const SOCKETS = { s3: 's3.sock', filer: 'filer.sock' };
const CREDENTIALS = { accessKey: 'satellite', secretKey: 'satellite-demo-secret' };

/** A running S3 server (SeaweedFS) on 127.0.0.1. */
export interface S3 extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /**
   * The environment with which lsst.resources and boto3 reach the server, and nothing else: settings of the user who runs
   * us are hidden.  boto3 signs addresses in the style of SigV2 then, which is what the stock Butler server hands out.
   */
  readonly environment: Readonly<Record<string, string>>;
  readonly process: OwnedProcess;
  stop(): Promise<void>;
}

/**
 * Starts SeaweedFS over a directory, which keeps the contents between starts, and resolves when each of the buckets has
 * taken and given an object (its port answers earlier than that).
 * @throws Error with the end of its log when it does not come up.
 */
export async function startS3(directory: string, buckets: readonly string[]): Promise<S3> {
  const data = join(directory, 'data');
  await mkdir(data, { recursive: true });
  // SeaweedFS keeps its election's state by port number; ports change, and it learns all it needs from the volumes.
  for await (const stale of glob('m[0-9]*', { cwd: data })) await rm(join(data, stale), { recursive: true });
  const identities = join(directory, 'identities.json');
  const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
  await writeFile(
    identities,
    JSON.stringify({ identities: [{ name: 'satellite', credentials: [CREDENTIALS], actions }] }),
    { mode: 0o600 },
  );

  const port = await freePort();
  const services = ['master', 'volume', 'filer', 'admin'];
  const portFlags = [`-s3.port=${String(port)}`];
  for (const flag of [...services.map((service) => `${service}.port`), 's3.port.grpc', 'metricsPort']) {
    portFlags.push(`-${flag}=${String(await freePort())}`);
  }
  for (const service of services) portFlags.push(`-${service}.port.grpc=${String(await freePort())}`);
  const server = new OwnedProcess(
    pythonProgram('weed'),
    [
      '-logtostderr',
      'mini',
      `-dir=${data}`,
      '-ip=127.0.0.1',
      '-ip.bind=127.0.0.1',
      '-metricsIp=127.0.0.1',
      `-s3.config=${identities}`,
      ...portFlags,
      // relative to the working directory: a socket's path must be short
      `-s3.localSocket=${SOCKETS.s3}`,
      `-filer.localSocket=${SOCKETS.filer}`,
      '-admin.ui=false',
      '-webdav=false',
      // nobody else hears that it goes
      '-volume.preStopSeconds=0',
      '-s3.port.iceberg=0',
      '-s3.port.lance=0',
      '-master.telemetry=false',
    ],
    { name: 'SeaweedFS', log: join(directory, 'seaweedfs.log'), cwd: directory },
  );

  const endpoint = `http://127.0.0.1:${String(port)}`;
  const client = new AwsClient({
    accessKeyId: CREDENTIALS.accessKey,
    secretAccessKey: CREDENTIALS.secretKey,
    region: REGION,
    service: 's3',
    retries: 0,
  });
  await server.ready(async () => {
    for (const bucket of buckets) {
      const made = await client.fetch(`${endpoint}/${bucket}`, { method: 'PUT' });
      await made.arrayBuffer();
      const probe = `${endpoint}/${bucket}/.ready`;
      const put = await client.fetch(probe, { method: 'PUT', body: 'ready' });
      await put.arrayBuffer();
      const got = await client.fetch(probe);
      if (!put.ok || (await got.text()) !== 'ready') return false;
    }
    return true;
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    for (const socket of Object.values(SOCKETS)) await rm(join(directory, socket), { force: true });
  };
  return {
    endpoint,
    environment: {
      S3_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKey,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretKey,
      AWS_DEFAULT_REGION: REGION,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
    process: server,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
