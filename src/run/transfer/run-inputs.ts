/** `transferDatasets(run:)`: what a run's graph reads is brought into a satellite, whatever becomes of the run. */
import { nameInAddresses, type VisibleRepositories } from '../../access/policy.ts';
import type { Principal } from '../../access/principal.ts';
import { SatelliteError } from '../../butler/errors.ts';
import type { Job, JobKind, Jobs } from '../../jobs/job.ts';
import { withRoomyHeap } from '../../repository/heap-growth.ts';
import type { QueryContext } from '../../repository/repository.ts';
import type { OpenSatellite, SatelliteDirectory } from '../../satellite/satellite.ts';
import { contextOf, writeableSatellite, type TransferSurroundings } from '../../transfer/attempt-setting.ts';
import { collectionsByName } from '../../transfer/collection-structure.ts';
import { endTransfer, type LeftFiles } from '../../transfer/left-files.ts';
import type { TransferDatasets, TransferPlan } from '../../transfer/service.ts';
import { planTransfer } from '../../transfer/transfer-kind.ts';
import { WRITING_STEPS, type TransferResult } from '../../transfer/transfer-job.ts';
import { RUN_FILES } from '../directory.ts';
import { openRunGraph } from '../exact-places.ts';
import type { RunService } from '../service.ts';
import { bringInputs, inputsByRepository } from './bring-inputs.ts';
import { inputStructure, missingStructure } from './input-structure.ts';
import { readableRepositories, readingRules } from './readable-repositories.ts';

/** Conflicts that a plan tells. */
const CONFLICTS_TOLD = 100;

export interface TransferRunInputs extends Omit<TransferDatasets, 'datasets'> {
  /** Identifier of the run. */
  readonly run: string;
}

export interface RunInputsOptions {
  readonly surroundings: TransferSurroundings;
  readonly jobs: Jobs;
  readonly satellites: SatelliteDirectory;
  readonly runs: Pick<RunService, 'find'>;
  /** Is told of copies that were not ended. */
  readonly leftFiles: Pick<LeftFiles, 'noteCopy' | 'beginCopy'>;
  /** Longest that a dry run may take, ms. */
  readonly planMilliseconds: number;
}

/** As a job keeps it. */
type InputsInput = {
  /** Path of the graph. */
  readonly graph: string;
  /** Collections that the run read. */
  readonly inputs: readonly string[];
  /** Names in addresses, in search order. */
  readonly repositories: readonly string[];
  /** Full name of the satellite. */
  readonly to: string;
  /** Its identifier: another one may get the name. */
  readonly satelliteId: string | null;
  /** The same of the run's: who may not write to it any more has not its runs. */
  readonly of: string;
  readonly mode: TransferDatasets['mode'];
  readonly collections: boolean;
};

export class RunInputs {
  readonly #options: RunInputsOptions;
  readonly #kind: JobKind<InputsInput, TransferResult>;

  /** Defines its kind of jobs. */
  constructor(options: RunInputsOptions) {
    this.#options = options;
    this.#kind = inputsKind(options);
    options.jobs.define(this.#kind);
  }

  /**
   * @returns the plan of a dry run, or the job
   * @throws SatelliteError NOT_FOUND for a run that does not exist for them, CONFLICT for one whose graph is not built
   */
  async transfer(
    request: TransferRunInputs,
    principal: Principal,
    visible: VisibleRepositories,
  ): Promise<{ readonly job: Job | null; readonly plan: TransferPlan | null }> {
    const { satellites, jobs, planMilliseconds } = this.#options;
    const { username, token } = principal;
    const satellite = await satellites.forWriting(request.to, principal);
    const input = await this.#input(request, satellite, principal, visible);
    if (request.dryRun) {
      const ctx = { caller: { username, token }, signal: AbortSignal.timeout(planMilliseconds) };
      return { job: null, plan: await planInputs(input, satellite, visible, ctx) };
    }
    const job = await jobs.enqueue(this.#kind, {
      owner: username,
      subject: `satellite:${satellite.fullName}`,
      input,
      idempotencyKey: request.idempotencyKey,
      token,
    });
    return { job, plan: null };
  }

