import { SatelliteError } from '../../butler/errors.ts';
import type { QueryContext } from '../../repository/repository.ts';
import { expandPipeline } from '../build/build-graph.ts';
import type { Stack } from '../build-work.ts';
import { GRAPH_LIMITS } from '../graph/limits.ts';
import { parsePipelineGraph } from '../graph/pipeline-graph.ts';
import type { RunSpec } from '../run.ts';
import type { NamedRepository } from '../transfer/readable-repositories.ts';
import { planRun } from './plan-run.ts';
import type { RunPlan } from './run-plan.ts';

/** Longest that a plan may take: a graph that is large is built without one. */
const PLAN_MILLISECONDS = 120_000;

/**
 * Has the user's stack expand the pipeline of a run, and plans it.
 * @param repositories of the run, in search order
 * @returns null for a graph that was made elsewhere, and where there can be no plan: building says what is wrong
 */
export async function planBeforeBuilding(
  spec: RunSpec,
  stack: Stack,
  repositories: readonly NamedRepository[],
  ctx: QueryContext,
): Promise<RunPlan | null> {
  const { pipeline } = spec;
  if (pipeline === null) return null;
  const timeout = AbortSignal.timeout(PLAN_MILLISECONDS);
  const signal = AbortSignal.any([ctx.signal, timeout]);
  try {
    const { graph } = await expandPipeline({ ...stack, spec: { ...spec, pipeline } }, signal);
    const content = { bytes: Buffer.from(JSON.stringify(graph)), what: 'the pipeline' };
    const members = repositories.map(({ repository }) => repository);
    return await planRun(spec, parsePipelineGraph(content, GRAPH_LIMITS), members, { ...ctx, signal });
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (error instanceof SatelliteError || timeout.aborted) return null;
    throw error;
  }
}
