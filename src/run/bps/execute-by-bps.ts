/** Executes a graph by BPS: the workflow system that the operator has runs the same quanta, and its progress is read off files. */
import { spawn } from 'node:child_process';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SatelliteError } from '../../butler/errors.ts';
import type { Json } from '../../jobs/job.ts';
import type { ExecuteRequest, ExecutionResult } from '../execute/execute-graph.ts';
import { EventLog, type QuantumEvent } from '../execute/quantum-events.ts';
import { forgetProvenance } from '../execute/provenance.ts';
import { StoredQuanta } from '../execute/stored-quanta.ts';
import { enterPlace } from '../exact-places.ts';
import { PredictedGraph } from '../graph/predicted-graph.ts';
import { environmentOf, makeWriteable } from '../worker/place.ts';
import { notServed, untilAborted } from '../worker/until-aborted.ts';
import { bpsConfig } from './bps-config.ts';
import { keeperEnd, type KeeperEnd, type KeeperRequest } from './keeper-request.ts';

export interface BpsRequest extends Omit<
  ExecuteRequest,
  'only' | 'retries' | 'quantumSeconds' | 'memoryBytes' | 'outputs'
> {
  /**
   * Where the run's token is kept while it is executed: a file that is not in the run's directory, and the same after a restart.
   */
  readonly tokenFile: string;
  /** Of BPS, see `bpsConfig`. */
  readonly settings: Readonly<Record<string, Json>>;
}

const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const KEEPER = fileURLToPath(new URL(`./bps-keeper${extension}`, import.meta.url));

/** How often files are looked at, in milliseconds; at most a quarter of the time goes to that. */
const LOOK_MS = 2000;
/** How often it is looked whether a cancelled workflow has ended. */
const CANCEL_LOOK_MS = 200;
/** A minted token is good for fifteen minutes. */
const TOKEN_MS = 120_000;

/**
 * Resolves when the workflow has ended.  One that is under way is followed, also one that was begun before this process: it is
 * found by the files in `bps/` of the run's directory.  What was executed before is not executed again.
 * @throws SatelliteError RUN_FAILED where nothing could be submitted, UNAUTHENTICATED and UPSTREAM_UNAVAILABLE where what it reads
 *   is refused or away: the workflow is ended then, FORBIDDEN in a sandbox; the signal's reason when it
 *   aborts: then the workflow goes on (`cancelBps` ends it)
 */
export async function executeByBps(
  request: BpsRequest,
  on: (event: QuantumEvent) => void | Promise<void>,
  signal: AbortSignal,
): Promise<ExecutionResult> {
  if (request.place.kind === 'sandbox') {
    throw new SatelliteError(
      'FORBIDDEN',
      'Runs of this gateway are executed in sandboxes, from which no workflow system is reached: take "executor: LOCAL".',
    );
  }
  const files = filesOf(request.directory);
  await mkdir(files.submit, { recursive: true });
  await using events = await EventLog.open(join(request.directory, 'events.jsonl'));
  await using place = await enterPlace(request.directory);
  await forgetProvenance(place);
  await using quanta = await StoredQuanta.open(request, signal);
  const told = new Set<string>();
  const tell = async (uuids: Iterable<string>, event: QuantumEvent['event']) => {
    for (const quantum of uuids) {
      if (told.has(quantum)) continue;
      told.add(quantum);
      const said = {
        at: Date.now(),
        quantum,
        task: quanta.tasks.get(quantum) ?? null,
        event,
        attempt: 1,
        worker: null,
      };
      await events.add(said);
      await on(said);
    }
  };
  // Whoever reads it meanwhile finds all of the one or the other.
  const renew = async () => {
    const draft = `${request.tokenFile}.new`;
    await writeFile(draft, await request.token(), { mode: 0o600 });
    await rename(draft, request.tokenFile);
  };
  await renew();
  const isOurs = (await exists(files.ended)) || (await keeperPid(files.pid)) !== null;
  if (!isOurs) {
    await tell((await quanta.look()).succeeded, 'skipped');
    await startKeeper(request, files);
  }
  const skipped = told.size;
  let renewed = performance.now();
  let end: KeeperEnd | undefined;
  while (end === undefined) {
    const begun = performance.now();
    await tell((await quanta.look()).succeeded, 'succeeded');
    await sleep(Math.max(LOOK_MS, 3 * (performance.now() - begun)), undefined, { signal }).catch(() =>
      signal.throwIfAborted(),
    );
    if (performance.now() - renewed > TOKEN_MS) {
      await renew();
      renewed = performance.now();
    }
    end = await endOf(files);
  }
  const { succeeded, failed } = await quanta.look();
  await tell(succeeded, 'succeeded');
  await rm(request.tokenFile, { force: true });
  const { status, held } = end;
  if (held !== null || (status !== 0 && succeeded.length + failed.length === 0)) {
    await rm(files.ended, { force: true });
    if (held !== null) throw notServed(held);
    throw new SatelliteError(
      'RUN_FAILED',
      `"bps submit" ended with status ${String(status)}: see bps/submit.log in the run’s directory.`,
    );
  }
  await tell(failed, 'failed');
  await makeWriteable(request.place, [join(request.directory, 'work')]);
  await untilAborted(signal, quanta.writeProvenance(request.directory));
  const blocked = [...quanta.tasks.keys()].filter((uuid) => !told.has(uuid));
  await tell(blocked, 'blocked');
  // Until here another process finds the same end, should this one not come to it.
  await rm(files.ended, { force: true });
  return { succeeded: succeeded.length - skipped, failed: failed.length, blocked: blocked.length, skipped };
}

