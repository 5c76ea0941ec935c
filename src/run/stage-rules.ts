/** What may be done with a run, by where it stands. */
import { SatelliteError } from '../butler/errors.ts';
import { isActive, type RunRecord, type RunStage, type RunState } from './run.ts';

/** A stage that leads from one state to another. */
export type WorkingStage = Exclude<RunStage, 'remove'>;

export const WORKING: Readonly<Record<WorkingStage, RunState>> = {
  build: 'BUILDING',
  execute: 'EXECUTING',
  transfer: 'TRANSFERRING',
};

type Standing = Pick<RunRecord, 'id' | 'state' | 'reached' | 'stage' | 'quanta' | 'worker'>;
/** When a claim ends that was cancelled or failed, Unix milliseconds; null: its claimant has stopped. */
type Leaving = { readonly claimedUntil: number | null };

/**
 * @param now Unix milliseconds
 * @throws SatelliteError CONFLICT where the stage cannot be begun now, saying what can
 */
export function checkStage(run: Standing & Leaving, stage: RunStage, now: number): void {
  const { state, reached, quanta } = run;
  const refuse = (why: string): never => {
    throw new SatelliteError('CONFLICT', `Run ${run.id} ${why}`);
  };
  if (run.stage === 'remove' && stage !== 'remove') refuse('is being removed.');
  if (isActive(run)) {
    const by = run.worker === null ? '' : ` by '${run.worker}'`;
    refuse(`is ${state}${by}: wait until that has ended, or stop it with cancelRun.`);
  }
  const left = Math.ceil(((run.claimedUntil ?? 0) - now) / 1000);
  if (left > 0)
    refuse(`is being stopped on its user's own machine, and writes no more in ${left} seconds: try again then.`);
  if (stage === 'remove') return;
  if (stage === 'build') {
    if (reached === 'EXECUTED' || reached === 'COMPLETED')
      refuse('was executed, at least in part: make a new run for another graph.');
    return;
  }
  if (reached === 'CREATED') refuse('has no graph yet: buildRun makes it.');
  if (stage === 'execute' && quanta?.total === 0) {
    refuse('has a graph without quanta: "explain" says why; make a new run, or change what it reads and buildRun.');
  }
}

/** What `retryRun` does: what did not end well, else what follows, else the quanta that are missing. */
export function stageToRetry(run: Standing): WorkingStage {
  const { state, stage, reached, quanta } = run;
  if (stage === 'remove') throw new SatelliteError('CONFLICT', `Run ${run.id} is being removed: repeat removeRun.`);
  const isMissing = quanta !== null && quanta.succeeded < quanta.total;
  if (state === 'FAILED' || state === 'CANCELLED') {
    if (stage !== null) return stage;
    return reached === 'CREATED' ? 'build' : reached === 'BUILT' ? 'execute' : 'transfer';
  }
  if (isMissing && (state === 'EXECUTED' || state === 'COMPLETED')) return 'execute';
  throw new SatelliteError('CONFLICT', `Run ${run.id} is ${state}: there is nothing to try again.`);
}

/** Of a run that another changed between our reading and our changing it. */
export function changedMeanwhile(id: string): SatelliteError {
  return new SatelliteError('CONFLICT', `Run ${id} was changed at the same moment: look at it, and try again.`);
}
