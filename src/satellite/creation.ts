/** Making satellites: at once, whole or not at all; then a job brings what was asked for beside. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { VisibleRepositories, type OfferedRepository } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Universe } from '../butler/universe.ts';
import type { JobKind, Jobs, Json, Task } from '../jobs/job.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import { checkName } from './access.ts';
import { bringRecords, checkExist, type Governor } from './brought-records.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import type { Directory } from './directory.ts';
import type { JobRights } from './job-rights.ts';
import { fullName, sameSatellite, type OpenSatellite } from './satellite.ts';
import type { CreateSatellite, SatelliteChange } from './service.ts';
import type { SatelliteSettings } from './settings.ts';
import type { SatelliteStorage } from './storage.ts';

/** Brings the certified datasets of calibration collections by reference; `src/transfer/` does it. */
export type BringCalibrations = (
  request: {
    readonly official: Repository;
    readonly collections: readonly string[];
    readonly satellite: OpenSatellite;
  },
  task: Task,
  ctx: QueryContext,
) => Promise<void>;

export interface CreationParts {
  readonly settings: SatelliteSettings;
  readonly catalog: Catalog;
  readonly storage: SatelliteStorage;
  readonly directory: Directory;
  readonly jobs: Jobs;
  readonly rights: JobRights;
  /** The repositories of the configuration. */
  readonly offered: readonly OfferedRepository[];
  readonly bringCalibrations: BringCalibrations;
}

/** Longest time in which one is made; one that takes longer is given up. */
const CREATE_MILLISECONDS = 60_000;
/** What was begun so long ago and has not ended, nobody works on any more. */
export const ABANDONED_MILLISECONDS = CREATE_MILLISECONDS * 2;
const WAIT_MILLISECONDS = 100;

type Brought = Pick<CreateSatellite, 'instruments' | 'skymaps' | 'curatedCalibrations'>;
/** What the job answers. */
type BroughtRecords = { readonly records: number };
interface BringInput extends Brought {
  readonly [key: string]: Json;
  readonly satellite: string;
  readonly satelliteId: string;
  readonly official: string;
}

export class Creation {
  readonly #parts: CreationParts;
  readonly #kind: JobKind<BringInput, BroughtRecords>;

  constructor(parts: CreationParts) {
    this.#parts = parts;
    this.#kind = {
      name: 'createSatellite',
      check: async (input, owner) => {
        await this.#official(input.official, owner);
        await this.#writeable(input, owner);
      },
      run: (input, task) => this.#bring(input, task),
    };
    parts.jobs.define(this.#kind);
  }

  async create(request: CreateSatellite, principal: Principal): Promise<SatelliteChange<null>> {
    const { catalog, directory, offered, storage } = this.#parts;
    const signal = AbortSignal.timeout(CREATE_MILLISECONDS);
    const { name } = request;
    checkName(name);
    // One that does not exist for the caller is not in the way: nobody tells by a refusal that it is there.
    if (new VisibleRepositories(offered, principal, await directory.rightsOf(principal)).find(name)) {
      throw new SatelliteError('CONFLICT', `'${name}' is the name of a repository of this gateway: choose another.`);
    }
    if (request.group !== null && !principal.groups.includes(request.group)) {
      throw new SatelliteError('FORBIDDEN', `You are not a member of the group '${request.group}'.`);
    }
    if (request.quotaBytes !== null && !(Number.isSafeInteger(request.quotaBytes) && request.quotaBytes >= 0)) {
      throw new SatelliteError('BAD_USER_INPUT', '"quotaBytes" must be a whole number of bytes, 0 or more.');
    }
    const entry = this.#newEntry(request, principal.username, groupIdOf(request.group, principal));
    const before = await this.#sameRequest(entry, principal, signal);
    if (before) return before;
    await storage.check(entry);
    const universe = await this.#universe(request, principal, signal);
    if (!(await catalog.add(entry, signal))) {
      const same = await this.#sameRequest(entry, principal, signal);
      if (same) return same;
      throw new SatelliteError(
        'CONFLICT',
        `You have a satellite '${name}' already: choose another name, or delete it.`,
      );
    }
    await this.#make(entry, universe, signal);
    const ready = { state: 'READY', unfinished: bringsAnything(request) ? 'BRING' : null } as const;
    if (!(await catalog.change(entry.id, { state: 'CREATING', unfinished: 'CREATE' }, ready, signal))) {
      await this.discard(entry);
      throw new SatelliteError('CONFLICT', `Satellite '${name}' took too long to make and was given up: try again.`);
    }
    return this.finished(entry.id, principal, signal);
  }

