import { SatelliteError } from '../../butler/errors.ts';
import type { QueryContext } from '../../repository/repository.ts';
import { expandPipeline } from '../build/build-graph.ts';
import type { Stack } from '../build-work.ts';
import { GRAPH_LIMITS } from '../graph/limits.ts';
import { parsePipelineGraph } from '../graph/pipeline-graph.ts';
import type { RunSpec } from '../run.ts';
import type { NamedRepository } from '../transfer/readable-repositories.ts';
import { planRun } from './plan-run.ts';

/**
 * Why the graph of a run has no quanta, and what to change.
 * @param repositories of the run, in search order
 * @returns null where that was not found out
 */
export async function whyEmpty(
  spec: RunSpec,
  stack: Stack,
  repositories: readonly NamedRepository[],
  ctx: QueryContext,
): Promise<{ readonly reason: string; readonly suggestions: readonly string[] } | null> {
  const { pipeline } = spec;
  if (pipeline === null) return null;
  try {
    const { graph } = await expandPipeline({ ...stack, spec: { ...spec, pipeline } }, ctx.signal);
    const content = { bytes: Buffer.from(JSON.stringify(graph)), what: 'the pipeline' };
    const members = repositories.map(({ repository }) => repository);
    const { explain } = await planRun(spec, parsePipelineGraph(content, GRAPH_LIMITS), members, ctx);
    return explain && { reason: explain.reason, suggestions: explain.suggestions };
  } catch (error) {
    // The graph is empty all the same, and stock Python has said something of it.
    if (error instanceof SatelliteError) return null;
    throw error;
  }
}
