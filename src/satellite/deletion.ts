/** Deleting, resetting and bringing back: a satellite is put aside as it is, and removed for good when its time is over. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Job, JobKind, Jobs, Task } from '../jobs/job.ts';
import { failpoint } from '../repository/failpoints.ts';
import { checkReady, findSatellite, noSuchSatellite } from './access.ts';
import { changeEntry, type Catalog, type CatalogEntry } from './catalog.ts';
import { ABANDONED_MILLISECONDS, type Creation } from './creation.ts';
import type { Directory } from './directory.ts';
import { planDeletion, type PlanParts } from './deletion-plan.ts';
import { fullName } from './satellite.ts';
import type { ChangeSatellite, SatelliteChange, SatellitePlan } from './service.ts';
import type { SatelliteSettings } from './settings.ts';
import type { SatelliteStorage } from './storage.ts';

export interface DeletionParts extends PlanParts {
  readonly settings: SatelliteSettings;
  readonly catalog: Catalog;
  readonly storage: SatelliteStorage;
  readonly directory: Directory;
  readonly creation: Creation;
  readonly jobs: Jobs;
}

const DAY_MILLISECONDS = 86_400_000;
const CHANGE_MILLISECONDS = 60_000;
/** How long a call waits for a change that was begun before it. */
const JOIN_MILLISECONDS = 30_000;
const ASK_MILLISECONDS = 100;

const limit = () => AbortSignal.timeout(CHANGE_MILLISECONDS);

export class Deletion {
  readonly #parts: DeletionParts;
  readonly #kind: JobKind<{ readonly id: string }, { readonly purged: boolean }>;

