/** Removing datasets and collections of a satellite: at once where they are few, else as a job. */
import { SatelliteError } from '../butler/errors.ts';
import { inBatches } from '../butler/in-batches.ts';
import type { Job, JobKind, Jobs, Task } from '../jobs/job.ts';
import { isUri } from '../repository/direct/datastore/artifact-path.ts';
import { splitZipPath } from '../repository/recorded-path.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { WriteableRepository } from '../repository/writeable-repository.ts';
import { collectionNamed, type Curated } from './curation.ts';
import { fullSelection, selectedUuids, type SelectedDatasets } from './selection.ts';
import type { JobRights } from './job-rights.ts';
import { sameSatellite, type OpenSatellite, type SatelliteDirectory } from './satellite.ts';

/** What a removal removes. */
export interface RemovalPlan {
  readonly datasets: number;
  /** Of the satellite's own files. */
  readonly bytes: number;
  /** Chains that hold the collection that goes. */
  readonly chains: readonly string[];
}

export interface Removal {
  /** Of a call that is made again because its answer was lost: what was left to remove. */
  readonly plan: RemovalPlan;
  /** Null where all is done, and in a dry run. */
  readonly job: Job | null;
}

/** How a removal is asked for. */
export interface RemovalOptions {
  readonly dryRun: boolean;
  readonly idempotencyKey?: string | undefined;
}

type Mode = 'UNSTORE' | 'PURGE';
type Of = {
  /** Full name of the satellite. */
  readonly satellite: string;
  /** Its identifier: another one may get the name. */
  readonly satelliteId: string | null;
};
type DatasetsInput = Of & { readonly uuids: readonly string[]; readonly mode: Mode };
type CollectionInput = Of & { readonly collection: string; readonly unlink: boolean };
type Removed = { readonly datasets: number; readonly bytes: number };

/** As many as are surely removed before a request's deadline. */
const AT_ONCE = 1_000;
/** Datasets of one transaction of a job. */
const BATCH = 1_000;
/** UUIDs whose files are looked up at once. */
const LOOKED_UP = 10_000;

export class Removals {
  readonly #directory: SatelliteDirectory;
  readonly #jobs: Jobs;
  /** A satellite that the owner of a job may write to now. */
  readonly #writeable: (of: Of, owner: string) => Promise<OpenSatellite>;
  readonly #ofDatasets: JobKind<DatasetsInput, Removed>;
  readonly #ofCollection: JobKind<CollectionInput, Removed>;

