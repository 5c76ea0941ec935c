/** Where runs of one satellite have their outputs and their directories: what one run may write to, or takes away, is no other's. */
import { SatelliteError } from '../butler/errors.ts';
import { runDirectory } from '../butler/file-template.ts';
import { RUNS } from './directory.ts';
import type { RunRecord } from './run.ts';

type Placed = Pick<RunRecord, 'id' | 'directory'> & { readonly spec: Pick<RunRecord['spec'], 'outputRun' | 'extend'> };

const IDS_TOLD = 3;

/** @throws SatelliteError BAD_USER_INPUT where the files of a RUN would be among the directories of runs */
export function requireOutsideRuns(name: string): void {
  if (runDirectory(name).split('/')[0] !== RUNS) return;
  const message = `'${name}' cannot be written to by a run: in '${RUNS}/' are the directories of runs. Take another name.`;
  throw new SatelliteError('BAD_USER_INPUT', message);
}

/**
 * @param others runs of the same satellite; the run itself may be among them
 * @throws SatelliteError CONFLICT where the files of one run would be among those of another, or BAD_USER_INPUT as above
 */
export function requireApart(run: Placed, others: readonly Placed[]): void {
  requireOutsideRuns(run.spec.outputRun);
  const outputs = runDirectory(run.spec.outputRun);
  const inTheWay = others.find(({ id, directory, spec }) => {
    if (id === run.id) return false;
    const place = runDirectory(spec.outputRun);
    const isSame = place === outputs && spec.outputRun !== run.spec.outputRun;
    return isSame || areNested(place, outputs) || areNested(directory, run.directory);
  });
  if (!inTheWay) return;
  throw new SatelliteError(
    'CONFLICT',
    `The outputs of '${run.spec.outputRun}' would be among those of run ${inTheWay.id}, '${inTheWay.spec.outputRun}': take ` +
      'another name for the output.',
  );
}

/** @throws SatelliteError CONFLICT where removing a run would take what other runs of its satellite made */
export function requireUnused(run: Placed, others: readonly Placed[]): void {
  const outputs = runDirectory(run.spec.outputRun);
  const users = others.filter(({ id, directory, spec }) => {
    if (id === run.id) return false;
    const place = runDirectory(spec.outputRun);
    const usesOutputs = !run.spec.extend && (place === outputs || isBelow(place, outputs));
    return usesOutputs || isBelow(directory, run.directory);
  });
  if (users.length === 0) return;
  const names = users.slice(0, IDS_TOLD).map(({ id }) => id);
  throw new SatelliteError(
    'CONFLICT',
    `Run ${run.id} cannot be removed while others have outputs in its RUN (${names.join(', ')}` +
      `${users.length > IDS_TOLD ? ', …' : ''}): remove those first.`,
  );
}

/** @returns whether a path leads into another one's directory */
export function isBelow(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`);
}

function areNested(a: string, b: string): boolean {
  return isBelow(a, b) || isBelow(b, a);
}