  async #input(
    { run: id, from, mode, collections }: TransferRunInputs,
    { id: satelliteId, fullName: to }: OpenSatellite,
    principal: Principal,
    visible: VisibleRepositories,
  ): Promise<InputsInput> {
    const run = await this.#options.runs.find(id, principal);
    if (!run) throw new SatelliteError('NOT_FOUND', `There is no run '${id}', or it is not shared with you.`);
    if (run.reached === 'CREATED') {
      throw new SatelliteError(
        'CONFLICT',
        'What the run reads is not known before its graph is built: buildRun first.',
      );
    }
    const { inputs, repositories } = run.spec;
    const read = from === undefined ? repositories : [nameInAddresses(visible.get(from))];
    const graph = `${run.directory}/${RUN_FILES.graph}`;
    return { graph, inputs, repositories: read, to, satelliteId, of: run.satellite, mode, collections };
  }
}

function inputsKind({
  surroundings,
  leftFiles,
}: Pick<RunInputsOptions, 'surroundings' | 'leftFiles'>): JobKind<InputsInput, TransferResult> {
  return {
    name: 'transferRunInputs',
    lane: ({ mode }) => (mode === 'COPY' ? 'bulk' : 'short'),
    redoneSteps: [...WRITING_STEPS, 'collections'],
    check: async ({ to, satelliteId, of, repositories }, owner) => {
      await writeableSatellite(surroundings, owner, to, satelliteId);
      if (of !== to) await writeableSatellite(surroundings, owner, of, null);
      return readingRules(surroundings, owner, repositories);
    },
    run: async ({ graph: path, inputs, repositories: names, to, satelliteId, mode, collections }, task) => {
      const ctx = contextOf(surroundings, task);
      if (mode === 'COPY') await leftFiles.beginCopy({ to, satelliteId }, task);
      const repositories = await readableRepositories(surroundings, task.owner, names);
      const graph = await openRunGraph(path);
      try {
        const structure = collections ? await inputStructure(repositories, inputs, ctx) : null;
        const request = { graph, to, satelliteId, mode, repositories, structure };
        const result = await withRoomyHeap(() => bringInputs(request, surroundings, task, ctx));
        await task.step('collections', async () => {
          const { repository } = await writeableSatellite(surroundings, task.owner, to, satelliteId);
          const missing = missingStructure(structure ?? [], await collectionsByName(repository, ctx));
          await repository.changeTogether({ ...missing, dimensionRecords: [], datasetTypes: [], datasets: [] }, ctx);
          return null;
        });
        return result;
      } finally {
        await graph.close();
      }
    },
    ended: (input, job) => endTransfer(surroundings.satellites, leftFiles, input.mode, input, job),
  };
}

/** What the job would do; reads only. */
async function planInputs(
  { graph: path, inputs, repositories: names, to, mode, collections }: InputsInput,
  satellite: OpenSatellite,
  visible: VisibleRepositories,
  ctx: QueryContext,
): Promise<TransferPlan> {
  const repositories = names.map((name) => ({ name, repository: visible.get(name).repository }));
  const graph = await openRunGraph(path);
  try {
    const structure = collections ? await inputStructure(repositories, inputs, ctx) : null;
    const total = { datasets: 0, bytes: 0, newBytes: 0, new: 0, conflicts: [] as TransferPlan['conflicts'] };
    for (const { from, selection } of await inputsByRepository({ graph, to, repositories, structure }, ctx)) {
      const { repository: source } = from;
      const plan = await planTransfer({ source, satellite, datasets: selection, mode, collections }, ctx);
      total.datasets += plan.datasets;
      total.bytes += plan.bytes;
      total.newBytes += plan.newBytes;
      total.new += plan.new;
      total.conflicts = [...total.conflicts, ...plan.conflicts].slice(0, CONFLICTS_TOLD);
    }
    return total;
  } finally {
    await graph.close();
  }
}