  /** Adds its kinds of work to `jobs`. */
  constructor(directory: SatelliteDirectory, jobs: Jobs, rights: JobRights) {
    this.#directory = directory;
    this.#jobs = jobs;
    this.#writeable = async ({ satellite, satelliteId }, owner) =>
      sameSatellite(await rights.as(owner, satellite, (who) => directory.forWriting(satellite, who)), satelliteId);
    const check = async (of: Of, owner: string) => void (await this.#writeable(of, owner));
    this.#ofDatasets = { name: 'removeDatasets', check, run: (input, task) => this.#runDatasets(input, task) };
    this.#ofCollection = { name: 'removeCollection', check, run: (input, task) => this.#runCollection(input, task) };
    jobs.define(this.#ofDatasets);
    jobs.define(this.#ofCollection);
  }

  async removeDatasets(datasets: SelectedDatasets, mode: Mode, at: Curated, options: RemovalOptions): Promise<Removal> {
    const satellite = await this.#directory.forWriting(at.satellite, at.principal);
    const uuids = await selectedUuids(satellite.repository, datasets, at.query);
    const known = 'uuids' in datasets ? [...(await satellite.repository.datasets(uuids, at.query)).keys()] : uuids;
    const plan = { datasets: known.length, bytes: await ownBytes(satellite.repository, known, at.query), chains: [] };
    if (options.dryRun) return { plan, job: null };
    const begun = await this.#begun(this.#ofDatasets, at, options);
    if (begun) return { plan, job: begun };
    if (known.length > AT_ONCE) {
      return { plan, job: await this.#enqueue(this.#ofDatasets, satellite, { uuids: known, mode }, at, options) };
    }
    await satellite.repository.removeDatasets(known, mode, at.query);
    return { plan, job: null };
  }

  /** @throws CONFLICT where chains hold it and `unlink` is not set, before anything is done */
  async removeCollection(name: string, unlink: boolean, at: Curated, options: RemovalOptions): Promise<Removal> {
    const satellite = await this.#directory.forWriting(at.satellite, at.principal);
    const { repository } = satellite;
    const begun = await this.#begun(this.#ofCollection, at, options);
    const found = await collectionNamed(repository, name, at.query).catch(async (error: unknown) => {
      if (options.dryRun || !isMissing(error)) throw error;
      // Whoever removed it may have been ended in between.
      await repository.emptyTrash(at.query).catch(() => undefined);
      if (!at.isRepeat) throw error;
      return undefined;
    });
    if (!found) return { plan: { datasets: 0, bytes: 0, chains: [] }, job: begun };
    const { type, datasetTypes = [], parents = [] } = found;
    const uuids =
      type === 'RUN' && datasetTypes.length > 0
        ? await selectedUuids(repository, { search: fullSelection(datasetTypes, name) }, at.query)
        : [];
    const plan = {
      datasets: uuids.length,
      bytes: await ownBytes(repository, uuids, at.query),
      chains: [...parents].sort(),
    };
    if (options.dryRun) return { plan, job: null };
    if (begun) return { plan, job: begun };
    if (parents.length > 0 && !unlink) {
      throw new SatelliteError(
        'CONFLICT',
        `Collection '${name}' is in the chains ${plan.chains.map((c) => `'${c}'`).join(', ')}: set "unlink", or take it out first.`,
      );
    }
    if (uuids.length > AT_ONCE) {
      return {
        plan,
        job: await this.#enqueue(this.#ofCollection, satellite, { collection: name, unlink }, at, options),
      };
    }
    await repository.removeCollection(name, unlink, at.query);
    return { plan, job: null };
  }

  /** The job that the same call began before its answer was lost. */
  async #begun({ name }: JobKind<never>, at: Curated, { idempotencyKey }: RemovalOptions): Promise<Job | null> {
    if (!at.isRepeat || idempotencyKey === undefined) return null;
    return this.#jobs.withKey(name, at.principal.username, idempotencyKey);
  }

  #enqueue<Input extends DatasetsInput | CollectionInput>(
    kind: JobKind<Input, Removed>,
    { id, fullName }: OpenSatellite,
    input: Omit<Input, keyof Of>,
    { principal }: Curated,
    { idempotencyKey }: RemovalOptions,
  ): Promise<Job> {
    const subject = `satellite:${fullName}`;
    const whole = { ...input, satellite: fullName, satelliteId: id } as Input;
    return this.#jobs.enqueue(kind, { owner: principal.username, subject, input: whole, idempotencyKey });
  }

  async #runDatasets(input: DatasetsInput, task: Task): Promise<Removed> {
    const { uuids, mode } = input;
    const { repository } = await this.#writeable(input, task.owner);
    const total = uuids.length;
    let bytes = 0;
    for (let done = 0; done < total; done += BATCH) {
      await task.progress({ done, total, unit: 'datasets' });
      const batch = uuids.slice(done, done + BATCH);
      bytes += await task.step(`remove ${done}`, async () => {
        return (await repository.removeDatasets(batch, mode, contextOf(task))).bytes;
      });
    }
    await task.progress({ done: total, total, unit: 'datasets' });
    return { datasets: total, bytes };
  }

  async #runCollection(input: CollectionInput, task: Task): Promise<Removed> {
    const { collection, unlink } = input;
    const { repository } = await this.#writeable(input, task.owner);
    return task.step('remove', async () => {
      try {
        return { ...(await repository.removeCollection(collection, unlink, contextOf(task))) };
      } catch (error) {
        // It was removed before an interruption kept the step's end from being remembered.
        if (task.attempt > 1 && isMissing(error)) return { datasets: 0, bytes: 0 };
        throw error;
      }
    });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof SatelliteError && error.code === 'MISSING_COLLECTION';
}

function contextOf({ owner, signal }: Task): QueryContext {
  return { caller: { username: owner }, signal };
}

/** Bytes of the files in the repository's own store that go with datasets: each once, and none that others need too. */
async function ownBytes(
  repository: WriteableRepository,
  uuids: readonly string[],
  query: QueryContext,
): Promise<number> {
  const sizes = new Map<string, Map<string | null, number>>();
  for (const batch of inBatches(uuids, LOOKED_UP)) {
    for (const { path, size } of [...(await repository.files(batch, query)).values()].flat()) {
      if (isUri(path) || path.startsWith('/')) continue;
      const { file, member } = splitZipPath(path);
      sizes.set(file, (sizes.get(file) ?? new Map<string | null, number>()).set(member, size ?? 0));
    }
  }
  const going = new Set(uuids);
  let bytes = 0;
  for (const batch of inBatches([...sizes.keys()], LOOKED_UP)) {
    const users = await repository.recordedAt(batch, query);
    for (const file of batch) {
      if (users.get(file)?.some((uuid) => !going.has(uuid))) continue;
      for (const size of sizes.get(file)!.values()) bytes += size;
    }
  }
  return bytes;
}
