/** The job `transferDatasets`, and the plan of a dry run. */
import type { FileResolver } from '../access/file-resolution.ts';
import type { VisibleRepositories } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { SatelliteError, type ErrorCode } from '../butler/errors.ts';
import { parseJson, stringifyJson } from '../butler/json.ts';
import { HeldError, type JobKind, type Jobs } from '../jobs/job.ts';
import { withRoomyHeap } from '../repository/heap-growth.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { JobRights } from '../satellite/job-rights.ts';
import type { OpenSatellite, SatelliteDirectory } from '../satellite/satellite.ts';
import {
  collectionConflicts,
  collectionsByName,
  membershipCollections,
  namedCollections,
} from './collection-structure.ts';
import { neededRecords, planRecords } from './dimension-records.ts';
import { planPage } from './plan-page.ts';
import type { ReferenceSettings } from './references.ts';
import type { SelectedDatasets, TransferConflict, TransferDatasets, TransferPlan } from './service.ts';
import { TransferAttempt, type TransferResult } from './transfer-job.ts';

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

/** As a job keeps it. */
export type TransferInput = {
  /** Name of the source in addresses. */
  readonly from: string;
  /** Full name of the satellite. */
  readonly to: string;
  /** `SelectedDatasets` as JSON text, which keeps long integers. */
  readonly datasets: string;
  readonly mode: TransferDatasets['mode'];
  readonly collections: boolean;
};

/** How long the repositories that a copy's files are followed through are those of its owner. */
const VISIBLE_SECONDS = 10;
/** Codes of what is not there. */
const ABSENT: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'MISSING_COLLECTION',
  'MISSING_DATASET_TYPE',
  'DATASET_NOT_FOUND',
]);
/** Most conflicts that a plan tells. */
const CONFLICTS_TOLD = 100;

export function transferKind(surroundings: TransferSurroundings): JobKind<TransferInput, TransferResult> {
  const { jobs, satellites, rights, repositoriesOf, files, references } = surroundings;
  const visibleTo = (owner: string, from: string) =>
    rights.as(owner, from, async (who) => {
      const visible = await repositoriesOf(who);
      return { visible, source: visible.get(from).repository };
    });
  const writeable = (owner: string, to: string) => rights.as(owner, to, (who) => satellites.forWriting(to, who));
  return {
    name: 'transferDatasets',
    check: async ({ from, to }, owner) => {
      await writeable(owner, to);
      return (await visibleTo(owner, from)).visible.ruleOf(from);
    },
    run: async (input, task) => {
      const { from, to, mode, collections } = input;
      const { owner } = task;
      const token = jobs.tokenOf(task.jobId);
      const ctx = { caller: { username: owner, ...(token !== undefined && { token }) }, signal: task.signal };
      const satellite = await writeable(owner, to);
      const visibleNow = forSeconds(VISIBLE_SECONDS, () => visibleTo(owner, from));
      const { source, visible } = await visibleNow();
      const setting = {
        source,
        from,
        satellite,
        selection: parseJson(input.datasets) as unknown as SelectedDatasets,
        mode,
        collections,
        references,
        readable:
          satellite.owner === owner
            ? undefined
            : async (name: string, uuids: readonly string[], dataCtx: QueryContext) => {
                const target = (await visibleNow()).visible.find(name)?.repository;
                return new Set((await target?.datasets(uuids, dataCtx))?.keys());
              },
        checkRun: (run: string) => {
          if (!visible.allows(from, run)) {
            throw notShared('NOT_FOUND', `RUN '${run}' of '${from}' does not exist, or is not shared with you.`);
          }
        },
        reserve: (bytes: number) => satellites.reserve(to, task.jobId, bytes),
        openFile: async (
          { uuid }: { readonly uuid: string },
          { component, fileName }: { readonly component: string | null; readonly fileName: string },
          fileCtx: QueryContext,
        ) => {
          const now = await visibleNow();
          const found = await files.find({ repository: from, uuid, component, fileName }, now.visible, fileCtx);
          return files.read(found, null, fileCtx.signal);
        },
      };
      try {
        return await withRoomyHeap(() => new TransferAttempt(setting, task, ctx).run());
      } catch (error) {
        // What was there when it was asked for may have ceased to be shared, which looks the same.
        if (!isAbsence(error) || visible.ruleOf(from) === 'everything') throw error;
        throw notShared(error.code, error.message);
      }
    },
    ended: (input, job) => satellites.release(input.to, job.id),
  };
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

/** A transfer as it was asked for. */
export interface PlannedTransfer {
  readonly source: Repository;
  readonly satellite: OpenSatellite;
  readonly datasets: SelectedDatasets;
  readonly mode: TransferDatasets['mode'];
  readonly collections: boolean;
}

/** What a transfer would do; reads only. */
export async function planTransfer(transfer: PlannedTransfer, ctx: QueryContext): Promise<TransferPlan> {
  const { source, datasets: selection, mode } = transfer;
  const satellite = transfer.satellite.repository;
  const universe = await satellite.universe(ctx);
  const memberships = transfer.collections ? await membershipCollections(source, selection, ctx) : [];
  const structure = transfer.collections ? await namedCollections(source, selection, ctx) : [];
  const conflicts: TransferConflict[] = [...(await collectionConflicts(satellite, structure, ctx))];
  const there = await collectionsByName(satellite, ctx);
  const setting = { source, satellite, selection, mode, withFiles: true, memberships, collections: there };
  const total = { datasets: 0, bytes: 0, newBytes: 0, new: 0 };
  for (let place: string | null | undefined; place !== null;) {
    const plan = await planPage(setting, place ?? null, ctx);
    const { datasets } = plan.page;
    // What is there already has its records.
    const needed = plan.new === 0 ? [] : await neededRecords(source, universe, datasets, ctx);
    const records = await planRecords(satellite, needed, ctx);
    total.datasets += datasets.length;
    total.bytes += plan.bytes;
    total.newBytes += plan.newBytes;
    total.new += plan.new;
    for (const conflict of [...plan.conflicts, ...records.conflicts]) {
      const isTold = conflicts.some(({ reason }) => reason === conflict.reason);
      if (!isTold && conflicts.length < CONFLICTS_TOLD) conflicts.push(conflict);
    }
    place = plan.next;
  }
  return { ...total, conflicts };
}

/** A request as a job keeps it. */
export function transferInput(
  { datasets, mode, collections }: Pick<TransferDatasets, 'datasets' | 'mode' | 'collections'>,
  from: string,
  to: string,
): TransferInput {
  return { from, to, datasets: stringifyJson(datasets), mode, collections };
}
