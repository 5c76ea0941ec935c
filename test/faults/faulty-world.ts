/** Gateways, over an official server, that a test ends, stops and starts again; each writes its own log. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../stack/free-port.ts';
import { type Gateway, type GatewayOptions, StackIssuer, startGateway } from '../../stack/gateway.ts';
import { type Official, startOfficial } from '../../stack/official.ts';
import { runPython } from '../../stack/run-python.ts';

const JUDGE = 'test/oracle/satellite_judge.py';

/** Of the official repository: one type with few datasets that lie in S3, and one with calibrations. */
export const SELECTION = {
  datasetTypes: ['metrics_composite', 'defects'],
  collections: ['defaults'],
  findFirst: false,
};
/** How many datasets that are, and how many of them are of the first type. */
export const DATASETS = 43;
export const METRICS = 11;

/** Beyond what anything takes on a slow machine; a test that waits has a limit of its own. */
const LONG_SECONDS = 240;

/** What stock Python finds in a satellite; its values do not depend on the gateway. */
export interface Judgement {
  readonly datasets: number;
  /** Of them, those whose file is below the satellite's root and there, and of the size that is recorded. */
  readonly copied: number;
  /** SHA-256 of the bytes of the latter, by UUID. */
  readonly digests: Readonly<Record<string, string>>;
  /** Runs of the whole of it. */
  readonly collections: readonly string[];
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as a test reads it
type Data = any;

export interface JobId {
  readonly id: string;
}

export interface Answer {
  readonly data: Data;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

interface EndedJob {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly result: Readonly<Record<string, unknown>> | null;
}

/** What a gateway is started with beside the world's own. */
export interface StartOptions {
  /** Where its log, state and satellites are; the same again is the same gateway, restarted. */
  readonly name: string;
  readonly failpoint?: string;
  readonly environment?: GatewayOptions['environment'];
  /** @default SQLite, in the gateway's directory */
  readonly state?: string;
  /** @default the official server's own address */
  readonly upstream?: string;
  /** Changes to the section `satellites`. */
  readonly satellites?: Readonly<Record<string, unknown>>;
}

/** Waits for a condition. @throws Error after some seconds */
export async function until(condition: () => Promise<boolean>, seconds = LONG_SECONDS): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not after ${String(seconds)} s: ${String(condition)}`);
    await sleep(100);
  }
}

export class FaultyWorld implements AsyncDisposable {
  readonly directory: string;
  readonly official: Official;
  readonly token: string;
  readonly #issuer: StackIssuer;
  readonly #serviceToken: string;
  readonly #gateways = new Set<Gateway>();
  /** By the names of gateways, which keep theirs: references hold it. */
  readonly #ports = new Map<string, number>();
  readonly #logs: Promise<string>[] = [];

  private constructor(directory: string, official: Official, issuer: StackIssuer, tokens: readonly [string, string]) {
    this.directory = directory;
    this.official = official;
    this.#issuer = issuer;
    [this.token, this.#serviceToken] = tokens;
  }

  static async open(): Promise<FaultyWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'faulty-'));
    const issuer = await StackIssuer.in(directory);
    const official = await startOfficial(join(directory, 'official'), issuer);
    return new FaultyWorld(directory, official, issuer, [await issuer.token('alice'), await issuer.token('gateway')]);
  }

  /** Where a gateway has its files. */
  directoryOf(name: string): string {
    return join(this.directory, name);
  }

  async start(options: StartOptions): Promise<Gateway> {
    const { name, failpoint, environment, state, satellites } = options;
    const directory = this.directoryOf(name);
    const port = this.#ports.get(name) ?? (await freePort());
    this.#ports.set(name, port);
    const gateway = await startGateway({
      directory,
      issuer: this.#issuer,
      repositories: [
        {
          name: 'dp1',
          kind: 'remote',
          url: options.upstream ?? this.official.url,
          token: 'forward',
          serviceToken: this.#serviceToken,
        },
      ],
      configuration: {
        state: state ?? `sqlite:${join(directory, 'state.sqlite3')}`,
        satellites: { root: join(directory, 'satellites'), ...satellites },
      },
      preferredPort: port,
      environment: { ...environment, ...(failpoint !== undefined && { SATELLITE_FAILPOINT: failpoint }) },
    });
    this.#gateways.add(gateway);
    const written = gateway.process.log;
    this.#logs.push(gateway.process.whenEnded.then(() => readFile(written, 'utf8').catch(() => '')));
    return gateway;
  }

  /** What GraphQL answers to alice. @throws TypeError where the gateway ends meanwhile */
  async ask({ url }: Gateway, query: string, variables: object = {}): Promise<Answer> {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.token}` },
      body: JSON.stringify({ query, variables }),
    });
    return (await answer.json()) as Answer;
  }

  /**
   * Calls a mutation with the fields that every payload has.
   * @returns its payload
   * @throws Error with what the gateway said, where it refuses
   */
  async call(gateway: Gateway, mutation: string, input: object, fields = 'job {id}'): Promise<Data> {
    const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) {${mutation}(input: $input) {${fields}}}`;
    const { data, errors } = await this.ask(gateway, query, { input });
    if (errors) throw Object.assign(new Error(errors.map(({ message }) => message).join(' ')), errors[0]!.extensions);
    return data[mutation];
  }

  /** Calls a mutation that starts a job. @returns the job when it has ended */
  async run(gateway: Gateway, mutation: string, input: object): Promise<EndedJob> {
    const { job } = (await this.call(gateway, mutation, input)) as { readonly job: JobId };
    return (await this.ended(gateway, job))!;
  }

  /** Makes a satellite that is there when it returns. @returns its directory */
  async create(gateway: Gateway, name: string, input: object = {}): Promise<string> {
    const made = await this.call(
      gateway,
      'createSatellite',
      { name, official: 'dp1', ...input },
      'job {id} satellite {uri state}',
    );
    await this.ended(gateway, made.job as JobId | null);
    return (made.satellite.uri as string).replace(/^file:\/\//, '');
  }

  /** The job when it has ended, and be it after another gateway's end. */
  async ended(gateway: Gateway, job: JobId | null, seconds = LONG_SECONDS): Promise<EndedJob | null> {
    if (!job) return null;
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const query = 'query ($id: ID!) {job(id: $id) {id kind state error {code message} result log {message}}}';
      const { data } = await this.ask(gateway, query, { id: job.id });
      if (['COMPLETED', 'FAILED', 'CANCELLED', 'HELD'].includes(data?.job?.state as string))
        return data.job as EndedJob;
      if (performance.now() > deadline) throw new Error(`the job has not ended: ${JSON.stringify(data)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** The last job of alice's. */
  async lastJob(gateway: Gateway): Promise<JobId | null> {
    const { data } = await this.ask(gateway, '{jobs(first: 1) {id}}');
    return data.jobs[0] ?? null;
  }

  /** What `verifySatellite` finds. */
  async verified(gateway: Gateway, satellite: string): Promise<unknown> {
    const ended = await this.run(gateway, 'verifySatellite', { satellite });
    return ended.result ?? ended.error;
  }

  /** What stock Python finds in repositories, in their order, opened by one process. */
  async judge(
    roots: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<readonly Judgement[]> {
    return JSON.parse(await runPython(JUDGE, roots, environment)) as Judgement[];
  }

  /** What a satellite's owner finds in it, by stock Python with what the gateway gives to them. */
  async judgeAsOwner(gateway: Gateway, name: string): Promise<Judgement> {
    const query = 'query ($name: String!) {satellite(name: $name) {uri environment}}';
    const { uri, environment } = (await this.ask(gateway, query, { name })).data.satellite;
    return (await this.judge([uri as string], environment as Record<string, string>))[0]!;
  }

  /** What `Judgement.digests` has of these, in the official repository. */
  async officialDigests(uuids: readonly string[]): Promise<Judgement['digests']> {
    const { root, s3 } = this.official;
    return JSON.parse(await runPython(JUDGE, [root, '--digests', ...uuids], s3.environment)) as Judgement['digests'];
  }

  /** Registers RUNs by stock Python, one after the other. */
  async register(
    root: string,
    runs: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await runPython(JUDGE, [root, '--register', ...runs], environment);
  }

  /** Purges all datasets of a type by stock Python. */
  async prune(root: string, datasetType: string): Promise<void> {
    await runPython(JUDGE, [root, '--prune', datasetType]);
  }

  /** What no log may hold. */
  secrets(): readonly string[] {
    return [this.token, this.#serviceToken, this.official.s3.environment['AWS_SECRET_ACCESS_KEY']!];
  }

  /** Ends all gateways. @returns what they ever logged */
  async logs(): Promise<string> {
    await Promise.all([...this.#gateways].map((gateway) => gateway.stop()));
    this.#gateways.clear();
    return (await Promise.all(this.#logs)).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.logs();
    await this.official.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
