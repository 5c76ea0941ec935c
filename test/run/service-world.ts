/**
 * A gateway that does runs as its own user, over an official repository whose files are in S3 behind the stock server, which
 * signs addresses for five seconds; with a satellite `work` of alice's.
 */
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedBuild } from '../../stack/cached-build.ts';
import { CHECKOUT, pythonProgram } from '../../stack/checkout.ts';
import { freePort } from '../../stack/free-port.ts';
import { StackIssuer, startGateway, type Gateway } from '../../stack/gateway.ts';
import { startRemoteButler } from '../../stack/remote-butler.ts';
import { startS3 } from '../../stack/s3.ts';
import type { GraphQLAnswer } from '../gateway/running-gateway.ts';
import { makeRepository, makeSatellite, type RepositorySize } from '../graphs/graph-world.ts';

const BUCKET = 'official';
/** Of the satellites whose files are in an object storage. */
const OWN_BUCKET = 'satellites';
export const GRAPHS = join(CHECKOUT, 'test', 'graphs');
export const PYTHON = { executable: pythonProgram('python'), path: [GRAPHS] };
/** The official repository that all runs of `EVERYTHING` read. */
const OFFICIAL = { name: 'runs', size: { visits: 4, detectors: 9, tracts: 2, patches: 3 }, flags: [] };

/** What makes a run of all of the official repository: 84 quanta. */
export const EVERYTHING = {
  satellite: 'work',
  pipeline: { path: 'pipeline.yaml' },
  inputs: ['Mini/defaults'],
  output: 'u/alice/out',
  where: "skymap = 'mini_sky'",
};

export interface ServiceWorld extends AsyncDisposable {
  readonly directory: string;
  gateway: Gateway;
  readonly issuer: StackIssuer;
  /** Alice's, as she has it now. */
  token: string;
  /** What `Butler(...)` takes to open the satellite. */
  readonly satellite: string;
  /** Starts the gateway again, where the test ended it. @param failpoint at which it ends itself */
  restart(failpoint?: string): Promise<void>;
  /** Ends the gateway as a power cut would. */
  kill(): Promise<void>;
  stopOfficial(): Promise<void>;
  startOfficial(): Promise<void>;
  ask(query: string, variables?: object): Promise<GraphQLAnswer>;
  /** Calls a mutation with a run's identifier. @returns its payload */
  change(mutation: string, input: object): Promise<RunPayload>;
  /** The run as it is now. */
  found(id: string): Promise<RunAnswer>;
  /** The run when nothing goes on with it any more. */
  atRest(id: string): Promise<RunAnswer>;
}

export interface RunAnswer {
  readonly id: string;
  readonly state: string;
  readonly directory: string;
  readonly outputRun: string;
  readonly quanta: { readonly total: number; succeeded: number; failed: number; blocked: number } | null;
  readonly explain: { readonly reason: string; readonly suggestions: readonly string[] } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly job: {
    readonly id: string;
    readonly state: string;
    readonly result: unknown;
    readonly progress: unknown;
  } | null;
}

export interface RunPayload {
  readonly run: RunAnswer;
  readonly plan?: unknown;
}

export const RUN_FIELDS = `id state directory outputRun quanta {total succeeded failed blocked} explain {reason suggestions}
  error {code message} job {id state result progress {done total}}`;

const WORKING = new Set(['BUILDING', 'EXECUTING', 'TRANSFERRING']);

export interface ServiceWorldOptions {
  /** Section `runs` of the configuration. */
  readonly runs?: object;
  readonly environment?: Readonly<Record<string, string>>;
  /** What `makeRepository` makes, under a name that nothing else has. */
  readonly official?: { readonly name: string; readonly size: RepositorySize; readonly flags: readonly string[] };
  /** Database of the satellites that are to be in PostgreSQL. */
  readonly postgresql?: string;
}

