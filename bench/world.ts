/** What the benchmarks run against: one large repository, served by the gateway, by the stock server, and read by stock Python. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedBuild } from '../stack/cached-build.ts';
import { CHECKOUT, STACK_DIRECTORY } from '../stack/checkout.ts';
import { freePort } from '../stack/free-port.ts';
import { OwnedProcess } from '../stack/owned-process.ts';
import { type RemoteButler, startRemoteButler } from '../stack/remote-butler.ts';
import { runPython } from '../stack/run-python.ts';

const DIRECTORY = join(STACK_DIRECTORY, 'bench');
const COMMAND = join(CHECKOUT, 'dist', 'src', 'cli', 'main.js');
const ISSUER = 'http://localhost/bench';

export interface World extends AsyncDisposable {
  /** The large repository's root, for stock Python. */
  readonly root: string;
  /** The gateway's GraphQL address. */
  readonly graphql: string;
  /** The gateway's export address. */
  readonly export: string;
  readonly token: string;
  readonly gateway: OwnedProcess;
  /** The stock server. */
  readonly server: RemoteButler;
  /** The large repository's address at the stock server. */
  readonly official: string;
}

/** Starts everything.  In the gateway the repository is called `own` (direct) and `official` (through the stock server). */
export async function startWorld(): Promise<World> {
  const built = await cachedBuild('scaled', ['bench/scaled_repository.py'], async (directory) => {
    await runPython('bench/scaled_repository.py', [join(directory, 'repository')]);
  });
  const root = join(built, 'repository');
  await mkdir(DIRECTORY, { recursive: true });
  const server = await startRemoteButler({ repositories: { scaled: root }, directory: DIRECTORY });
  const official = `${server.url}/scaled`;
  const port = await freePort();
  const config = join(DIRECTORY, 'gateway.json');
  await writeFile(
    config,
    JSON.stringify({
      http: { port },
      repositories: [
        { name: 'own', kind: 'direct', path: root },
        { name: 'official', kind: 'remote', url: official },
      ],
      auth: { issuers: [{ issuer: ISSUER, audience: 'satellite', jwks: './jwks.json', development: true }] },
    }),
  );
  const minted = await promisify(execFile)(process.execPath, [COMMAND, 'token', '--config', config, '--user', 'bench']);
  const gateway = new OwnedProcess(process.execPath, [COMMAND, 'serve', '--config', config], {
    name: 'the gateway',
    log: join(DIRECTORY, 'gateway.log'),
    env: { NODE_ENV: 'production' },
  });
  const origin = `http://127.0.0.1:${String(port)}`;
  await gateway.ready(async () => (await fetch(`${origin}/healthz`)).ok);
  return {
    root,
    graphql: `${origin}/graphql`,
    export: `${origin}/export`,
    token: minted.stdout.trim(),
    gateway,
    server,
    official,
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await server.stop();
    },
  };
}
