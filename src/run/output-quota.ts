/** What a run has written counts against its satellite's quota as soon as it is there, and not only when it is registered. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runDirectory } from '../butler/file-template.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { OpenSatellite, SatelliteDirectory } from '../satellite/satellite.ts';
import type { RunRecord } from './run.ts';

/** How often files are counted, in milliseconds; at most a tenth of the time goes to that. */
const COUNT_MILLISECONDS = 10_000;
const REST = 10;

type Reservations = Pick<SatelliteDirectory, 'reserve' | 'release'>;

export class OutputQuota {
  readonly #run: Pick<RunRecord, 'id' | 'owner' | 'spec'>;
  readonly #satellite: Pick<OpenSatellite, 'fullName' | 'repository' | 'artifacts'>;
  readonly #reservations: Reservations;
  /** Paths of files that were registered before: by an earlier transfer, or by the run that this one extends. */
  #registered: ReadonlySet<string> | undefined;

  constructor(
    run: Pick<RunRecord, 'id' | 'owner' | 'spec'>,
    satellite: Pick<OpenSatellite, 'fullName' | 'repository' | 'artifacts'>,
    reservations: Reservations,
  ) {
    this.#run = run;
    this.#satellite = satellite;
    this.#reservations = reservations;
  }

  /** Sets aside what the run has written so far, and keeps it so until `endOutputQuota`. @throws SatelliteError QUOTA_EXCEEDED */
  async count(signal: AbortSignal): Promise<void> {
    const { fullName, repository, artifacts } = this.#satellite;
    const sizes = new Map<string, number>();
    for await (const { path, size } of artifacts.list(runDirectory(this.#run.spec.outputRun), signal))
      sizes.set(path, size);
    const ctx: QueryContext = { caller: { username: this.#run.owner }, signal };
    this.#registered ??= new Set((await repository.recordedAt([...sizes.keys()], ctx)).keys());
    let bytes = 0;
    for (const [path, size] of sizes) if (!this.#registered.has(path)) bytes += size;
    await this.#reservations.reserve(fullName, reservation(this.#run), bytes);
  }

  /**
   * Works as long as there is room, and counts once more at the end.
   * @param onTrouble is told where it cannot be counted: the work goes on
   * @throws SatelliteError QUOTA_EXCEEDED, after the work was aborted with it
   */
  async during<T>(
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    onTrouble: (error: unknown) => void,
  ): Promise<T> {
    const full = new AbortController();
    const ended = new AbortController();
    const counting = this.#whileCounting(AbortSignal.any([signal, ended.signal]), full, onTrouble);
    try {
      return await work(AbortSignal.any([signal, full.signal]));
    } finally {
      ended.abort();
      await counting;
      if (!signal.aborted) await this.#count(signal, full, onTrouble);
      full.signal.throwIfAborted();
    }
  }

  async #whileCounting(signal: AbortSignal, full: AbortController, onTrouble: (error: unknown) => void): Promise<void> {
    while (!signal.aborted && !full.signal.aborted) {
      const begun = performance.now();
      await this.#count(signal, full, onTrouble);
      const rest = Math.max(COUNT_MILLISECONDS, REST * (performance.now() - begun));
      await sleep(rest, undefined, { signal }).catch(() => undefined);
    }
  }

  async #count(signal: AbortSignal, full: AbortController, onTrouble: (error: unknown) => void): Promise<void> {
    try {
      await this.count(signal);
    } catch (error) {
      if (error instanceof SatelliteError && error.code === 'QUOTA_EXCEEDED') full.abort(error);
      else if (!signal.aborted) onTrouble(error);
    }
  }
}

/** What a run had set aside is registered, or gone. */
export async function endOutputQuota(
  run: Pick<RunRecord, 'id' | 'satellite'>,
  reservations: Pick<Reservations, 'release'>,
): Promise<void> {
  await reservations.release(run.satellite, reservation(run));
}

/** Stands where others have a job: it outlives the run's. */
function reservation({ id }: Pick<RunRecord, 'id'>): string {
  return `run ${id}`;
}
