/** What transfers need around them, without a gateway: an official repository, a satellite, and the task of a job. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileResolver } from '../../src/access/file-resolution.ts';
import { VisibleRepositories, type OfferedRepository } from '../../src/access/policy.ts';
import type { Identity } from '../../src/access/principal.ts';
import type { Json, JobProgress, Task } from '../../src/jobs/job.ts';
import { AllowedOrigins } from '../../src/repository/allowed-origins.ts';
import { createRepository, type NewDatabase } from '../../src/repository/direct/create.ts';
import { openArtifactStore } from '../../src/repository/direct/datastore/open-store.ts';
import type { S3Access } from '../../src/repository/direct/datastore/s3-client.ts';
import { openWriteableRepository } from '../../src/repository/direct/open-writeable.ts';
import { Outbound } from '../../src/repository/outbound.ts';
import type { QueryContext, Repository } from '../../src/repository/repository.ts';
import type { OpenSatellite } from '../../src/satellite/satellite.ts';
import type { TransferSurroundings } from '../../src/transfer/attempt-setting.ts';
import { planTransfer, transferInput, transferKind } from '../../src/transfer/transfer-kind.ts';
import type { SelectedDatasets, TransferDatasets, TransferPlan } from '../../src/transfer/service.ts';
import type { TransferResult } from '../../src/transfer/transfer-job.ts';

export const PUBLIC_URL = 'http://127.0.0.1:1/gateway';
const ALICE: Identity = { username: 'alice', groups: [] };

export interface TransferOptions {
  readonly mode?: TransferDatasets['mode'];
  readonly collections?: boolean;
  readonly from?: string;
  /** Results of steps that were done before, which new ones are added to. */
  readonly steps?: Map<string, Json>;
  readonly signal?: AbortSignal;
}

/** Where a satellite's registry is, and its files where they are not beside its `butler.yaml`. */
export interface Place {
  readonly database: NewDatabase;
  readonly objects?: { readonly root: string; readonly access: S3Access } | undefined;
}

const IN_FILES: Place = { database: { dialect: 'sqlite' } };

/** A satellite of alice's and repositories that she may read. */
export class TransferWorld implements AsyncDisposable {
  readonly satellite: OpenSatellite;
  /** Directory of the satellite. */
  readonly root: string;
  readonly progress: JobProgress[] = [];
  readonly reserved: number[] = [];
  /** Holds the satellite. */
  readonly directory: string;
  #offered: readonly OfferedRepository[];
  readonly #outbound: Outbound;

  private constructor(directory: string, satellite: OpenSatellite, offered: readonly OfferedRepository[]) {
    this.directory = directory;
    this.root = join(directory, 'satellite');
    this.satellite = satellite;
    this.#offered = offered;
    this.#outbound = new Outbound({ origins: new AllowedOrigins([]) });
  }

  /** @param sources by name; the first one's universe is the satellite's */
  static async over(
    sources: readonly Repository[],
    capability: OpenSatellite['capability'] = null,
    place: Place = IN_FILES,
  ): Promise<TransferWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'transfer-'));
    const universe = await sources[0]!.universe(contextOf());
    await createRepository({
      name: 'alice~mine',
      directory: join(directory, 'satellite'),
      universe,
      database: place.database,
      ...(place.objects && { datastoreRoot: place.objects.root }),
      signal: contextOf().signal,
    });
    return TransferWorld.in(directory, sources, capability, place);
  }

  /** Over the satellite of another world. @param directory holds it; it is removed with this world */
  static async in(
    directory: string,
    sources: readonly Repository[],
    capability: OpenSatellite['capability'] = null,
    { objects }: Pick<Place, 'objects'> = IN_FILES,
  ): Promise<TransferWorld> {
    const root = join(directory, 'satellite');
    const access = objects && { s3: objects.access };
    const repository = await openWriteableRepository({ name: 'alice~mine', path: root, ...access });
    const directoryStore = await openArtifactStore('alice~mine', root);
    const artifacts = objects ? await openArtifactStore('alice~mine', objects.root, access) : directoryStore;
    const official = sources[0]!.name;
    const whose = { id: null, fullName: 'alice~mine', owner: 'alice', official, capability };
    const satellite = { ...whose, repository, artifacts, directory: directoryStore, environment: async () => ({}) };
    const offered = [...sources, repository].map((source) => ({
      name: source.name,
      kind: source === repository ? ('SATELLITE' as const) : ('OFFICIAL' as const),
      owner: source === repository ? 'alice' : undefined,
      repository: source,
    }));
    return new TransferWorld(directory, satellite, offered);
  }

  /** Puts a repository in the place of the one with its name. */
  offer(repository: Repository): void {
    this.#offered = this.#offered.map((o) => (o.name === repository.name ? { ...o, repository } : o));
  }

  /** Does the job's work once, as a worker would. */
  async transfer(datasets: SelectedDatasets, options: TransferOptions = {}): Promise<TransferResult> {
    const { mode = 'REFERENCE', collections = true, steps = new Map<string, Json>() } = options;
    const left = { noteCopy: async () => undefined, beginCopy: async () => undefined };
    const kind = transferKind(this.surroundings(), left, { add: async () => undefined });
    const from = options.from ?? this.#offered[0]!.name;
    const input = transferInput({ datasets, mode, collections }, from, this.satellite);
    return kind.run(input, this.task(steps, options.signal));
  }

  plan(datasets: SelectedDatasets, options: TransferOptions = {}): Promise<TransferPlan> {
    const { mode = 'REFERENCE', collections = true, from = this.#offered[0]!.name } = options;
    const source = this.#offered.find(({ name }) => name === from)!.repository;
    return planTransfer({ source, satellite: this.satellite, datasets, mode, collections }, contextOf());
  }

  async close(): Promise<void> {
    await this.#outbound.close();
    await this.satellite.repository.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await rm(this.directory, { recursive: true });
  }

  surroundings(): TransferSurroundings {
    return {
      jobs: { tokenOf: () => undefined },
      satellites: {
        forWriting: () => Promise.resolve(this.satellite),
        reserve: (_name: string, _job: string, bytes: number) => Promise.resolve(void this.reserved.push(bytes)),
        release: () => Promise.resolve(),
      },
      rights: { as: <T>(_owner: string, _name: string, ask: (who: Identity) => Promise<T>) => ask(ALICE) },
      repositoriesOf: (who: Identity) => Promise.resolve(new VisibleRepositories(this.#offered, who)),
      files: new FileResolver({ ownUrls: () => [PUBLIC_URL], remotes: [], outbound: this.#outbound }),
      references: {
        publicUrl: () => PUBLIC_URL,
        ownUrls: () => [PUBLIC_URL],
        mintCapability: ({ satelliteId, version }: { readonly satelliteId: string; readonly version: number }) =>
          `${satelliteId}.${version}.mac`,
      },
    };
  }

  /** One attempt at a job of alice's. @param steps results of those that were done before, which new ones are added to */
  task(steps = new Map<string, Json>(), signal = contextOf().signal): Task {
    return {
      jobId: 'job',
      owner: 'alice',
      attempt: 1,
      signal,
      step: async <T extends Json>(name: string, work: () => Promise<T>): Promise<T> => {
        if (steps.has(name)) return steps.get(name) as T;
        const result = JSON.parse(JSON.stringify(await work())) as T;
        steps.set(name, result);
        return result;
      },
      progress: (progress) => Promise.resolve(void this.progress.push(progress)),
      log: () => Promise.resolve(),
    };
  }
}

export function contextOf(): QueryContext {
  return { caller: ALICE, signal: AbortSignal.timeout(600_000) };
}
