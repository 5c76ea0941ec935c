/** The job `transferDatasets`, and the plan of a dry run. */
import { parseJson, stringifyJson } from '../butler/json.ts';
import type { JobKind } from '../jobs/job.ts';
import { withRoomyHeap } from '../repository/heap-growth.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { MadeFrom } from '../satellite/made-from.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import { alternateKeyConflicts } from './alternate-keys.ts';
import { asOwner, contextOf, visibleSource, writeableSatellite, type TransferSurroundings } from './attempt-setting.ts';
import {
  collectionConflicts,
  collectionsByName,
  membershipCollections,
  namedCollections,
} from './collection-structure.ts';
import { neededRecords, planRecords } from './dimension-records.ts';
import { planPage } from './plan-page.ts';
import { endTransfer, type LeftFiles } from './left-files.ts';
import type { SelectedDatasets, TransferConflict, TransferDatasets, TransferPlan } from './service.ts';
import { TransferAttempt, WRITING_STEPS, type TransferResult } from './transfer-job.ts';

/** As a job keeps it. */
export type TransferInput = {
  /** Name of the source in addresses. */
  readonly from: string;
  /** Full name of the satellite. */
  readonly to: string;
  /** Its identifier: another one may get the name.  Null of a configured repository. */
  readonly satelliteId: string | null;
  /** `SelectedDatasets` as JSON text, which keeps long integers. */
  readonly datasets: string;
  readonly mode: TransferDatasets['mode'];
  readonly collections: boolean;
};

/** Most conflicts that a plan tells. */
const CONFLICTS_TOLD = 100;

/**
 * @param left is told of jobs that ended with files copied and not registered, which keep what was set aside for them
 * @param madeFrom is told what comes from where, before anything does
 */
export function transferKind(
  surroundings: TransferSurroundings,
  left: Pick<LeftFiles, 'noteCopy' | 'beginCopy'>,
  madeFrom: Pick<MadeFrom, 'add'>,
): JobKind<TransferInput, TransferResult> {
  return {
    name: 'transferDatasets',
    lane: ({ mode }) => (mode === 'COPY' ? 'bulk' : 'short'),
    redoneSteps: WRITING_STEPS,
    check: async ({ from, to, satelliteId }, owner) => {
      await writeableSatellite(surroundings, owner, to, satelliteId);
      return (await visibleSource(surroundings, owner, from)).visible.ruleOf(from);
    },
    run: async (input, task) => {
      const { mode, collections } = input;
      await writeableSatellite(surroundings, task.owner, input.to, input.satelliteId);
      const selection = parseJson(input.datasets) as unknown as SelectedDatasets;
      const ctx = contextOf(surroundings, task);
      if (mode === 'COPY') await left.beginCopy(input, task);
      return asOwner(surroundings, input, task, async (setting) => {
        const { fullName, id } = setting.satellite;
        const made = { repository: fullName, satelliteId: id };
        await madeFrom.add(made, [input.from], () => collectionsOf(setting.source, selection, ctx));
        return withRoomyHeap(() => new TransferAttempt({ ...setting, selection, mode, collections }, task, ctx).run());
      });
    },
    ended: (input, job) => endTransfer(surroundings.satellites, left, input.mode, input, job),
  };
}

/** Names of all collections that something may come from. */
async function collectionsOf(source: Repository, selection: SelectedDatasets, ctx: QueryContext): Promise<string[]> {
  const search = 'search' in selection ? selection.search.collections : ['*'];
  const query = { search, flattenChains: true, includeChains: true };
  return (await source.collections(query, ctx)).map(({ name }) => name);
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
  const conflicts: TransferConflict[] = [];
  const coming = new Map(structure.map((info) => [info.name, info]));
  const there = await collectionsByName(satellite, ctx);
  const setting = { source, satellite, selection, mode, withFiles: true, memberships, collections: there };
  const total = { datasets: 0, bytes: 0, newBytes: 0, new: 0 };
  for (let place: string | null | undefined; place !== null;) {
    const plan = await planPage(setting, place ?? null, ctx);
    const { datasets } = plan.page;
    // What is there already has its records.
    const needed = plan.new === 0 ? [] : await neededRecords(source, universe, datasets, ctx);
    const records = await planRecords(satellite, needed, ctx);
    const taken = await alternateKeyConflicts(satellite, records.missing, ctx);
    const used = new Set(plan.page.memberships.map(({ collection }) => collection));
    for (const info of memberships) if (used.has(info.name)) coming.set(info.name, info);
    total.datasets += datasets.length;
    total.bytes += plan.bytes;
    total.newBytes += plan.newBytes;
    total.new += plan.new;
    for (const conflict of [...plan.conflicts, ...records.conflicts, ...taken]) {
      const isTold = conflicts.some(({ reason }) => reason === conflict.reason);
      if (!isTold && conflicts.length < CONFLICTS_TOLD) conflicts.push(conflict);
    }
    place = plan.next;
  }
  const ofCollections = await collectionConflicts(satellite, [...coming.values()], ctx);
  // What names a collection that is not to be is also told by its datasets.
  const told = new Map([...ofCollections, ...conflicts].map((conflict) => [conflict.reason, conflict]));
  return { ...total, conflicts: [...told.values()].slice(0, CONFLICTS_TOLD) };
}

/** A request as a job keeps it. */
export function transferInput(
  { datasets, mode, collections }: Pick<TransferDatasets, 'datasets' | 'mode' | 'collections'>,
  from: string,
  { fullName: to, id: satelliteId }: Pick<OpenSatellite, 'fullName' | 'id'>,
): TransferInput {
  return { from, to, satelliteId, datasets: stringifyJson(datasets), mode, collections };
}