/** Ends the workflow of a run, if there is one, so that the next call begins another for what is missing. */
export async function cancelBps(directory: string): Promise<void> {
  const files = filesOf(directory);
  for (let asked: number | null = null; ;) {
    const pid = await keeperPid(files.pid);
    if (pid === null) break;
    if (pid !== asked) askToEnd(pid);
    asked = pid;
    await sleep(CANCEL_LOOK_MS);
  }
  await rm(files.ended, { force: true });
}

type BpsFiles = ReturnType<typeof filesOf>;

function filesOf(directory: string) {
  const at = (name: string) => join(directory, 'bps', name);
  return {
    request: at('keeper.json'),
    pid: at('keeper.pid'),
    config: at('config.yaml'),
    given: at('graph.qg'),
    submit: at('submit'),
    log: at('submit.log'),
    ended: at('ended.json'),
  };
}

async function startKeeper(request: BpsRequest, files: BpsFiles): Promise<void> {
  const { python, graph, gateway, tokenFile, butlerConfig, workers: cores, settings } = request;
  const opened = await PredictedGraph.open(graph);
  const { output, outputRun } = opened.header;
  await opened.close();
  const environment = environmentOf(python.path, request.environment);
  const asked: KeeperRequest = {
    ...{ programs: dirname(python.executable), gateway, tokenFile, graph },
    ...{ given: files.given, config: files.config, submit: files.submit, log: files.log, ended: files.ended },
    environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value ?? ''])),
  };
  const submit = join(files.submit, new Date().toISOString().replace(/[-:]|\.\d+/g, ''));
  const config = {
    python: python.executable,
    graph: files.given,
    butlerConfig,
    output: output ?? outputRun,
    outputRun,
  };
  await writeFile(files.config, bpsConfig({ ...config, submit, cores, settings }));
  await writeFile(files.request, JSON.stringify(asked));
  const keeper = spawn(process.execPath, [KEEPER, files.request], { detached: true, stdio: 'ignore' });
  keeper.unref();
  await writeFile(files.pid, String(keeper.pid));
}

/** Undefined while it goes on. */
async function endOf(files: BpsFiles): Promise<KeeperEnd | undefined> {
  const isThere = (await keeperPid(files.pid)) !== null;
  if (await exists(files.ended)) return keeperEnd.parse(JSON.parse(await readFile(files.ended, 'utf8')));
  return isThere ? undefined : { status: null, held: null };
}

function askToEnd(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // It may have ended since it was looked for.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Null where no keeper is there: its number may be another's by now. */
async function keeperPid(file: string): Promise<number | null> {
  const pid = Number(await readFile(file, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.includes('bps-keeper') ? pid : null;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
