/**
 * What quantum graphs are built from: an official repository behind the stock server, a gateway over it with a satellite of
 * alice's, and one repository that has all of both, for stock Python.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CHECKOUT, pythonProgram } from '../../stack/checkout.ts';
import { StackIssuer, startGateway } from '../../stack/gateway.ts';
import { startRemoteButler } from '../../stack/remote-butler.ts';
import { runPython } from '../../stack/run-python.ts';
import { startCountingFront, type CountingFront } from './counting-front.ts';

export interface RepositorySize {
  readonly visits: number;
  readonly detectors: number;
  readonly tracts: number;
  readonly patches: number;
}

/**
 * Makes an official repository with stock Python.
 * @param root a directory that is not there yet
 * @param environment to reach its files
 */
export async function makeRepository(
  root: string,
  size: RepositorySize,
  flags: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const sizes = Object.entries(size).flatMap(([name, value]) => [`--${name}`, String(value)]);
  await runPython('test/graphs/make_repository.py', [root, ...sizes, ...flags], environment);
}

export interface GraphWorld extends AsyncDisposable {
  /** The face over the satellite and the official repository: `…/api/butler/repo/work+dp1`. */
  readonly face: string;
  /** The official repository's address at the stock server. */
  readonly official: string;
  /** Root of the repository that has all. */
  readonly merged: string;
  /** What `Butler(...)` takes to open the satellite. */
  readonly satellite: string;
  readonly token: string;
  readonly directory: string;
  /** Counts what the gateway asks of the official server. */
  readonly front: CountingFront;
}

/**
 * @param root of the official repository
 * @param directory that goes to the world; what is in it is replaced
 */
export async function startGraphWorld(root: string, directory: string): Promise<GraphWorld> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const merged = join(directory, 'merged');
  await cp(root, merged, { recursive: true });
  await using parts = new AsyncDisposableStack();
  const server = parts.use(await startRemoteButler({ repositories: { dp1: root }, directory }));
  const front = parts.use(await startCountingFront(new URL(server.url).origin));
  const issuer = await StackIssuer.in(directory);
  const token = await issuer.token('alice');
  const gateway = parts.use(
    await startGateway({
      directory,
      issuer,
      repositories: [{ name: 'dp1', kind: 'remote', url: `${front.url}/api/butler/repo/dp1`, token: 'forward' }],
      configuration: {
        state: `sqlite:${join(directory, 'state.sqlite3')}`,
        satellites: { root: join(directory, 'satellites') },
      },
      environment: { NODE_ENV: 'production' },
    }),
  );
  const satellite = await makeSatellite(gateway.url, token);
  const owned = parts.move();
  return {
    face: `${gateway.url}/api/butler/repo/work+dp1`,
    official: `${server.url}/dp1`,
    merged,
    satellite,
    token,
    directory,
    front,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Makes alice's satellite `work`, with the instrument and the sky map. @returns its URI */
export async function makeSatellite(gateway: string, token: string): Promise<string> {
  const ask = async (query: string, variables: object) => {
    const answer = await fetch(`${gateway}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await answer.json()) as { data: unknown; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
  const input = { name: 'work', official: 'dp1', instruments: ['MiniCam'], skymaps: ['mini_sky'] };
  const create = `mutation ($input: CreateSatelliteInput!) { createSatellite(input: $input) { satellite { uri } job { id } } }`;
  const { satellite, job } = ((await ask(create, { input })) as { createSatellite: Created }).createSatellite;
  for (let state = 'QUEUED'; state !== 'COMPLETED';) {
    if (!['QUEUED', 'RUNNING'].includes(state)) throw new Error(`the job that brings records is ${state}`);
    const found = await ask('query ($id: ID!) { job(id: $id) { state } }', { id: job.id });
    state = (found as { job: { state: string } }).job.state;
  }
  return satellite.uri;
}

interface Created {
  readonly satellite: { readonly uri: string };
  readonly job: { readonly id: string };
}

/** What came of a graph that was built from the face, and once more from the repository that has all. */
export interface BuiltGraph {
  /** Numbers of quanta by task. */
  readonly quanta?: Readonly<Record<string, number>>;
  /** Numbers of overall inputs: `mini_raw of Mini/raw/all`. */
  readonly inputs?: Readonly<Record<string, number>>;
  readonly differences?: readonly string[];
  /** What `pipetask` ended with; null for a graph. */
  readonly error?: string | null;
  /** The same, of stock Python on the repository that has all. */
  readonly stock?: string | null;
  readonly log: string;
}

/** Builds graphs in one Python process (`pipetask_runner.py`). */
export class Pipetask implements AsyncDisposable {
  readonly #process;
  readonly #answers;

  constructor({ face, merged, satellite, directory, token }: GraphWorld) {
    const log = openSync(join(directory, 'pipetask.log'), 'w');
    const script = join(CHECKOUT, 'test/graphs/pipetask_runner.py');
    this.#process = spawn(pythonProgram('python'), [script, face, merged, satellite, directory], {
      stdio: ['pipe', 'pipe', log],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', BUTLER_RUBIN_ACCESS_TOKEN: token },
    });
    closeSync(log);
    this.#answers = createInterface(this.#process.stdout!)[Symbol.asyncIterator]();
  }

  /** @param args of `pipetask qgraph`, but for `-b` and `-q` */
  async graph(name: string, args: readonly string[]): Promise<BuiltGraph> {
    return (await this.do({ graph: name, arguments: args })) as BuiltGraph;
  }

  async do(request: object): Promise<unknown> {
    this.#process.stdin!.write(`${JSON.stringify(request)}\n`);
    const answer = await this.#answers.next();
    if (answer.done) throw new Error('The pipetask process ended.');
    return JSON.parse(answer.value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin!.end();
    for await (const _ of this.#answers);
  }
}
