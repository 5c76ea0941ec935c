/** What the benchmarks run against: one large repository, served by the gateway, by the stock server, and read by stock Python. */
import { join } from 'node:path';
import { cachedBuild } from '../stack/cached-build.ts';
import { STACK_DIRECTORY } from '../stack/checkout.ts';
import { StackIssuer, startGateway } from '../stack/gateway.ts';
import type { OwnedProcess } from '../stack/owned-process.ts';
import { type RemoteButler, startRemoteButler } from '../stack/remote-butler.ts';
import { runPython } from '../stack/run-python.ts';

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

/** Builds the large repository, or finds it built. @returns its root */
export async function scaledRepository(): Promise<string> {
  const built = await cachedBuild('scaled', ['bench/scaled_repository.py'], async (building) => {
    await runPython('bench/scaled_repository.py', [join(building, 'repository')]);
  });
  return join(built, 'repository');
}

/** Starts everything.  In the gateway the repository is called `own` (direct) and `official` (through the stock server). */
export async function startWorld(): Promise<World> {
  const root = await scaledRepository();
  const directory = join(STACK_DIRECTORY, 'bench');
  const server = await startRemoteButler({ repositories: { scaled: root }, directory });
  const official = `${server.url}/scaled`;
  const issuer = await StackIssuer.in(directory);
  const gateway = await startGateway({
    directory,
    issuer,
    repositories: [
      { name: 'own', kind: 'direct', path: root },
      { name: 'official', kind: 'remote', url: official, token: 'forward' },
    ],
    built: true,
    environment: { NODE_ENV: 'production' },
  });
  return {
    root,
    graphql: `${gateway.url}/graphql`,
    export: `${gateway.url}/export`,
    token: await issuer.token('bench'),
    gateway: gateway.process,
    server,
    official,
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await server.stop();
    },
  };
}