/** @param directory that goes to the world; what is in it is replaced */
export async function startServiceWorld(directory: string, options: ServiceWorldOptions = {}): Promise<ServiceWorld> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const { name, size, flags } = options.official ?? OFFICIAL;
  const built = await cachedBuild(name, ['test/graphs/make_repository.py'], async (building) => {
    await using s3 = await startS3(join(building, 's3'), [BUCKET]);
    const files = ['--files', `s3://${BUCKET}/dp1`];
    await makeRepository(join(building, 'repository'), size, [...flags, ...files], s3.environment);
  });
  await cp(built, directory, { recursive: true });
  await using parts = new AsyncDisposableStack();
  const s3 = parts.use(await startS3(join(directory, 's3'), [BUCKET, OWN_BUCKET]));
  const repositories = { dp1: join(directory, 'repository') };
  const official = (port?: number) =>
    startRemoteButler({
      repositories,
      directory,
      environment: s3.environment,
      signedSeconds: 5,
      ...(port && { port }),
    });
  let server = await official();
  parts.defer(() => server[Symbol.asyncDispose]());
  const officialUrl = server.url;
  const issuer = await StackIssuer.in(directory);
  // Graphs hold its address.
  const preferredPort = await freePort();
  const start = (failpoint?: string) =>
    startGateway({
      ...{ directory, issuer, preferredPort },
      repositories: [{ name: 'dp1', kind: 'remote', url: `${officialUrl}/dp1`, token: 'forward' }],
      configuration: {
        state: `sqlite:${join(directory, 'state.sqlite3')}`,
        satellites: {
          root: join(directory, 'satellites'),
          ...(options.postgresql !== undefined && { postgresql: options.postgresql }),
          s3: {
            ...{ endpoint: s3.endpoint, bucket: OWN_BUCKET },
            accessKeyId: s3.environment['AWS_ACCESS_KEY_ID'],
            secretAccessKey: s3.environment['AWS_SECRET_ACCESS_KEY'],
          },
        },
        python: PYTHON,
        runs: options.runs ?? { executeAs: 'self', user: 'alice' },
      },
      environment: {
        NODE_ENV: 'production',
        ...options.environment,
        ...(failpoint !== undefined && { SATELLITE_FAILPOINT: failpoint }),
      },
    });
  const world = { gateway: await start(), token: await issuer.token('alice') };
  parts.defer(() => world.gateway[Symbol.asyncDispose]());
  const satellite = await makeSatellite(world.gateway.url, world.token);
  const ask = async (query: string, variables: object = {}) => {
    const answer = await fetch(`${world.gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${world.token}` },
      body: JSON.stringify({ query, variables }),
    });
    return (await answer.json()) as GraphQLAnswer;
  };
  const change = async (mutation: string, input: object): Promise<RunPayload> => {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`;
    const plan = mutation === 'removeRun' ? 'plan {datasets files bytes collections}' : '';
    const query = `mutation ($input: ${type}) {${mutation}(input: $input) {run {${RUN_FIELDS}} ${plan}}}`;
    const { data, errors } = await ask(query, { input });
    if (errors) throw new Error(JSON.stringify(errors));
    return data[mutation] as RunPayload;
  };
  const found = async (id: string) => {
    const { data, errors } = await ask(`query ($id: ID!) {run(id: $id) {${RUN_FIELDS}}}`, { id });
    if (errors) throw new Error(JSON.stringify(errors));
    return data.run as RunAnswer;
  };
  const owned = parts.move();
  return Object.assign(world, {
    directory,
    issuer,
    satellite,
    async restart(failpoint?: string) {
      await world.gateway[Symbol.asyncDispose]();
      world.gateway = await start(failpoint);
    },
    async kill() {
      world.gateway.process.signal('SIGKILL');
      await world.gateway.process.whenEnded;
    },
    stopOfficial: async () => server[Symbol.asyncDispose](),
    async startOfficial() {
      server = await official(Number(new URL(officialUrl).port));
    },
    ask,
    change,
    found,
    async atRest(id: string) {
      for (;;) {
        const run = await found(id);
        if (!WORKING.has(run.state)) return run;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  });
}
