/**
 * A process of its own that has `bps submit` run until it ends, and the way to the gateway kept open meanwhile: the gateway
 * may be started anew in between.  `bps-keeper.ts FILE` takes a `KeeperRequest`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, glob, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PredictedGraph } from '../graph/predicted-graph.ts';
import { writeGraph } from '../graph/write-graph.ts';
import type { FileRecord } from '../../repository/rows.ts';
import { GatewayRelay } from '../worker/relay.ts';
import { keeperRequest, type KeeperEnd, type KeeperRequest } from './keeper-request.ts';
import { killDescendants } from '../worker/process-tree.ts';

/** What BPS writes that would tell what is in an environment. */
const TELLING = '**/*.env.info.yaml';
/** How old a token may be that a gateway renews every two minutes: it is away else, and the token may have ended. */
const OLD_MS = 300_000;

/** Copies a graph with its inputs at the relay's address, where the gateway's own needs a token that plain HTTP does not carry. */
async function giveThrough({ address, gateway }: GatewayRelay, from: string, into: string): Promise<void> {
  const graph = await PredictedGraph.open(from);
  try {
    const files = new Map<string, readonly FileRecord[]>();
    let name = '';
    const quanta = [...(await graph.initQuanta())];
    for await (const quantum of graph.quanta()) quanta.push(quantum);
    for (const { files: named } of quanta) {
      for (const [datastore, of] of named) {
        name = datastore;
        for (const [uuid, records] of of) {
          const moved = records.map((r) => ({
            ...r,
            path: r.path.startsWith(`${gateway}/`) ? address + r.path.slice(gateway.length) : r.path,
          }));
          files.set(uuid, moved);
        }
      }
    }
    await writeGraph(graph, into, { inputs: { datastore: name, files } });
  } finally {
    await graph.close();
  }
}

async function removeTelling(directory: string): Promise<void> {
  for await (const path of glob(TELLING, { cwd: directory })) await rm(join(directory, path), { force: true });
}

async function submit(request: KeeperRequest, environment: Readonly<Record<string, string>>): Promise<number | null> {
  const log = await open(request.log, 'a');
  const bps = spawn(
    join(request.programs, 'bps'),
    ['--no-log-tty', '--log-file', request.log, 'submit', request.config],
    {
      env: environment,
      // Parsl writes of itself to where it is started.
      cwd: dirname(request.config),
      stdio: ['ignore', log.fd, log.fd],
    },
  );
  const looking = setInterval(() => void removeTelling(request.submit).catch(() => undefined), 1000);
  process.once('SIGTERM', () => killDescendants(process.pid));
  try {
    const [status] = (await once(bps, 'exit')) as [number | null];
    return status;
  } finally {
    clearInterval(looking);
    await log.close();
  }
}

const request = keeperRequest.parse(JSON.parse(await readFile(process.argv[2]!, 'utf8')));
const isPlain = !request.gateway.startsWith('https://');
let held: KeeperEnd['held'] = null;
/** Its jobs would only fail: they are executed when what they read is there again. */
const hold = (code: NonNullable<typeof held>) => () => {
  held ??= code;
  killDescendants(process.pid);
};
await using relay = await GatewayRelay.start({
  gateway: request.gateway,
  token: async () => (await readFile(request.tokenFile, 'utf8')).trim(),
  isTokenOld: async () => Date.now() - (await stat(request.tokenFile)).mtimeMs > OLD_MS,
  onUnauthenticated: hold('UNAUTHENTICATED'),
  onAway: hold('UPSTREAM_UNAVAILABLE'),
});
if (isPlain) await giveThrough(relay, request.graph, request.given);
else await copyFile(request.graph, request.given);
await chmod(request.given, 0o600);
// Parsl finds its own programs by the path; stock programs read a token from a file, so that it is in no environment.
const PATH = `${request.programs}:${request.environment['PATH'] ?? '/usr/bin:/bin'}`;
const environment = {
  ...request.environment,
  PATH,
  ...(!isPlain && { LSST_HTTP_AUTH_BEARER_TOKEN: request.tokenFile }),
};
const status = await submit(request, environment).catch(() => null);
await removeTelling(request.submit);
// What stands in it led here, and leads nowhere any more.
for await (const path of glob('**/*.qg', { cwd: request.submit }))
  await rm(join(request.submit, path), { force: true });
await rm(request.given, { force: true });
await writeFile(`${request.ended}.part`, JSON.stringify({ status, held } satisfies KeeperEnd));
await rename(`${request.ended}.part`, request.ended);