  /** A new one like the entry, to take its place; not in any search, and without the name, until it does. */
  async successor(entry: CatalogEntry, principal: Principal, signal: AbortSignal): Promise<CatalogEntry> {
    const request = JSON.parse(entry.request) as CreateSatellite;
    const universe = await this.#universe(request, principal, signal);
    const successor: CatalogEntry = {
      ...this.#newEntry({ ...request, idempotencyKey: undefined }, entry.owner, entry.groupId),
      quotaBytes: entry.quotaBytes,
      replaces: entry.id,
    };
    if (!(await this.#parts.catalog.add(successor, signal))) throw new Error('identifiers repeat');
    await this.#make(successor, universe, signal);
    return successor;
  }

  /** Removes one that was not finished. */
  async discard(entry: CatalogEntry): Promise<void> {
    await this.#parts.storage.remove(entry);
    await this.#parts.catalog.remove(entry.id, AbortSignal.timeout(CREATE_MILLISECONDS));
  }

  /** A new satellite as it is given to the user, with the job that brings its records, which starts here. */
  async finished(
    id: string,
    principal: Pick<Principal, 'token'> | null,
    signal: AbortSignal,
  ): Promise<SatelliteChange<null>> {
    const { catalog, jobs } = this.#parts;
    const entry = await catalog.get(id, signal);
    if (!entry) throw new SatelliteError('CONFLICT', 'The satellite was deleted meanwhile.');
    if (entry.unfinished !== 'BRING') {
      const job = entry.job === null ? null : await jobs.find(entry.job, entry.owner);
      return { satellite: entry, job, plan: null };
    }
    const { instruments, skymaps, curatedCalibrations } = JSON.parse(entry.request) as CreateSatellite;
    const job = await jobs.enqueue(this.#kind, {
      owner: entry.owner,
      subject: `satellite:${fullName(entry)}`,
      input: {
        ...{ satellite: fullName(entry), satelliteId: id, official: entry.official },
        ...{ instruments, skymaps, curatedCalibrations },
      },
      idempotencyKey: `bring ${id}`,
      token: principal?.token,
    });
    await catalog.change(id, { state: 'READY', unfinished: 'BRING' }, { unfinished: null, job: job.id }, signal);
    return { satellite: { ...entry, unfinished: null, job: job.id } as CatalogEntry, job, plan: null };
  }

  async #bring(input: BringInput, task: Task): Promise<BroughtRecords> {
    const { jobs, bringCalibrations } = this.#parts;
    const official = await this.#official(input.official, task.owner);
    const token = jobs.tokenOf(task.jobId);
    const ctx = { caller: { username: task.owner, ...(token !== undefined && { token }) }, signal: task.signal };
    let done = 0;
    const bring = (governor: Governor, names: readonly string[]) =>
      names.map((name) => async () => {
        const before = done;
        const brought = await task.step(`${governor} ${name}`, async () => {
          const { repository } = await this.#writeable(input, task.owner);
          let ofThis = 0;
          await bringRecords(official, repository, { governor, name }, ctx, async (records) => {
            ofThis += records;
            await task.progress({ done: before + ofThis, total: null, unit: 'records' });
          });
          return ofThis;
        });
        done = before + brought;
        await task.log(`The ${governor} '${name}' is there with all that belongs to it.`);
      });
    for (const step of [...bring('instrument', input.instruments), ...bring('skymap', input.skymaps)]) await step();
    await task.progress({ done, total: done, unit: 'records' });
    if (input.curatedCalibrations.length > 0) {
      const satellite = await this.#writeable(input, task.owner);
      await bringCalibrations({ official, collections: input.curatedCalibrations, satellite }, task, ctx);
    }
    return { records: done };
  }

