/** What the benchmarks of satellites run against: official repositories behind the stock server, and a gateway over them. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayClient } from '../src/cli/gateway-client.ts';
import { cachedBuild } from '../stack/cached-build.ts';
import { STACK_DIRECTORY } from '../stack/checkout.ts';
import { StackIssuer, startGateway } from '../stack/gateway.ts';
import type { OwnedProcess } from '../stack/owned-process.ts';
import { startRemoteButler } from '../stack/remote-butler.ts';
import { runPython } from '../stack/run-python.ts';
import { startS3 } from '../stack/s3.ts';
import { withRecordedFiles } from './recorded-files.ts';

const BUCKET = 'official';

/** The search arguments of `transferDatasets`. */
export interface Search {
  readonly datasetTypes: readonly string[];
  readonly collections: readonly string[];
  readonly where?: string;
}

export class SatelliteWorld implements AsyncDisposable {
  /** For what the peers write; on the file system that the satellites are on. */
  readonly directory: string;
  /** The addresses of the official repositories at the stock server, by name: `scaled` and `files`. */
  readonly official: { readonly scaled: string; readonly files: string };
  readonly gateway: OwnedProcess;
  readonly #client: GatewayClient;
  readonly #parts: AsyncDisposableStack;
  #satellites = 0;

  private constructor(
    world: Pick<SatelliteWorld, 'directory' | 'official' | 'gateway'>,
    client: GatewayClient,
    parts: AsyncDisposableStack,
  ) {
    this.directory = world.directory;
    this.official = world.official;
    this.gateway = world.gateway;
    this.#client = client;
    this.#parts = parts;
  }

  /** @param scaled root of the large repository */
  static async start(scaled: string): Promise<SatelliteWorld> {
    const directory = join(STACK_DIRECTORY, 'bench', 'satellites');
    await rm(directory, { recursive: true, force: true });
    await cp(await buildFiles(), join(directory, 'files'), { recursive: true });
    await using parts = new AsyncDisposableStack();
    const s3 = parts.use(await startS3(join(directory, 'files', 's3'), [BUCKET]));
    const server = parts.use(
      await startRemoteButler({
        repositories: {
          scaled: await withRecordedFiles(scaled, join(directory, 'scaled')),
          files: join(directory, 'files', 'repository'),
        },
        directory,
        environment: s3.environment,
      }),
    );
    const official = { scaled: `${server.url}/scaled`, files: `${server.url}/files` };
    const issuer = await StackIssuer.in(directory);
    const gateway = parts.use(
      await startGateway({
        directory,
        issuer,
        repositories: Object.entries(official).map(([name, url]) => ({ name, kind: 'remote', url, token: 'forward' })),
        configuration: {
          state: `sqlite:${join(directory, 'state.sqlite3')}`,
          satellites: { root: join(directory, 'satellites') },
        },
        built: true,
        environment: { NODE_ENV: 'production' },
      }),
    );
    const client = new GatewayClient(gateway.url, await issuer.token('alice'));
    return new SatelliteWorld({ directory, official, gateway: gateway.process }, client, parts.move());
  }

  /** Makes a satellite. @returns its name */
  async create(official: keyof SatelliteWorld['official']): Promise<string> {
    this.#satellites += 1;
    const name = `bench${this.#satellites}`;
    const input = { name, official };
    await this.#client.ask(
      'mutation ($input: CreateSatelliteInput!) { createSatellite(input: $input) { satellite { uri } } }',
      {
        input,
      },
    );
    return name;
  }

  /** Removes a satellite with its files, now. */
  async remove(satellite: string): Promise<void> {
    const input = { satellite, purge: true };
    await this.#client.ask(
      'mutation ($input: DeleteSatelliteInput!) { deleteSatellite(input: $input) { satellite { name } } }',
      { input },
    );
  }

  /**
   * Transfers datasets into a satellite.
   * @returns milliseconds until the job is seen to be done
   * @throws Error when it fails, or does not bring the expected number of datasets
   */
  async transfer(to: string, mode: 'REFERENCE' | 'COPY', search: Search, expected: number): Promise<number> {
    const begin = performance.now();
    const { transferDatasets } = await this.#client.ask<{ transferDatasets: { job: { id: string } } }>(
      'mutation ($input: TransferDatasetsInput!) { transferDatasets(input: $input) { job { id } } }',
      { input: { to, mode, search } },
    );
    for await (const job of this.#client.watch(transferDatasets.job.id)) {
      if (job.state !== 'QUEUED' && job.state !== 'RUNNING' && job.result?.['datasets'] !== expected) {
        throw new Error(JSON.stringify(job));
      }
    }
    return performance.now() - begin;
  }

  /** UUIDs of the 1 000 datasets of `files`. */
  async fileUuids(): Promise<readonly string[]> {
    const { datasets } = await this.#client.ask<{ datasets: { nodes: readonly { uuid: string }[] } }>(
      `{
        datasets(datasetTypes: ["sim_raw"], collections: ["SimCam/files"], repositories: ["files"], first: 1000) {
          nodes { uuid }
        }
      }`,
      {},
    );
    return datasets.nodes.map(({ uuid }) => uuid);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync();
  }
}

/** Builds the repository of 1 000 files, or finds it built. @returns a directory with `repository/` and `s3/` */
async function buildFiles(): Promise<string> {
  const script = 'bench/files_repository.py';
  return cachedBuild('files', [script], async (directory) => {
    await using s3 = await startS3(join(directory, 's3'), [BUCKET]);
    await runPython(script, [join(directory, 'repository'), `s3://${BUCKET}/files`], s3.environment);
  });
}
