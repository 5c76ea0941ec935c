/** Executing a run's quanta, and counting how they go. */
import { SatelliteError } from '../butler/errors.ts';
import { failpoint } from '../repository/failpoints.ts';
import { executeByBps, type BpsRequest } from './bps/execute-by-bps.ts';
import type { Stack } from './build-work.ts';
import { RUN_FILES } from './directory.ts';
import { executeGraph } from './execute/execute-graph.ts';
import type { QuantumEvent } from './execute/quantum-events.ts';
import type { QuantaCounts, RunRecord } from './run.ts';

export interface Execution extends Stack {
  readonly workers: number;
  readonly retries: number;
  readonly quantumSeconds: number;
  /** Directory that gets the outputs; null where the satellite's files are in no directory. */
  readonly outputs: string | null;
  /** Seen by every task. */
  readonly environment: Readonly<Record<string, string>>;
  /** How BPS executes it; null: workers of ours do. */
  readonly bps: Pick<BpsRequest, 'tokenFile' | 'settings'> | null;
}

/** How often counts are told, at most, in milliseconds. */
const TELL_MILLISECONDS = 500;

/**
 * Executes what has not been executed.
 * @param tell is told the counts now and then while they change, and at the end
 * @returns the counts at the end
 */
export async function executeQuanta(
  { directory, quanta }: Pick<RunRecord, 'directory' | 'quanta'>,
  execution: Execution,
  tell: (counts: QuantaCounts) => Promise<void>,
  signal: AbortSignal,
): Promise<QuantaCounts> {
  const total = quanta?.total ?? 0;
  const ends = { succeeded: 0, failed: 0, blocked: 0 };
  let toldAt = -Infinity;
  const on = async ({ event }: QuantumEvent) => {
    if (event === 'succeeded' || event === 'skipped') ends.succeeded += 1;
    else if (event === 'failed') ends.failed += 1;
    else if (event === 'blocked') ends.blocked += 1;
    if (event === 'succeeded') failpoint('run:after-quantum');
    if (performance.now() - toldAt < TELL_MILLISECONDS) return;
    toldAt = performance.now();
    await tell({ total, ...ends });
  };
  const request = {
    ...execution,
    directory,
    graph: `${directory}/${RUN_FILES.graph}`,
    butlerConfig: `${directory}/${RUN_FILES.butler}/butler.yaml`,
  };
  const { bps } = execution;
  const { succeeded, skipped, failed, blocked } = bps
    ? await executeByBps({ ...request, ...bps }, on, signal)
    : await executeGraph(request, on, signal);
  const counts = { total, succeeded: succeeded + skipped, failed, blocked };
  await tell(counts);
  return counts;
}

/** @throws SatelliteError RUN_FAILED where quanta are missing */
export function requireAll({ total, succeeded, failed, blocked }: QuantaCounts): void {
  if (failed + blocked === 0) return;
  throw new SatelliteError(
    'RUN_FAILED',
    `Of ${String(total)} quanta ${String(succeeded)} succeeded, ${String(failed)} failed, and ${String(blocked)} could not ` +
      'run without their outputs. Look into the logs (`satellite run logs`), then try the missing ones again with retryRun; ' +
      'transferRun brings home what was made.',
  );
}
