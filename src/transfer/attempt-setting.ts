/** How an attempt at a transfer works for the owner of a job: with what they may read and write now. */
import type { FileResolver, ResolvedSource } from '../access/file-resolution.ts';
import type { VisibleRepositories } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { SatelliteError, type ErrorCode } from '../butler/errors.ts';
import { HeldError, type Jobs, type Task } from '../jobs/job.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { JobRights } from '../satellite/job-rights.ts';
import { sameSatellite, type OpenSatellite, type SatelliteDirectory } from '../satellite/satellite.ts';
import type { OfFile } from './copy.ts';
import type { ReferenceSettings } from './references.ts';
import type { TransferSetting } from './transfer-job.ts';

/** What transfers need of the gateway. */
export interface TransferSurroundings {
  readonly jobs: Pick<Jobs, 'tokenOf'>;
  readonly satellites: Pick<SatelliteDirectory, 'forWriting' | 'reserve' | 'release'>;
  readonly rights: JobRights;
  /** The repositories that exist for someone now. */
  readonly repositoriesOf: (who: Identity) => Promise<VisibleRepositories>;
  readonly files: FileResolver;
  readonly references: ReferenceSettings;
}

/** How long the repositories that a copy's files are followed through are those of its owner. */
const VISIBLE_SECONDS = 10;
/** Codes of what is not there. */
const ABSENT: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'MISSING_COLLECTION',
  'MISSING_DATASET_TYPE',
  'DATASET_NOT_FOUND',
]);

/** What a transfer is between. */
export interface Between {
  /** Name of the source in addresses. */
  readonly from: string;
  /** Full name of the satellite. */
  readonly to: string;
  /** Its identifier, as `sameSatellite` takes it. */
  readonly satelliteId: string | null;
}

/** The source as someone may read it now, among all that they may read. */
export interface VisibleSource {
  readonly visible: VisibleRepositories;
  readonly source: Repository;
}

export function visibleSource(
  { rights, repositoriesOf }: Pick<TransferSurroundings, 'rights' | 'repositoriesOf'>,
  owner: string,
  from: string,
): Promise<VisibleSource> {
  return rights.as(owner, from, async (who) => {
    const visible = await repositoriesOf(who);
    return { visible, source: visible.get(from).repository };
  });
}

/**
 * The satellite, open for the owner of a job.
 * @throws SatelliteError as `sameSatellite`
 */
export async function writeableSatellite(
  { rights, satellites }: Pick<TransferSurroundings, 'rights' | 'satellites'>,
  owner: string,
  to: string,
  satelliteId: string | null | undefined,
): Promise<OpenSatellite> {
  return sameSatellite(await rights.as(owner, to, (who) => satellites.forWriting(to, who)), satelliteId);
}

/** On whose behalf a job asks repositories. */
export function contextOf({ jobs }: Pick<TransferSurroundings, 'jobs'>, task: Task): QueryContext {
  const token = jobs.tokenOf(task.jobId);
  return { caller: { username: task.owner, ...(token !== undefined && { token }) }, signal: task.signal };
}

/** What of a setting depends on whose job it is. */
type OwnersPart = Omit<TransferSetting, 'selection' | 'mode' | 'collections'>;

/**
 * Works for the owner of a job, who may read less meanwhile.
 * @throws HeldError (`RIGHTS`) where they may not (any more), and where what is not there may have ceased to be shared
 */
export async function asOwner<T>(
  surroundings: TransferSurroundings,
  between: Between,
  task: Task,
  work: (setting: OwnersPart) => Promise<T>,
): Promise<T> {
  const { from, to } = between;
  const { satellites, files, references } = surroundings;
  const { owner } = task;
  const satellite = await writeableSatellite(surroundings, owner, to, between.satelliteId);
  const visibleNow = forSeconds(VISIBLE_SECONDS, () => visibleSource(surroundings, owner, from));
  const { source, visible } = await visibleNow();
  const found: OfFile<ResolvedSource> = async ({ uuid }, { component, fileName }, fileCtx) => {
    return files.find({ repository: from, uuid, component, fileName }, (await visibleNow()).visible, fileCtx);
  };
  const setting: OwnersPart = {
    source,
    from,
    satellite,
    references,
    readable:
      satellite.owner === owner
        ? undefined
        : async (name, uuids, dataCtx) => {
            const target = (await visibleNow()).visible.find(name)?.repository;
            return new Set((await target?.datasets(uuids, dataCtx))?.keys());
          },
    checkRun: (run) => {
      if (!visible.allows(from, run)) {
        throw notShared('NOT_FOUND', `RUN '${run}' of '${from}' does not exist, or is not shared with you.`);
      }
    },
    reserve: (bytes) => satellites.reserve(to, task.jobId, bytes),
    openFile: async (dataset, file, fileCtx) => files.read(await found(dataset, file, fileCtx), null, fileCtx.signal),
    sizeOf: async (dataset, file, fileCtx) => files.size(await found(dataset, file, fileCtx), fileCtx.signal),
  };
  try {
    return await work(setting);
  } catch (error) {
    // What was there when it was asked for may have ceased to be shared, which looks the same.
    if (!isAbsence(error) || visible.ruleOf(from) === 'everything') throw error;
    throw notShared(error.code, error.message);
  }
}

function isAbsence(error: unknown): error is SatelliteError {
  return error instanceof SatelliteError && ABSENT.has(error.code);
}

/** Of what was shared when the transfer was asked for. */
function notShared(code: ErrorCode, message: string): HeldError {
  const advice = 'If it is shared again, the job goes on by itself soon after; cancelJob ends it.';
  return new HeldError(code, `${message} ${advice}`, 'RIGHTS');
}

/** Asks again when the answer is older. */
function forSeconds<T>(seconds: number, ask: () => Promise<T>): () => Promise<T> {
  let asked = -Infinity;
  let answer: Promise<T> | undefined;
  return () => {
    if (answer && performance.now() - asked < seconds * 1000) return answer;
    asked = performance.now();
    return (answer = ask());
  };
}
