import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { mintToken, prepareDevelopmentKeys } from '../src/access/development-issuer.ts';
import { CHECKOUT } from './checkout.ts';
import { freePort, isPortFree } from './free-port.ts';
import { OwnedProcess } from './owned-process.ts';

/** An issuer of tokens whose keys lie in a directory: the stack's own, believed by its gateway and its mock ingress. */
export class StackIssuer {
  readonly issuer = 'http://localhost/satellite-stack';
  readonly audience = 'satellite';
  readonly groupsClaim = 'groups';
  readonly scopeClaim = 'scope';
  readonly jwks: string;

  private constructor(directory: string) {
    this.jwks = join(directory, 'jwks.json');
  }

  /** Makes the key pair in the directory, unless it is there. */
  static async in(directory: string): Promise<StackIssuer> {
    await mkdir(directory, { recursive: true });
    const issuer = new StackIssuer(directory);
    await prepareDevelopmentKeys(issuer);
    return issuer;
  }

  /** A token of a user, good for a month. */
  token(username: string, groups: readonly string[] = ['g_users']): Promise<string> {
    return mintToken(this, { username, groups, expires: '30 days' });
  }
}

export interface GatewayOptions {
  /** Where its configuration and its log are written. */
  readonly directory: string;
  readonly issuer: StackIssuer;
  /** Address of a (mock) Gafaelfawr, whose tokens it believes too. */
  readonly gafaelfawr?: string;
  /** The entries of `repositories`, as the configuration file has them. */
  readonly repositories: readonly Readonly<Record<string, unknown>>[];
  /** Further sections of the configuration file. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Whether what `npm run build` made is run, as it is installed; else the source. */
  readonly built?: boolean;
  /** The port that it takes if nobody else has it. */
  readonly preferredPort?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Of Node, as the first line of `main.ts` has them. */
const FLAGS = [
  ...['--max-semi-space-size=16', '--semi-space-growth-factor=1', '--no-concurrent-recompilation', '--no-sparkplug'],
  ...['--liftoff-only', '--expose-gc'],
];

/** A running gateway. */
export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly process: OwnedProcess;
  stop(): Promise<void>;
}

/**
 * Writes a configuration, starts `satellite serve` with it, and resolves when it answers.
 * @throws Error with the end of its log when it does not come up.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { directory, issuer, gafaelfawr, preferredPort } = options;
  const port = preferredPort !== undefined && (await isPortFree(preferredPort)) ? preferredPort : await freePort();
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'gateway.yaml');
  const configuration = {
    http: { host: '127.0.0.1', port },
    repositories: options.repositories,
    auth: {
      issuers: [{ issuer: issuer.issuer, audience: issuer.audience, jwks: issuer.jwks, development: true }],
      ...(gafaelfawr !== undefined && { gafaelfawr: { url: gafaelfawr } }),
    },
    ...options.configuration,
  };
  await writeFile(file, stringify(configuration), { mode: 0o600 });
  // What is built is made executable only when it is installed.
  const [command, ...before] = options.built
    ? ([process.execPath, ...FLAGS, join(CHECKOUT, 'dist/gateway/main.js')] as const)
    : ([join(CHECKOUT, 'src/cli/main.ts')] as const);
  const gateway = new OwnedProcess(command, [...before, 'serve', '--config', file], {
    name: 'the gateway',
    log: join(directory, 'gateway.log'),
    cwd: CHECKOUT,
    env: { MALLOC_ARENA_MAX: '2', ...options.environment },
  });
  const url = `http://127.0.0.1:${port}`;
  await gateway.ready(async () => (await fetch(`${url}/healthz`)).ok);
  return { url, process: gateway, stop: () => gateway.stop(), [Symbol.asyncDispose]: () => gateway.stop() };
}