  constructor(parts: DeletionParts) {
    this.#parts = parts;
    this.#kind = { name: 'purgeSatellite', run: (input, task) => this.#runPurge(input.id, task) };
    parts.jobs.define(this.#kind);
  }

  async delete(
    { satellite, dryRun, purge }: ChangeSatellite & { readonly purge: boolean },
    principal: Principal,
  ): Promise<SatelliteChange> {
    const { catalog } = this.#parts;
    const entry = await this.#settled(await this.#find(satellite, principal), principal);
    // Such as by the same call before, whose answer was lost.
    if (entry.state === 'DELETED') {
      const plan = planOf(entry);
      return purge && !dryRun ? { ...(await this.#purgeNow(entry)), plan } : { satellite: entry, job: null, plan };
    }
    checkReady(entry);
    const plan = await planDeletion(this.#parts, entry, principal, limit());
    if (dryRun) return { satellite: entry, job: null, plan };
    const aside = { ...(await this.#aside()), plan: JSON.stringify(plan) };
    if (!(await catalog.change(entry.id, { state: 'READY', unfinished: null }, aside, limit()))) throw changing(entry);
    await this.detach(entry);
    const deleted: CatalogEntry = { ...entry, ...aside, unfinished: null };
    return purge ? { ...(await this.#purgeNow(deleted)), plan } : { satellite: deleted, job: null, plan };
  }

  async reset({ satellite, dryRun }: ChangeSatellite, principal: Principal): Promise<SatelliteChange> {
    const { catalog, creation } = this.#parts;
    const found = await this.#find(satellite, principal);
    const begun = await this.#begunReset(found, principal);
    if (begun) return begun;
    const entry = await this.#settled(found, principal);
    checkReady(entry);
    const plan = await planDeletion(this.#parts, entry, principal, limit());
    if (dryRun) return { satellite: entry, job: null, plan };
    // The new one is whole before anything is done to the old one.
    const signal = limit();
    const successor = await creation.successor(entry, principal, signal);
    const aside = { ...(await this.#aside()), plan: JSON.stringify(plan) };
    const swapped = await catalog.atomically(
      async (transaction) =>
        (await changeEntry(transaction, entry.id, { state: 'READY', unfinished: null }, aside)) &&
        (await changeEntry(
          transaction,
          successor.id,
          { state: 'CREATING', unfinished: 'CREATE' },
          { state: 'READY', unfinished: 'BRING' },
        )),
      signal,
    );
    if (!swapped) {
      await creation.discard(successor);
      throw changing(entry);
    }
    await this.detach(entry);
    return { ...(await creation.finished(successor.id, principal, signal)), plan };
  }

  async restore({ satellite, dryRun }: ChangeSatellite, principal: Principal): Promise<SatelliteChange> {
    const { catalog } = this.#parts;
    const found = await this.#settled(await this.#find(satellite, principal), principal);
    const { entry, successor } = await this.#restorable(found);
    // Such as by the same call before, whose answer was lost.
    if (!entry) return { satellite: found, job: null, plan: null };
    const plan = planOf(entry);
    if (dryRun) return { satellite: entry, job: null, plan };
    const aside = successor && {
      ...(await this.#aside()),
      plan: JSON.stringify(await planDeletion(this.#parts, successor, principal, limit())),
    };
    const taken = await catalog.atomically(
      async (transaction) =>
        (!successor || (await changeEntry(transaction, successor.id, { state: 'READY', unfinished: null }, aside!))) &&
        (await changeEntry(
          transaction,
          entry.id,
          { state: 'DELETED', unfinished: null },
          { state: 'CREATING', unfinished: 'ATTACH' },
        )),
      limit(),
    );
    if (!taken) throw changing(entry);
    if (successor) await this.detach(successor);
    return { satellite: await this.attach(entry), job: null, plan };
  }

  /** Puts one that was marked as deleted aside; can be repeated. */
  async detach(entry: CatalogEntry): Promise<void> {
    const { catalog, directory, storage } = this.#parts;
    failpoint('delete:before-detach');
    await directory.forget(entry.id);
    await storage.detach(entry);
    failpoint('delete:after-detach');
    await catalog.change(entry.id, { state: 'DELETED', unfinished: 'DETACH' }, { unfinished: null }, limit());
  }

  /** Brings one back that was marked so; can be repeated. @returns it as it is then */
  async attach(entry: CatalogEntry): Promise<CatalogEntry> {
    const { catalog, storage } = this.#parts;
    const attaching = { state: 'CREATING', unfinished: 'ATTACH' } as const;
    failpoint('restore:before-attach');
    try {
      await storage.attach(entry);
    } catch (error) {
      await catalog.change(entry.id, attaching, { state: 'DELETED', unfinished: null }, limit());
      throw error;
    }
    failpoint('restore:after-attach');
    const back = { state: 'READY', unfinished: null, deletedAt: null, purgeAt: null, plan: null } as const;
    await catalog.change(entry.id, attaching, back, limit());
    return { ...entry, ...back };
  }

  /** Begins to remove one for good, as a job; one that failed before is tried again. */
  async startPurge(entry: CatalogEntry): Promise<Job> {
    const { jobs } = this.#parts;
    const job = await jobs.enqueue(this.#kind, {
      owner: entry.owner,
      subject: `satellite:${fullName(entry)}`,
      input: { id: entry.id },
      // One that was brought back and deleted again is another deletion.
      idempotencyKey: `purge ${entry.id} ${entry.deletedAt} ${entry.purgeAt}`,
    });
    return job.state === 'FAILED' || job.state === 'CANCELLED' ? jobs.retry(job.id, entry.owner) : job;
  }

  async #purgeNow(entry: CatalogEntry): Promise<Omit<SatelliteChange, 'plan'>> {
    const { catalog } = this.#parts;
    const purgeAt = await catalog.now(limit());
    const deleted = { state: 'DELETED', unfinished: null } as const;
    let due: CatalogEntry = { ...entry, purgeAt };
    if (entry.purgeAt !== null && entry.purgeAt <= purgeAt) due = entry;
    else if (!(await catalog.change(entry.id, deleted, { purgeAt }, limit()))) {
      const now = await catalog.get(entry.id, limit());
      // One that is being purged already stays so; another was brought back meanwhile.
      if (now && now.unfinished !== 'PURGE') throw changing(entry);
      due = now ?? entry;
    }
    return { satellite: due, job: await this.startPurge(due) };
  }

  async #runPurge(id: string, task: Task): Promise<{ readonly purged: boolean }> {
    const purged = await this.#purge(id);
    await task.progress({ done: Number(purged), total: Number(purged), unit: 'satellites' });
    return { purged };
  }

  /** @returns whether it is gone; false where it was brought back before */
  async #purge(id: string): Promise<boolean> {
    const { catalog, storage } = this.#parts;
    const entry = await catalog.get(id, limit());
    if (!entry) return true;
    if (entry.state !== 'DELETED' || entry.purgeAt === null) return false;
    if (entry.purgeAt > (await catalog.now(limit()))) return false;
    if (entry.unfinished === 'DETACH') await this.detach(entry);
    // From here on it cannot be brought back.
    const deleted = { state: 'DELETED', unfinished: null } as const;
    if (entry.unfinished !== 'PURGE' && !(await catalog.change(id, deleted, { unfinished: 'PURGE' }, limit())))
      return false;
    failpoint('purge:before-files');
    await storage.remove(entry);
    failpoint('purge:before-record');
    await catalog.remove(id, limit());
    return true;
  }

  async #aside() {
    const deletedAt = await this.#parts.catalog.now(limit());
    const purgeAt = deletedAt + this.#parts.settings.restoreDays * DAY_MILLISECONDS;
    // Its key may be used again, and what it replaced can be brought back by itself.
    return {
      state: 'DELETED',
      unfinished: 'DETACH',
      deletedAt,
      purgeAt,
      replaces: null,
      idempotencyKey: null,
    } as const;
  }

  async #find(name: string, principal: Principal): Promise<CatalogEntry> {
    const entry = await findSatellite(this.#parts.catalog, name, principal, limit());
    if (!entry) throw noSuchSatellite(name, principal);
    return entry;
  }

  /**
   * An entry when what was begun of it has ended: by whoever is at it, or here where nobody can be any more.
   * @throws SatelliteError CONFLICT where that takes too long, NOT_FOUND where it is gone then
   */
  async #settled(entry: CatalogEntry, principal: Principal): Promise<CatalogEntry> {
    const { catalog, creation } = this.#parts;
    const deadline = performance.now() + JOIN_MILLISECONDS;
    for (let now: CatalogEntry | null = entry; now; now = await catalog.get(entry.id, limit())) {
      const { unfinished } = now;
      if (unfinished === 'BRING') await creation.finished(now.id, principal, limit());
      else if (unfinished !== 'DETACH' && unfinished !== 'ATTACH') return now;
      else if (now.unfinishedSince! > Date.now() - ABANDONED_MILLISECONDS) {
        if (performance.now() > deadline) throw changing(now);
        await sleep(ASK_MILLISECONDS);
      } else if (unfinished === 'DETACH') await this.detach(now);
      else await this.attach(now);
    }
    throw noSuchSatellite(fullName(entry), principal);
  }

  /** A reset whose end is not there yet: asked for again it is ended, not done again, so that it can be undone. */
  async #begunReset(entry: CatalogEntry, principal: Principal): Promise<SatelliteChange | null> {
    const { catalog, creation } = this.#parts;
    const replaced = entry.replaces === null ? null : await catalog.get(entry.replaces, limit());
    if (!replaced || (replaced.unfinished !== 'DETACH' && entry.unfinished !== 'BRING')) return null;
    await this.#settled(replaced, principal);
    return { ...(await creation.finished(entry.id, principal, limit())), plan: planOf(replaced) };
  }

  /**
   * What is brought back in the place of the one that has a name or had it last, and the one that a reset put there, which
   * goes aside for it; null where it is there.
   */
  async #restorable(
    found: CatalogEntry,
  ): Promise<{ readonly entry: CatalogEntry | null; readonly successor: CatalogEntry | null }> {
    const { catalog } = this.#parts;
    const successor = found.state === 'DELETED' ? null : found;
    if (successor) checkReady(successor);
    const now = await catalog.now(limit());
    const all = await catalog.deleted(found.owner, found.name, limit());
    const deleted = all.filter((entry) => isRestorable(entry, now));
    const entry = deleted.find(({ id }) => !successor || id === successor.replaces);
    if (entry) return { entry, successor };
    if (successor && deleted.length === 0) return { entry: null, successor: null };
    throw successor
      ? new SatelliteError(
          'CONFLICT',
          `Satellite '${fullName(successor)}' exists: delete it first, to bring back one that had its name before.`,
        )
      : new SatelliteError('NOT_FOUND', `Satellite '${fullName(found)}' cannot be brought back any more.`);
  }
}

function isRestorable({ state, unfinished, purgeAt }: CatalogEntry, now: number): boolean {
  return state === 'DELETED' && unfinished !== 'PURGE' && purgeAt !== null && purgeAt > now;
}

function planOf(entry: CatalogEntry): SatellitePlan | null {
  return entry.plan === null ? null : { ...(JSON.parse(entry.plan) as SatellitePlan), referencedBy: [] };
}

function changing(entry: CatalogEntry): SatelliteError {
  return new SatelliteError(
    'CONFLICT',
    `Satellite '${fullName(entry)}' is being changed by another request: look at it, and try again.`,
  );
}
