/** The stage of a run in which a gateway has its quanta executed, within the quota of its satellite. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SatelliteError } from '../butler/errors.ts';
import { runDirectory } from '../butler/file-template.ts';
import { HeldError, type Json, type Task } from '../jobs/job.ts';
import { isUri } from '../repository/direct/datastore/artifact-path.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import { writeableSatellite } from '../transfer/attempt-setting.ts';
import { cancelBps } from './bps/execute-by-bps.ts';
import type { Stack } from './build-work.ts';
import { executeQuanta, requireAll } from './execute-work.ts';
import { requireApart } from './output-places.ts';
import { OutputQuota } from './output-quota.ts';
import type { QuantaCounts, RunRecord } from './run.ts';
import type { StagesOptions } from './stages.ts';
import type { RunChanges, RunEntry } from './store.ts';

/** What a stage changes when it has ended well, and what its job answers. */
export interface StageEnd {
  readonly changes: RunChanges;
  readonly result: Json;
}

const AWAY_ADVICE = 'It is tried again by itself every few minutes, or at once with retryRun.';

export class ExecuteStage {
  readonly #options: Pick<StagesOptions, 'store' | 'settings' | 'surroundings' | 'log'>;

  constructor(options: Pick<StagesOptions, 'store' | 'settings' | 'surroundings' | 'log'>) {
    this.#options = options;
  }

  /** @throws SatelliteError as `executeQuanta`; QUOTA_EXCEEDED; CONFLICT where something else was begun with the run meanwhile */
  async work(entry: RunEntry, stack: Stack, task: Task): Promise<StageEnd> {
    const { store, settings, surroundings } = this.#options;
    const { workers, retries, quantumSeconds } = settings;
    const satellite = await writeableSatellite(surroundings, task.owner, entry.satellite, entry.satelliteId);
    const { artifacts, environment } = satellite;
    // Another may have been made at the same moment.
    requireApart(entry, await store.ofSatellite(entry));
    const outputs = isUri(artifacts.root) ? null : join(artifacts.root, runDirectory(entry.spec.outputRun));
    const change = async (changes: RunChanges) => {
      if (!(await store.changeAttempt(entry.id, entry.attempt, changes))) throw superseded(entry.id);
    };
    // Also of an execution that is stopped, files are there that another graph must not take for its own.
    await change({ reached: 'EXECUTED' });
    const isByBps = entry.spec.executor === 'BPS';
    if (isByBps) await mkdir(settings.bps.tokens, { recursive: true, mode: 0o700 });
    const execution = {
      ...{ ...stack, workers, retries, quantumSeconds, outputs },
      environment: await environment(),
      bps: isByBps ? { tokenFile: this.#tokenFile(entry), settings: settings.bps.settings } : null,
    };
    const tell = async (quanta: QuantaCounts) => {
      const { total, succeeded, failed, blocked } = quanta;
      await task.progress({ done: succeeded + failed + blocked, total, unit: 'quanta' });
      await change({ quanta });
    };
    const counts = await this.#withinQuota(entry, satellite, task, (signal) =>
      executeQuanta(entry, execution, tell, signal),
    );
    requireAll(counts);
    return { changes: { state: 'EXECUTED', quanta: counts }, result: { ...counts } };
  }

  /** Ends what BPS does for a run, which goes on without us otherwise. */
  async stopBps(entry: RunRecord): Promise<void> {
    if (entry.spec.executor !== 'BPS' || this.#options.settings.executeAs !== 'self') return;
    await cancelBps(entry.directory);
    await rm(this.#tokenFile(entry), { force: true });
  }

  /** @throws SatelliteError QUOTA_EXCEEDED, with what was executed ended; HeldError where what is read is not there for long */
  async #withinQuota<T>(
    entry: RunEntry,
    satellite: OpenSatellite,
    task: Task,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { surroundings, log } = this.#options;
    const quota = new OutputQuota(entry, satellite, surroundings.satellites);
    try {
      return await quota.during(work, task.signal, (err) => {
        log.warn({ err, run: entry.id }, 'could not count the outputs of a run against its quota');
      });
    } catch (error) {
      if (!(error instanceof SatelliteError)) throw error;
      if (error.code === 'QUOTA_EXCEEDED') await this.stopBps(entry);
      if (error.code === 'UPSTREAM_UNAVAILABLE')
        throw new HeldError(error.code, `${error.message} ${AWAY_ADVICE}`, 'SOURCE');
      throw error;
    }
  }

  #tokenFile({ id }: Pick<RunRecord, 'id'>): string {
    return join(this.#options.settings.bps.tokens, id);
  }
}

export function superseded(run: string): SatelliteError {
  return new SatelliteError('CONFLICT', `Run ${run} is gone, or something else was begun with it since.`);
}