  /** As the owner of a job may read it now. */
  #official(name: string, owner: string): Promise<Repository> {
    const { rights, offered } = this.#parts;
    return rights.as(owner, name, async (who) => new VisibleRepositories(offered, who).get(name).repository);
  }

  /** The satellite, where the owner of a job may write to it now. */
  async #writeable({ satellite: name, satelliteId }: BringInput, owner: string): Promise<OpenSatellite> {
    const { rights, directory } = this.#parts;
    return sameSatellite(await rights.as(owner, name, (who) => directory.forWriting(name, who)), satelliteId);
  }

  /** Makes it; where that fails, nothing of it is left. */
  async #make(entry: CatalogEntry, universe: Universe, signal: AbortSignal): Promise<void> {
    try {
      await this.#parts.storage.create(entry, universe, signal);
    } catch (error) {
      await this.discard(entry);
      throw error;
    }
  }

  /** What an earlier call with the same idempotency key made; waits while that is being made. */
  async #sameRequest(
    entry: CatalogEntry,
    principal: Principal,
    signal: AbortSignal,
  ): Promise<SatelliteChange<null> | null> {
    const { catalog } = this.#parts;
    const { owner, idempotencyKey } = entry;
    if (idempotencyKey === null) return null;
    for (;;) {
      const found = await catalog.byIdempotencyKey(owner, idempotencyKey, signal);
      if (!found) return null;
      if (found.request !== entry.request) {
        throw new SatelliteError(
          'CONFLICT',
          'The idempotency key was used before with another request: take a new one.',
        );
      }
      if (found.state !== 'CREATING') return this.finished(found.id, principal, signal);
      await sleep(WAIT_MILLISECONDS, undefined, { signal });
    }
  }

  async #universe(
    { official: name, instruments, skymaps, curatedCalibrations }: CreateSatellite,
    principal: Principal,
    signal: AbortSignal,
  ): Promise<Universe> {
    const { kind, repository } = new VisibleRepositories(this.#parts.offered, principal).get(name);
    if (kind === 'SATELLITE') {
      throw new SatelliteError('BAD_USER_INPUT', `'${name}' is a satellite: name an official or published repository.`);
    }
    const ctx = { caller: principal, signal };
    await checkExist(repository, 'instrument', instruments, ctx);
    await checkExist(repository, 'skymap', skymaps, ctx);
    if (curatedCalibrations.length > 0) await repository.collections({ search: curatedCalibrations }, ctx);
    return repository.universe(ctx);
  }

  #newEntry(request: CreateSatellite, owner: string, groupId: number | null): CatalogEntry {
    const { idempotencyKey = null, ...asked } = request;
    return {
      id: newIdentifier(),
      owner,
      name: request.name,
      group: request.group,
      groupId,
      official: request.official,
      database: request.database,
      artifacts: request.artifacts,
      state: 'CREATING',
      quotaBytes: request.quotaBytes ?? this.#parts.settings.quotaBytes,
      capabilityUrls: request.capabilityUrls,
      capabilityVersion: 1,
      createdAt: Date.now(),
      deletedAt: null,
      purgeAt: null,
      unfinished: 'CREATE',
      unfinishedSince: Date.now(),
      plan: null,
      replaces: null,
      request: JSON.stringify(asked),
      idempotencyKey,
      job: null,
    };
  }
}

function bringsAnything({ instruments, skymaps, curatedCalibrations }: Brought): boolean {
  return instruments.length + skymaps.length + curatedCalibrations.length > 0;
}

function groupIdOf(group: string | null, { groupIds }: Principal): number | null {
  return group === null ? null : (groupIds?.get(group) ?? null);
}

/** 80 random bits in small letters and digits, beginning with a letter: good in names of schemas, roles and directories. */
function newIdentifier(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return Array.from(randomBytes(16), (byte) => alphabet[byte % 32]).join('');
}
