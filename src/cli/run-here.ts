/** A run's stage on this machine, by its own Python: the run is claimed from the gateway, and given back with what came of it. */
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { SatelliteError } from '../butler/errors.ts';
import { isUri } from '../repository/direct/datastore/artifact-path.ts';
import { adoptGraph, type BuiltGraph } from '../run/build-work.ts';
import { buildGraph } from '../run/build/build-graph.ts';
import type { ClaimEnd, ClaimedStage } from '../run/claims.ts';
import { RUN_FILES, runPlace } from '../run/directory.ts';
import { executeQuanta } from '../run/execute-work.ts';
import type { QuantaCounts, RunSpec } from '../run/run.ts';
import { CommandError } from './exit.ts';
import type { GatewayClient } from './gateway-client.ts';

export interface HereOptions {
  /** Interpreter of an environment with Rubin's stack. */
  readonly python: string;
  /** Directories of further modules. */
  readonly pythonPath?: readonly string[];
  readonly workers: string;
  readonly retries: string;
}

interface Claimed {
  readonly claim: string;
  readonly token: string;
  readonly gateway: string;
  readonly directory: string;
  readonly run: { readonly id: string; readonly spec: RunSpec; readonly quanta: QuantaCounts | null };
}

/** How often the gateway is told that we are at it; it gives a run up after a minute. */
const BEAT_MILLISECONDS = 15_000;

/**
 * Does a stage here, and tells the gateway how it ended.
 * @param tell is told the counts of quanta while they change
 * @throws CommandError where the run cannot be claimed, or is taken away
 */
export async function workHere(
  client: GatewayClient,
  id: string,
  stage: ClaimedStage,
  options: HereOptions,
  tell: (counts: QuantaCounts) => void,
): Promise<void> {
  const place = `/v1/runs/${encodeURIComponent(id)}`;
  let held = await client.post<Claimed>(`${place}/claim`, { stage, worker: hostname() });
  const { claim } = held;
  const stop = new AbortController();
  let quanta: QuantaCounts | null = null;
  const beat = setInterval(() => {
    client.post<Claimed>(`${place}/beat`, { claim, quanta }).then(
      (kept) => (held = kept),
      // A gateway that is away comes back; a claim that is lost does not.
      (error: unknown) => error instanceof CommandError && error.code === 'CONFLICT' && stop.abort(error),
    );
  }, BEAT_MILLISECONDS);
  const interrupt = () => stop.abort(new Interrupted());
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const end = await work(
      held,
      () => Promise.resolve(held.token),
      stage,
      options,
      stop.signal,
      (counts) => {
        quanta = counts;
        tell(counts);
      },
    );
    await client.post(`${place}/end`, { claim, end });
  } finally {
    clearInterval(beat);
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

class Interrupted extends Error {}

async function work(
  claimed: Claimed,
  token: () => Promise<string>,
  stage: ClaimedStage,
  { python, pythonPath = [], workers, retries }: HereOptions,
  signal: AbortSignal,
  tell: (counts: QuantaCounts) => void,
): Promise<ClaimEnd> {
  const { gateway, run } = claimed;
  const stack = { python: { executable: python, path: pythonPath }, place: { kind: 'self' }, gateway, token } as const;
  try {
    const directory = await realpath(claimed.directory).catch((cause: unknown) => {
      throw new SatelliteError('NOT_FOUND', "The run's directory is not on this machine.", { cause });
    });
    if (stage === 'build') {
      const { quanta, datasets, reasons } = await build(run.spec, directory, stack, signal);
      return { built: { quanta, datasets, reasons } };
    }
    await writeOwnRoot(directory, run.spec);
    const counts = { workers: Number(workers), memoryBytes: null, retries: Number(retries) };
    const execution = { ...stack, ...counts, outputs: null, environment: {} };
    return {
      executed: await executeQuanta({ directory, quanta: run.quanta }, execution, async (c) => tell(c), signal),
    };
  } catch (error) {
    if (error instanceof Interrupted) return { stopped: true };
    if (error instanceof SatelliteError) return { failed: error.message };
    throw error;
  }
}

async function build(
  spec: RunSpec,
  directory: string,
  stack: Parameters<typeof buildGraph>[0] extends infer Request ? Omit<Request, 'spec' | 'directory'> : never,
  signal: AbortSignal,
): Promise<BuiltGraph> {
  const { pipeline, graph } = spec;
  if (pipeline === null) return adoptGraph(join(satelliteOf(directory, spec), graph!), directory, spec.outputRun);
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const built = await buildGraph({ ...stack, spec: { ...spec, pipeline }, directory }, signal, log);
  return { quanta: built.quanta, datasets: built.datasets, reasons: built.empty?.reasons ?? [] };
}

/** Where the satellite is on this machine. */
function satelliteOf(directory: string, { output }: RunSpec): string {
  return directory.slice(0, -(runPlace(output, basename(directory)).length + 1));
}

/** The gateway may find the satellite's files at another place than we do. */
async function writeOwnRoot(directory: string, spec: RunSpec): Promise<void> {
  const file = join(directory, RUN_FILES.butler, 'butler.yaml');
  const config = parse(await readFile(file, 'utf8')) as { datastore: { root: string } };
  const root = satelliteOf(directory, spec);
  if (isUri(config.datastore.root) || config.datastore.root === root) return;
  await writeFile(file, stringify({ ...config, datastore: { ...config.datastore, root } }));
}
