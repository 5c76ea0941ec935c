import { join } from 'node:path';
import { pythonProgram, stackFile } from './checkout.ts';
import { freePort } from './free-port.ts';
import { OwnedProcess } from './owned-process.ts';

/** A mock of the Rubin Science Platform's ingress (platform_ingress.py), before the server: whose tokens it believes. */
export interface PlatformIngress {
  /** Whose JWTs are; absent: nobody's. */
  readonly issuer?: string;
  readonly audience?: string;
  /** The file with the issuer's public keys. */
  readonly jwks?: string;
  /** Address of a (mock) Gafaelfawr, whose `gt-` tokens are; absent: none. */
  readonly gafaelfawr?: string;
}

export interface RemoteButlerOptions {
  /** What is served: a repository's root directory, or its configuration file, by name. */
  readonly repositories: Readonly<Record<string, ServedRepository | string>>;
  /** The directory for the server's log. */
  readonly directory: string;
  /** The environment to reach the repositories' files (see S3.environment). */
  readonly environment?: Readonly<Record<string, string>>;
  /** With it, every request needs a valid token; without it, the server does not ask who calls. */
  readonly ingress?: PlatformIngress;
  /** How long addresses are good that it signs, in whole seconds; not with an ingress. @default stock's hour */
  readonly signedSeconds?: number;
  /** @default a free one */
  readonly port?: number;
}

export interface ServedRepository {
  readonly root: string;
  /** Whom an ingress lets in; by default everybody with a token. */
  readonly groups?: readonly string[];
}

/** A running Butler server: the stock one of lsst-daf-butler, in one process. */
export interface RemoteButler extends AsyncDisposable {
  /** Where its repositories are: `http://127.0.0.1:port/api/butler/repo`, to be followed by `/` and a name. */
  readonly url: string;
  readonly process: OwnedProcess;
  stop(): Promise<void>;
}

/**
 * Starts the stock Butler server and resolves when every repository answers.
 * @throws Error with the end of its log when it does not come up.
 */
export async function startRemoteButler(options: RemoteButlerOptions): Promise<RemoteButler> {
  const { port = await freePort() } = options;
  const origin = `http://127.0.0.1:${String(port)}`;
  const repositories: Record<string, { config_uri: string; authorized_groups: readonly string[] }> = {};
  for (const [name, served] of Object.entries(options.repositories)) {
    const { root, groups = ['*'] } = typeof served === 'string' ? { root: served } : served;
    repositories[name] = { config_uri: root, authorized_groups: groups };
  }
  const { ingress, signedSeconds } = options;
  const stock =
    signedSeconds === undefined
      ? 'lsst.daf.butler.remote_butler.server:create_app'
      : 'short_lived_addresses:create_app';
  const app = ingress ? 'platform_ingress:create_app' : stock;
  const server = new OwnedProcess(
    pythonProgram('python'),
    [
      ...['-m', 'uvicorn', '--factory', app, '--app-dir', stackFile('')],
      ...['--host', '127.0.0.1', '--port', String(port), '--no-access-log'],
      // By default as long as the stock client's: that might send a request over a connection that is just being closed.
      ...['--timeout-keep-alive', '120'],
    ],
    {
      name: 'the Butler server',
      log: join(options.directory, 'remote-butler.log'),
      env: {
        ...options.environment,
        PYTHONDONTWRITEBYTECODE: '1',
        DAF_BUTLER_SERVER_REPOSITORIES: JSON.stringify(repositories),
        DAF_BUTLER_SERVER_GAFAELFAWR_URL: ingress ? `${origin}/auth` : 'DISABLED',
        DAF_BUTLER_SERVER_AUTHENTICATION: 'rubin_science_platform',
        SIGNED_SECONDS: signedSeconds === undefined ? undefined : String(signedSeconds),
        PLATFORM_INGRESS_ISSUER: ingress?.issuer,
        PLATFORM_INGRESS_AUDIENCE: ingress?.audience,
        PLATFORM_INGRESS_JWKS: ingress?.jwks,
        PLATFORM_INGRESS_GAFAELFAWR: ingress?.gafaelfawr,
      },
    },
  );
  const url = `${origin}/api/butler/repo`;
  await server.ready(async () => {
    for (const name of Object.keys(repositories)) {
      // the one request about a repository that needs no token
      const response = await fetch(`${url}/${name}/butler.json`);
      await response.arrayBuffer();
      if (!response.ok) return false;
    }
    return true;
  });
  return {
    url,
    process: server,
    stop: () => server.stop(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
