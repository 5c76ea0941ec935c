/** Care of satellites: verification, and handing them to stock Python and back. */
import type { Identity, Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { JobKind, Jobs } from '../jobs/job.ts';
import { checkReady, existingSatellite } from './access.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { planDeletion } from './deletion-plan.ts';
import type { Directory } from './directory.ts';
import type { ExclusiveWriters } from './exclusive-writers.ts';
import type { JobRights } from './job-rights.ts';
import { fullName, sameSatellite } from './satellite.ts';
import type { ChangeSatellite, SatelliteChange } from './service.ts';
import {
  verificationKind,
  type VerificationInput,
  type VerificationResult,
  type VerificationSurroundings,
} from './verification.ts';

/** What it needs of the gateway. */
export type CareSurroundings = Omit<VerificationSurroundings, 'jobs' | 'rights' | 'open'>;

export interface CareParts extends CareSurroundings {
  readonly catalog: Catalog;
  readonly directory: Directory;
  readonly writers: ExclusiveWriters;
  readonly jobs: Jobs;
  readonly rights: JobRights;
  readonly publicUrl: () => string;
}

/** Time for a copy of a large database, too. */
const HAND_OVER_MILLISECONDS = 300_000;
const LOOK_MILLISECONDS = 30_000;

const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);

export class Care {
  readonly #parts: CareParts;
  readonly #verification: JobKind<VerificationInput, VerificationResult>;

  /** Adds its kind of work to the jobs. */
  constructor(parts: CareParts) {
    this.#parts = parts;
    this.#verification = verificationKind({
      ...parts,
      open: async ({ satellite, satelliteId, repair }, who) => {
        const entry = await existingSatellite(parts.catalog, satellite, who, look());
        sameSatellite({ id: entry.id, fullName: satellite }, satelliteId);
        if (repair) checkReady(entry);
        return parts.directory.repositoryOf(entry);
      },
    });
    parts.jobs.define(this.#verification);
  }

  async verify(
    { satellite, dryRun, repair, idempotencyKey }: ChangeSatellite & { readonly repair: boolean },
    principal: Principal,
  ): Promise<SatelliteChange> {
    const entry = await existingSatellite(this.#parts.catalog, satellite, principal, look());
    if (repair) checkReady(entry);
    if (dryRun) {
      return { satellite: entry, job: null, plan: await planDeletion(this.#parts, entry, principal, look()) };
    }
    const { username, token } = principal;
    const job = await this.#parts.jobs.enqueue(this.#verification, {
      owner: username,
      subject: `satellite:${fullName(entry)}`,
      input: { satellite: fullName(entry), satelliteId: entry.id, repair },
      idempotencyKey,
      token,
    });
    return { satellite: entry, job, plan: null };
  }

  /** The gateway writes no more, and lets go of the file, before its users get it. */
  async checkout({ satellite }: Omit<ChangeSatellite, 'dryRun'>, principal: Principal): Promise<SatelliteChange<null>> {
    const { catalog, directory, writers } = this.#parts;
    const entry = await existingSatellite(this.#parts.catalog, satellite, principal, look());
    if (entry.state === 'CHECKED_OUT' && entry.unfinished === null) return { satellite: entry, job: null, plan: null };
    checkReady(entry);
    await this.#mustBeIdle(entry, principal);
    await this.#change(entry, 'READY', 'CHECKED_OUT');
    try {
      await directory.forget(entry.id);
      await (await writers.of(entry))?.handOut(AbortSignal.timeout(HAND_OVER_MILLISECONDS));
    } catch (error) {
      await catalog.change(entry.id, { state: 'CHECKED_OUT', unfinished: null }, { state: 'READY' }, look());
      throw error;
    }
    return { satellite: { ...entry, state: 'CHECKED_OUT' }, job: null, plan: null };
  }

  async checkin({ satellite }: Omit<ChangeSatellite, 'dryRun'>, principal: Principal): Promise<SatelliteChange<null>> {
    const { directory, writers } = this.#parts;
    const entry = await existingSatellite(this.#parts.catalog, satellite, principal, look());
    if (entry.unfinished === 'MIGRATE') checkReady(entry);
    if (entry.state === 'CHECKED_OUT') {
      await (await writers.of(entry))?.takeBack(AbortSignal.timeout(HAND_OVER_MILLISECONDS));
      // What stock Python changed, the next one who asks reads anew.
      await directory.forget(entry.id);
      await this.#change(entry, 'CHECKED_OUT', 'READY');
    }
    return { satellite: { ...entry, state: 'READY' }, job: null, plan: null };
  }

  /** A job that writes would find the satellite gone in the middle. */
  async #mustBeIdle(entry: CatalogEntry, { username }: Identity): Promise<void> {
    const [job] = await this.#parts.jobs.atWork(`satellite:${fullName(entry)}`);
    if (!job) return;
    const which =
      job.owner === username
        ? `job ${job.id} (${job.kind}) has not ended. Wait for it, or cancel it first.`
        : `a job of ${job.owner} (${job.kind}) has not ended. Wait for it, or ask them to cancel it.`;
    throw new SatelliteError('CONFLICT', `Satellite '${fullName(entry)}' is at work: ${which}`);
  }

  async #change(entry: CatalogEntry, from: 'READY' | 'CHECKED_OUT', to: 'READY' | 'CHECKED_OUT'): Promise<void> {
    if (await this.#parts.catalog.change(entry.id, { state: from, unfinished: null }, { state: to }, look())) return;
    throw new SatelliteError(
      'CONFLICT',
      `Satellite '${fullName(entry)}' was changed at the same time: look at it again.`,
    );
  }
}
