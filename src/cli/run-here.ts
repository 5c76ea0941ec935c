/** A run's stage on this machine, by its own Python: the run is claimed from the gateway, and given back with what came of it. */
import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { SatelliteError } from '../butler/errors.ts';
import { isUri } from '../repository/direct/datastore/artifact-path.ts';
import { cancelBps } from '../run/bps/execute-by-bps.ts';
import { adoptGraph, type BuiltGraph } from '../run/build-work.ts';
import { buildGraph } from '../run/build/build-graph.ts';
import type { ClaimEnd, ClaimedStage } from '../run/claims.ts';
import { RUN_FILES, runPlace } from '../run/directory.ts';
import { executeQuanta, type Execution } from '../run/execute-work.ts';
import type { QuantaCounts, RunSpec } from '../run/run.ts';
import { CommandError, EXIT } from './exit.ts';
import type { GatewayClient } from './gateway-client.ts';
import { BEAT_MILLISECONDS, KeptClaim } from './kept-claim.ts';

export interface HereOptions {
  /** Interpreter of an environment with Rubin's stack. */
  readonly python: string;
  /** Directories of further modules. */
  readonly pythonPath?: readonly string[];
  readonly workers: number;
  readonly retries: number;
  readonly quantumSeconds: number;
  readonly buildSeconds: number;
  /** YAML file with settings of BPS itself, for a run that it executes. */
  readonly bpsConfig?: string;
}

interface Claimed {
  readonly claim: string;
  readonly token: string;
  readonly gateway: string;
  readonly directory: string;
  /** What processes need to reach the satellite's files. */
  readonly environment: Readonly<Record<string, string>>;
  readonly run: { readonly id: string; readonly spec: RunSpec; readonly quanta: QuantaCounts | null };
}

/** Between the times that an end is sent which did not arrive: the claim is kept meanwhile. */
const END_PAUSES_MILLISECONDS = [500, 1000, 2000, 4000, 8000, 16_000];

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
  const since = performance.now();
  let held = await client.post<Claimed>(`${place}/claim`, { stage, worker: hostname() });
  const { claim } = held;
  const stop = new AbortController();
  let quanta: QuantaCounts | null = null;
  using _kept = new KeptClaim<Claimed>({
    since,
    beat: (signal) => client.post(`${place}/beat`, { claim, quanta }, signal),
    onKept: (kept) => (held = kept),
    isRefusal,
    onLost: (why) => stop.abort(why),
  });
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
    await sendEnd(client, place, { claim, end });
  } catch (error) {
    // Where it was cancelled, others wait until nothing is written here any more.
    if (stop.signal.aborted) {
      const told = client.post(
        `${place}/end`,
        { claim, end: { stopped: true } },
        AbortSignal.timeout(BEAT_MILLISECONDS),
      );
      await told.catch(() => undefined);
    }
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** Again where it may not have arrived. @throws CommandError where it is refused, or the gateway stays away */
async function sendEnd(client: GatewayClient, place: string, body: { claim: string; end: ClaimEnd }): Promise<void> {
  for (let sent = 1; ; sent += 1) {
    try {
      await client.post(`${place}/end`, body);
      return;
    } catch (error) {
      // An earlier one arrived, and only its answer did not; or the run was taken away meanwhile, which its state says.
      if (sent > 1 && error instanceof CommandError && error.code === 'CONFLICT') return;
      const pause = END_PAUSES_MILLISECONDS[sent - 1];
      if (isRefusal(error) || pause === undefined) throw error;
      await sleep(pause);
    }
  }
}

class Interrupted extends Error {}

/** What the gateway says of a claim that is lost, of a run that is gone, and of who may not go on with it. */
const REFUSALS = new Set(['CONFLICT', 'NOT_FOUND', 'FORBIDDEN', 'UNAUTHENTICATED', 'BAD_USER_INPUT', 'QUOTA_EXCEEDED']);

function isRefusal(error: unknown): boolean {
  return error instanceof CommandError && REFUSALS.has(error.code ?? '');
}

async function work(
  claimed: Claimed,
  token: () => Promise<string>,
  stage: ClaimedStage,
  { python, pythonPath = [], workers, retries, quantumSeconds, buildSeconds, bpsConfig }: HereOptions,
  signal: AbortSignal,
  tell: (counts: QuantaCounts) => void,
): Promise<ClaimEnd> {
  const { gateway, environment, run } = claimed;
  const stack = {
    python: { executable: python, path: pythonPath },
    place: { kind: 'self' },
    gateway,
    token,
    memoryBytes: null,
    buildSeconds,
  } as const;
  try {
    const directory = await realpath(claimed.directory).catch((cause: unknown) => {
      throw new SatelliteError('NOT_FOUND', "The run's directory is not on this machine.", { cause });
    });
    if (stage === 'build') {
      const { quanta, datasets, reasons } = await build(run.spec, directory, stack, signal);
      return { built: { quanta, datasets, reasons } };
    }
    await writeOwnRoot(directory, run.spec);
    const bps = run.spec.executor === 'BPS' ? await bpsHere(run.id, bpsConfig) : null;
    const execution = { ...stack, workers, retries, quantumSeconds, outputs: null, environment, bps };
    return {
      executed: await executeQuanta({ directory, quanta: run.quanta }, execution, async (c) => tell(c), signal),
    };
  } catch (error) {
    // BPS would go on with what nobody follows any more.
    if (signal.aborted && stage === 'execute' && run.spec.executor === 'BPS') await stopBps(claimed.directory, run.id);
    if (error instanceof Interrupted) return { stopped: true };
    if (error instanceof SatelliteError) return { failed: error.message };
    throw error;
  }
}

/** In the home directory, which the jobs of a batch system see, and which the run's directory is not in. */
function tokenFile(id: string): string {
  return join(homedir(), '.satellite', 'bps-tokens', id);
}

/** @throws CommandError where the settings cannot be read */
async function bpsHere(id: string, config: string | undefined): Promise<NonNullable<Execution['bps']>> {
  await mkdir(dirname(tokenFile(id)), { recursive: true, mode: 0o700 });
  if (config === undefined) return { tokenFile: tokenFile(id), settings: {} };
  const settings = z.record(z.string(), z.json()).safeParse(parse(await readFile(config, 'utf8')));
  if (settings.success) return { tokenFile: tokenFile(id), settings: settings.data };
  throw new CommandError(`${config} holds no settings of BPS: give YAML as "bps submit" takes it.`, EXIT.usage);
}

async function stopBps(directory: string, id: string): Promise<void> {
  await cancelBps(directory);
  await rm(tokenFile(id), { force: true });
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
