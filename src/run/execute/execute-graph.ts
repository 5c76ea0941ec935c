/** Executes the quanta of a graph: a queue of what can run, and workers that each run one at a time. */
import { join } from 'node:path';
import { z } from 'zod';
import { SatelliteError } from '../../butler/errors.ts';
import type { PythonSettings } from '../../satellite/migration-tool.ts';
import { enterPlace, openRunGraph } from '../exact-places.ts';
import type { ThinGraph } from '../graph/thin-graph.ts';
import { boundedNotices } from '../worker/notices.ts';
import { makeWriteable, type WorkPlace } from '../worker/place.ts';
import { GatewayRelay } from '../worker/relay.ts';
import { untilAborted, whileServed, withinSeconds } from '../worker/until-aborted.ts';
import { PoolEndedError, WorkerEndedError, WorkerError, WorkerPool } from '../worker/worker-pool.ts';
import { MemoryClasses } from './memory-classes.ts';
import { EventLog, type QuantumEvent } from './quantum-events.ts';
import { forgetProvenance, writeProvenance } from './provenance.ts';
import { ReadyQueue } from './ready-queue.ts';
import { Scheduler } from './scheduler.ts';

export interface ExecuteRequest {
  readonly python: PythonSettings;
  readonly place: WorkPlace;
  /** The run's directory: gets `events.jsonl` and `logs/`. */
  readonly directory: string;
  /** A `.qg` file with records of its inputs (`attachRecords`). */
  readonly graph: string;
  /** A Butler configuration that says where outputs go. */
  readonly butlerConfig: string;
  /** Address of the gateway as it stands in the graph's records, without a slash at the end. */
  readonly gateway: string;
  /** A token of the run, good now; it stays in this process. */
  readonly token: () => Promise<string>;
  readonly workers: number;
  /** Of all workers together; null: no limit. */
  readonly memoryBytes: number | null;
  /** How often a quantum that failed is tried again. */
  readonly retries: number;
  /** Seconds that a quantum may take; one that takes longer has failed. */
  readonly quantumSeconds: number;
  /**
   * Directory that gets the outputs, `{datastore's root}/{run}`: all that a sandbox can write to; null where it is no directory.
   */
  readonly outputs: string | null;
  /** Seen by every task. */
  readonly environment: Readonly<Record<string, string>>;
  /** UUIDs of the quanta to execute; absent: all. */
  readonly only?: ReadonlySet<string>;
}

export interface ExecutionResult {
  readonly succeeded: number;
  readonly failed: number;
  /** Not run, because what they need was not made. */
  readonly blocked: number;
  /** Executed before. */
  readonly skipped: number;
}

/** How often the process that workers are forked from is started again when it was ended from outside. */
const RESTARTS = 2;

/** Number of the worker that writes the provenance; the scheduler's begin with 0. */
const WRITER = -1;

const stored = z.object({ succeeded: z.array(z.string()) });

/**
 * Resolves when every quantum has succeeded, failed or been blocked.  What was executed before, by the files that it left, is
 * skipped; half-written outputs are written again.
 * @param on is told of every event, in order, before the next one of that quantum
 * @throws SatelliteError BAD_USER_INPUT where the graph cannot be read, RUN_FAILED where its init outputs cannot be written,
 *   FORBIDDEN where there is no such Python, UNAUTHENTICATED where the token is not taken any more, UPSTREAM_UNAVAILABLE where
 *   what it reads is not there for minutes; the signal's reason when it aborts, with no process left
 */
export async function executeGraph(
  request: ExecuteRequest,
  on: (event: QuantumEvent) => void | Promise<void>,
  signal: AbortSignal,
): Promise<ExecutionResult> {
  const thin = await thinGraphOf(request.graph);
  await using place = await enterPlace(request.directory);
  await using events = await EventLog.open(place.at('events.jsonl'));
  await forgetProvenance(place);
  const tell = async (event: QuantumEvent) => {
    await events.add(event);
    await on(event);
  };
  const notice = boundedNotices((message) => {
    const about = { at: Date.now(), quantum: null, task: null, attempt: 0, worker: null };
    // The run goes on: what was wanted is not there.
    void tell({ ...about, event: 'refused', exception: { type: 'Refused', message } }).catch(() => undefined);
  });
  for (let left = RESTARTS, isContinued = events.isContinued; ; left -= 1, isContinued = true) {
    try {
      return await executeIn(request, thin, isContinued, tell, notice, signal);
    } catch (error) {
      if (left === 0 || !(error instanceof PoolEndedError)) throw explained(error);
    }
  }
}

/** @param isContinued whether some of it may have been executed before */
async function executeIn(
  request: ExecuteRequest,
  thin: ThinGraph,
  isContinued: boolean,
  on: (event: QuantumEvent) => Promise<void>,
  onNotice: (what: string) => void,
  signal: AbortSignal,
): Promise<ExecutionResult> {
  const { python, place, environment, gateway, token, directory, workers, retries, quantumSeconds } = request;
  const logs = join(directory, 'logs');
  const writeable = [logs, join(directory, 'work'), ...(request.outputs === null ? [] : [request.outputs])];
  await makeWriteable(place, writeable);
  const isForSandbox = place.kind === 'sandbox';
  const served = whileServed(signal);
  await using relay = await GatewayRelay.start({ gateway, token, isForSandbox, onRefused: onNotice, ...served.told });
  const visible = { readable: [directory, request.butlerConfig], writeable };
  await using pool = await WorkerPool.start({ python, place, environment, relay, visible, onNotice }, signal);
  const memory = new MemoryClasses(workers, request.memoryBytes);
  const inTime = <T>(asked: Promise<T>) => withinSeconds(quantumSeconds, "What precedes the run's quanta", asked);
  const work = async () => {
    const opening = { op: 'open', graph: request.graph, butler: request.butlerConfig, addresses: pool.addresses };
    await inTime(pool.ask(null, opening));
    pool.fork(0, memory.bytesOf(1));
    const beforeQuanta = async () => {
      const succeeded = isContinued ? stored.parse(await pool.ask(0, { op: 'stored' })).succeeded : [];
      await inTime(pool.ask(0, { op: 'init', log: join(logs, 'init.log') }));
      return succeeded;
    };
    // Meanwhile the process that further workers are forked from imports what they need.
    const [done] = await Promise.all([beforeQuanta(), inTime(pool.ask(null, { op: 'prepare' }))]);
    pool.retire(0);
    const queue = new ReadyQueue(thin, request.only, new Set(done));
    const result = await new Scheduler({ pool, memory, queue, workers, retries, quantumSeconds, logs, on }).run();
    pool.fork(WRITER, memory.bytesOf(1));
    await writeProvenance(pool, WRITER, directory);
    return result;
  };
  return await untilAborted(served.signal, work());
}

async function thinGraphOf(path: string): Promise<ThinGraph> {
  const graph = await openRunGraph(path);
  try {
    return await graph.thin();
  } finally {
    await graph.close();
  }
}

function explained(error: unknown): unknown {
  if (error instanceof WorkerError) {
    const message = `The run cannot be executed (${error.type}): ${error.message}`;
    return new SatelliteError('RUN_FAILED', message, { cause: error });
  }
  if (error instanceof WorkerEndedError || error instanceof PoolEndedError) {
    const message = `The run's Python process ended (${error.how}) before a quantum was executed: see logs/init.log.`;
    return new SatelliteError('RUN_FAILED', message, { cause: error });
  }
  return error;
}
