/** Brings what a graph reads into a satellite, each dataset from the repository in which the run found it. */
import type { Task } from '../../jobs/job.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import { asOwner, type TransferSurroundings } from '../../transfer/attempt-setting.ts';
import type { CollectionStructure } from '../../transfer/collection-structure.ts';
import { inBatches } from '../../transfer/in-batches.ts';
import { TransferAttempt } from '../../transfer/transfer-job.ts';
import { overallInputs } from '../graph/overall-inputs.ts';
import type { PredictedGraph } from '../graph/predicted-graph.ts';
import type { NamedRepository } from './readable-repositories.ts';

/** As many as one request to the official server may name. */
const UUIDS_AT_ONCE = 10_000;

export interface InputsOfGraph {
  readonly graph: PredictedGraph;
  /** Full name of the satellite. */
  readonly to: string;
  readonly mode: 'REFERENCE' | 'COPY';
  /** In search order. */
  readonly repositories: readonly NamedRepository[];
  /** The collections in which they were found; memberships in these come along. */
  readonly structure: CollectionStructure;
}

/** @returns the number of datasets that the graph reads @throws as a transfer does */
export async function bringInputs(
  { graph, to, mode, repositories, structure }: InputsOfGraph,
  surroundings: TransferSurroundings,
  task: Task,
  ctx: QueryContext,
): Promise<number> {
  const wanted = [...(await overallInputs(graph)).keys()];
  const leaves = structure.filter(({ type }) => type !== 'CHAINED').map(({ name }) => name);
  let left = wanted;
  for (const { name: from, repository } of repositories) {
    if (from === to || left.length === 0) continue;
    const uuids = await thoseIn(repository, left, ctx);
    const found = new Set(uuids);
    left = left.filter((uuid) => !found.has(uuid));
    if (uuids.length === 0) continue;
    const within = await namesIn(repository, leaves, ctx);
    await asOwner(surroundings, { from, to }, task, (setting) =>
      new TransferAttempt(
        { ...setting, selection: { uuids, within }, mode, collections: true },
        withPrefix(task, `inputs of ${from}: `),
        ctx,
      ).run(),
    );
  }
  return wanted.length;
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

/** The same task, whose steps have names of their own. */
function withPrefix(task: Task, prefix: string): Task {
  return {
    jobId: task.jobId,
    owner: task.owner,
    attempt: task.attempt,
    signal: task.signal,
    step: (name, work) => task.step(prefix + name, work),
    progress: (progress) => task.progress(progress),
    log: (message) => task.log(message),
  };
}
