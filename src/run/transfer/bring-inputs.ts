/** Brings what a graph reads into a satellite, each dataset from the repository in which the run found it. */
import type { Task } from '../../jobs/job.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import { asOwner, type TransferSurroundings } from '../../transfer/attempt-setting.ts';
import type { CollectionStructure } from '../../transfer/collection-structure.ts';
import { inBatches } from '../../butler/in-batches.ts';
import { TransferAttempt, type TransferResult } from '../../transfer/transfer-job.ts';
import { overallInputs } from '../graph/overall-inputs.ts';
import type { PredictedGraph } from '../graph/predicted-graph.ts';
import type { NamedRepository } from './readable-repositories.ts';

/** As many as one request to the official server may name. */
const UUIDS_AT_ONCE = 10_000;

export interface InputsOfGraph {
  readonly graph: PredictedGraph;
  /** Full name of the satellite. */
  readonly to: string;
  /** Its identifier: another one may get the name. */
  readonly satelliteId: string | null;
  readonly mode: 'REFERENCE' | 'COPY';
  /** In search order. */
  readonly repositories: readonly NamedRepository[];
  /** The collections in which they were found: memberships in these come along; null: none do. */
  readonly structure: CollectionStructure | null;
}

/** What a graph reads of one repository. */
export interface InputsOfRepository {
  readonly from: NamedRepository;
  readonly selection: { readonly uuids: readonly string[]; readonly within: readonly string[] };
}

/** @returns for each repository what it is the first to have, the satellite left out; what nobody has (any more) is in none */
export async function inputsByRepository(
  { graph, to, repositories, structure }: Omit<InputsOfGraph, 'satelliteId' | 'mode'>,
  ctx: QueryContext,
): Promise<readonly InputsOfRepository[]> {
  const leaves = (structure ?? []).filter(({ type }) => type !== 'CHAINED').map(({ name }) => name);
  const inputs: InputsOfRepository[] = [];
  let left: readonly string[] = [...(await overallInputs(graph)).keys()];
  for (const from of repositories) {
    if (from.name === to || left.length === 0) continue;
    const uuids = await thoseIn(from.repository, left, ctx);
    const found = new Set(uuids);
    left = left.filter((uuid) => !found.has(uuid));
    if (uuids.length === 0) continue;
    const within = leaves.length === 0 ? [] : await namesIn(from.repository, leaves, ctx);
    inputs.push({ from, selection: { uuids, within } });
  }
  return inputs;
}

/** @returns what came of all repositories together @throws as a transfer does */
export async function bringInputs(
  request: InputsOfGraph,
  surroundings: TransferSurroundings,
  task: Task,
  ctx: QueryContext,
): Promise<TransferResult> {
  const { to, satelliteId, mode, structure } = request;
  const total = { datasets: 0, bytes: 0, new: 0 };
  for (const { from, selection } of await inputsByRepository(request, ctx)) {
    const brought = await asOwner(surroundings, { from: from.name, to, satelliteId }, task, (setting) =>
      new TransferAttempt(
        { ...setting, selection, mode, collections: structure !== null },
        withSuffix(task, ` of ${from.name}`),
        ctx,
      ).run(),
    );
    total.datasets += brought.datasets;
    total.bytes += brought.bytes;
    total.new += brought.new;
  }
  return total;
}

/** In the order that they are asked in. */
async function thoseIn(
  repository: Repository,
  uuids: readonly string[],
  ctx: QueryContext,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const batch of inBatches(uuids, UUIDS_AT_ONCE)) {
    const rows = await repository.datasets(batch, ctx);
    for (const uuid of batch) if (rows.has(uuid)) found.push(uuid);
  }
  return found;
}

async function namesIn(
  repository: Repository,
  names: readonly string[],
  ctx: QueryContext,
): Promise<readonly string[]> {
  const wanted = new Set(names);
  const there = await repository.collections({ search: ['*'] }, ctx);
  return there.flatMap(({ name }) => (wanted.has(name) ? [name] : []));
}

/** The same task, whose steps have names of their own that begin as those of any transfer do. */
function withSuffix(task: Task, suffix: string): Task {
  return {
    jobId: task.jobId,
    owner: task.owner,
    attempt: task.attempt,
    signal: task.signal,
    step: (name, work) => task.step(name + suffix, work),
    progress: (progress) => task.progress(progress),
    log: (message) => task.log(message),
  };
}
