/** Builds a run's graph with the user's own Rubin stack, against the RemoteButler face. */
import { join } from 'node:path';
import { z } from 'zod';
import { SatelliteError } from '../../butler/errors.ts';
import type { PythonSettings } from '../../satellite/migration-tool.ts';
import { boundedNotices } from '../worker/notices.ts';
import { enterPlace, moveFile, writeWithin } from '../exact-places.ts';
import type { RunSpec } from '../run.ts';
import { makeWriteable, type WorkPlace } from '../worker/place.ts';
import { GatewayRelay } from '../worker/relay.ts';
import { untilAborted, whileServed, withinSeconds } from '../worker/until-aborted.ts';
import { beginning, PoolEndedError, WorkerEndedError, WorkerError, WorkerPool } from '../worker/worker-pool.ts';

/** What is to be built: of a run's spec, what a pipeline's graph depends on. */
export interface BuildSpec extends Omit<RunSpec, 'pipeline' | 'graph' | 'executor'> {
  readonly pipeline: NonNullable<RunSpec['pipeline']>;
}

export interface BuildRequest {
  readonly python: PythonSettings;
  readonly place: WorkPlace;
  /** Address of the gateway, without a slash at the end. */
  readonly gateway: string;
  /** A token of the run, good now; it stays in this process. */
  readonly token: () => Promise<string>;
  readonly spec: BuildSpec;
  /** That the process may have; null or absent: all. */
  readonly memoryBytes?: number | null;
  /** That it may take. */
  readonly buildSeconds: number;
  /** The run's directory, which gets `graph.qg` and `pipeline.yaml`; in `work/` they are made. */
  readonly directory: string;
}

/** Why a graph has no quanta, in stock's own words. */
export interface EmptyGraph {
  readonly reasons: readonly string[];
}

export interface BuildResult {
  /** The file, with no records of where inputs are; null where it would be empty. */
  readonly graph: string | null;
  readonly quanta: number;
  readonly datasets: number;
  readonly empty: EmptyGraph | null;
}

/** Of the stack's words on why a graph is empty. */
const MOST_REASONS = 50;
const LONGEST_REASON = 2000;

const built = z.object({
  quanta: z.int(),
  datasets: z.int(),
  pipeline: z.string(),
  reasons: z
    .array(beginning(LONGEST_REASON))
    .transform((reasons) => reasons.slice(0, MOST_REASONS))
    .default([]),
});
const expanded = z.object({ pipeline: z.string(), graph: z.json() });

/**
 * @param onLine is told what the stack logs, and, as `refused: …`, what code in a sandbox wanted that it must not have
 * @throws SatelliteError RUN_FAILED for what the pipeline or the stack raised, FORBIDDEN where there is no such stack,
 *   UNAUTHENTICATED where the token is not taken any more, DEADLINE_EXCEEDED where it takes too long
 */
export async function buildGraph(
  request: BuildRequest,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<BuildResult> {
  const { directory, spec, place } = request;
  // Where the pipeline's code can write, and nothing else is.
  const work = join(directory, 'work');
  await makeWriteable(place, [work]);
  const made = join(work, 'graph.qg');
  const asked = { op: 'build', spec, graph: made, ...facing(request) };
  const { pipeline, quanta, datasets, reasons } = built.parse(await askOnce(request, asked, [work], signal, onLine));
  await using to = await enterPlace(directory);
  await writeWithin(to, 'pipeline.yaml', pipeline);
  if (quanta === 0) return { graph: null, quanta, datasets, empty: { reasons } };
  await using from = await enterPlace(work);
  if (!(await moveFile(from, to, 'graph.qg')))
    throw new SatelliteError('RUN_FAILED', 'The pipeline put something else in the place of its graph.');
  return { graph: join(directory, 'graph.qg'), quanta, datasets, empty: null };
}

/**
 * What a pipeline is with its configuration: its text, and tasks and dataset types in the form of a `.qg` file's
 * `pipeline_graph`, with dimensions and storage classes as the face has them.
 * @throws as `buildGraph`
 */
export async function expandPipeline(
  request: Omit<BuildRequest, 'directory'>,
  signal: AbortSignal,
): Promise<z.output<typeof expanded>> {
  const asked = { op: 'pipeline', spec: request.spec, ...facing(request) };
  return expanded.parse(await askOnce(request, asked, [], signal, () => undefined));
}

function facing({ gateway, spec }: Pick<BuildRequest, 'gateway' | 'spec'>) {
  const repositories = spec.repositories.map(encodeURIComponent).join('+');
  // The relay puts the run's own in its place.
  return { butler: `${gateway}/api/butler/repo/${repositories}`, token: 'of-the-run' };
}

async function askOnce(
  { python, place, gateway, token, memoryBytes = null, buildSeconds }: Omit<BuildRequest, 'directory'>,
  operation: { readonly op: string } & Readonly<Record<string, unknown>>,
  writeable: readonly string[],
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<unknown> {
  const onNotice = boundedNotices((what) => onLine(`refused: ${what}`));
  const isForSandbox = place.kind === 'sandbox';
  const served = whileServed(signal);
  await using relay = await GatewayRelay.start({ gateway, token, isForSandbox, onRefused: onNotice, ...served.told });
  const visible = { readable: [], writeable };
  await using pool = await WorkerPool.start({ python, place, relay, visible, onNotice }, signal);
  pool.fork(0, memoryBytes);
  try {
    const asked = pool.ask(0, { ...operation, addresses: pool.addresses }, onLine);
    return await untilAborted(served.signal, withinSeconds(buildSeconds, "Building the run's graph", asked));
  } catch (error) {
    if (error instanceof WorkerError) {
      const message = `The pipeline's graph cannot be built (${error.type}): ${error.message}`;
      throw new SatelliteError('RUN_FAILED', message, { cause: error });
    }
    if (error instanceof WorkerEndedError || error instanceof PoolEndedError) {
      const message = `The process that builds the graph ended (${error.how}): it may have used too much memory, or the pipeline ended it.`;
      throw new SatelliteError('RUN_FAILED', message, { cause: error });
    }
    throw error;
  }
}
