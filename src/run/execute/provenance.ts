/** The provenance of a run: what became of each quantum, written when an execution has ended. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILES } from '../directory.ts';
import type { OpenDirectory } from '../../repository/direct/datastore/directory-walk.ts';
import { enterPlace, moveFile } from '../exact-places.ts';
import { BUILD_SECONDS } from '../settings.ts';
import { WorkerEndedError, WorkerError, type WorkerPool } from '../worker/worker-pool.ts';

const { provenance: NAME, logs: LOGS } = RUN_FILES;

/** Removes what an earlier execution has left: another one begins. */
export async function forgetProvenance(place: OpenDirectory): Promise<void> {
  await rm(place.at(NAME), { force: true });
}

/**
 * Writes `provenance.qg`.  Where it cannot be written, or not in the time in which a graph is built, the run goes on without it: `logs/provenance.log` says why.
 * @param worker of the pool, which has opened the run's graph
 * @param directory the run's; in its `work/` the file is made
 */
export async function writeProvenance(pool: WorkerPool, worker: number, directory: string): Promise<void> {
  const work = join(directory, 'work');
  const timer = setTimeout(() => pool.kill(worker), BUILD_SECONDS * 1000);
  try {
    await pool.ask(worker, {
      op: 'provenance',
      output: join(work, NAME),
      log: join(directory, LOGS, 'provenance.log'),
    });
  } catch (error) {
    if (error instanceof WorkerError || error instanceof WorkerEndedError) return;
    throw error;
  } finally {
    clearTimeout(timer);
  }
  await using from = await enterPlace(work);
  await using to = await enterPlace(directory);
  await moveFile(from, to, NAME);
}
