/** The service of satellites, put together; and what keeps its promises over restarts and time. */
import type { Logger } from 'pino';
import { AuditTrail } from '../access/audit.ts';
import { Capabilities } from '../access/capability.ts';
import { GrantStore } from '../access/grant-store.ts';
import { ACCESS_TABLES } from '../access/tables.ts';
import type { Rights } from '../access/grants.ts';
import type { OfferedRepository } from '../access/policy.ts';
import type { Identity, Principal } from '../access/principal.ts';
import type { Jobs } from '../jobs/job.ts';
import type { State } from '../state/state.ts';
import type { Leases } from '../state/lease.ts';
import { prepareTables } from '../state/tables.ts';
import { checkReady, findSatellite, meansOwn, noSuchSatellite, visibleSatellite } from './access.ts';
import { Care, type CareSurroundings } from './care.ts';
import { Catalog, type CatalogEntry } from './catalog.ts';
import { SATELLITE_TABLES } from './tables.ts';
import { configuredSatellites } from './configured.ts';
import { Creation, ABANDONED_MILLISECONDS, type BringCalibrations } from './creation.ts';
import { Directory, type ConfiguredRepository } from './directory.ts';
import { ExclusiveWriters } from './exclusive-writers.ts';
import { placeWarnings, uriOf } from './placement.ts';
import type { JobRights } from './job-rights.ts';
import { Quota } from './quota.ts';
import { Deletion } from './deletion.ts';
import { MigrationTool, type PythonSettings } from './migration-tool.ts';
import { Migration } from './migration.ts';
import { moveReferences } from './move-references.ts';
import { fullName, type AnySatellite, type OpenSatellite, type SatelliteRecord } from './satellite.ts';
import type { ChangeSatellite, CreateSatellite, SatelliteChange, SatelliteService } from './service.ts';
import type { SatelliteSettings } from './settings.ts';
import { Sharing, type SharingSettings } from './sharing.ts';
import { SatelliteStorage } from './storage.ts';

export interface SatellitesOptions {
  readonly settings: SatelliteSettings;
  readonly state: State;
  /** Not started yet: kinds of jobs are added. */
  readonly jobs: Jobs;
  readonly rights: JobRights;
  /** The repositories of the configuration, and where those are that are satellites. */
  readonly offered: readonly OfferedRepository[];
  readonly configured: readonly ConfiguredRepository[];
  readonly publicUrl: () => string;
  readonly leases: Leases;
  readonly bringCalibrations: BringCalibrations;
  readonly log: Pick<Logger, 'warn'>;
  /** Unix milliseconds, for the end of grants. @default the machine's clock */
  readonly now?: (() => number) | undefined;
}

const SWEEP_MILLISECONDS = 10 * 60_000;
const LOOK_MILLISECONDS = 30_000;
/** How long the references of a satellite may take to get other addresses; 100 000 take some 8 s on a busy machine. */
const MOVE_MILLISECONDS = 10 * 60_000;

const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);

export class Satellites implements SatelliteService {
  readonly grants: GrantStore;
  readonly #options: SatellitesOptions;
  readonly #catalog: Catalog;
  readonly #storage: SatelliteStorage;
  readonly #writers: ExclusiveWriters;
  readonly #directory: Directory;
  readonly #creation: Creation;
  readonly #deletion: Deletion;
  /** Unix milliseconds. */
  readonly #openedAt = Date.now();
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: SatellitesOptions, writers: ExclusiveWriters, storage: SatelliteStorage) {
    const { settings, state, offered, configured, jobs, rights, bringCalibrations, publicUrl } = options;
    this.#options = options;
    this.grants = new GrantStore(state.database, options.now);
    const catalog = (this.#catalog = new Catalog(state.database, this.grants));
    this.#writers = writers;
    this.#storage = storage;
    const directory = (this.#directory = new Directory({
      catalog,
      storage,
      quota: new Quota(state.database),
      configured,
    }));
    const creation = (this.#creation = new Creation({
      settings,
      catalog,
      storage,
      directory,
      jobs,
      rights,
      offered,
      bringCalibrations,
    }));
    this.#deletion = new Deletion({ settings, catalog, storage, directory, creation, jobs, publicUrl });
  }

  /** Prepares the state's tables; nothing is swept before `start`. */
  static async open(options: SatellitesOptions): Promise<Satellites> {
    for (const tables of [ACCESS_TABLES, SATELLITE_TABLES]) await prepareTables(options.state.database, tables, look());
    const { settings, state, leases } = options;
    const writers = new ExclusiveWriters(settings, leases);
    return new Satellites(options, writers, await SatelliteStorage.open(settings, writers, state.secret));
  }

  /** Ends what a crash left unfinished, and from now on what others leave; to be called after the jobs' `start`. */
  async start(): Promise<void> {
    // On SQLite there is one gateway: what was begun before it, nobody works on; what was since, it may be at.
    const alone = this.#options.state.postgresUrl === undefined;
    await this.sweep(alone ? Date.now() - this.#openedAt : ABANDONED_MILLISECONDS);
    this.#timer = setInterval(() => void this.sweep(ABANDONED_MILLISECONDS), SWEEP_MILLISECONDS).unref();
  }

  /** Adds its kinds of work to the jobs; to be called before their `start`. */
  care(surroundings: CareSurroundings): Care {
    const { jobs, rights, publicUrl } = this.#options;
    const parts = { catalog: this.#catalog, directory: this.#directory, writers: this.#writers };
    return new Care({ ...parts, ...surroundings, jobs, rights, publicUrl });
  }

  sharing(settings: SharingSettings): Sharing {
    const { state, offered, now } = this.#options;
    const audit = new AuditTrail(state.database, now);
    return new Sharing({ catalog: this.#catalog, grants: this.grants, audit, offered, settings });
  }

  /** Adds its kind of work to the jobs; to be called before their `start`. */
  migration(python: PythonSettings): Migration {
    const { settings, jobs, rights, offered } = this.#options;
    const parts = { catalog: this.#catalog, directory: this.#directory, writers: this.#writers };
    return new Migration({ ...parts, settings, jobs, rights, offered, tool: new MigrationTool(python) });
  }

  rightsOf(principal: Identity): Promise<Rights> {
    return this.#directory.rightsOf(principal);
  }

  offeredTo(principal: Identity, rights?: Rights): Promise<readonly OfferedRepository[]> {
    return this.#directory.offeredTo(principal, rights);
  }

  forWriting(name: string, principal: Identity): Promise<OpenSatellite> {
    return this.#directory.forWriting(name, principal);
  }

  forJob(name: string): Promise<OpenSatellite> {
    return this.#directory.forJob(name);
  }

  byId(id: string): Promise<SatelliteRecord | null> {
    return this.#directory.byId(id);
  }

  reserve(name: string, jobId: string | null, bytes: number): Promise<void> {
    return this.#directory.reserve(name, jobId, bytes);
  }

  release(name: string, jobId: string): Promise<void> {
    return this.#directory.release(name, jobId);
  }

  async find(name: string, principal: Principal): Promise<AnySatellite | null> {
    const rights = await this.rightsOf(principal);
    const configured = configuredSatellites(this.#options.configured, principal, rights).find(
      (satellite) => satellite.name === name || fullName(satellite) === name,
    );
    const found =
      configured && !(await meansOwn(this.#catalog, name, configured.owner, principal, look()))
        ? configured
        : (await visibleSatellite(this.#catalog, name, principal, look()))?.entry;
    if (!found || (principal.limits && principal.limits.satellite !== fullName(found))) return null;
    return found;
  }

  async list(principal: Principal, { deleted }: { readonly deleted: boolean }): Promise<readonly AnySatellite[]> {
    const own = (await this.#catalog.of(principal, look())).filter(
      ({ state, replaces }) => (deleted || state !== 'DELETED') && (state !== 'CREATING' || replaces === null),
    );
    const ids = new Set(own.map(({ id }) => id));
    const rights = await this.rightsOf(principal);
    const shared = (await this.#catalog.sharedBy(rights, look())).filter(({ id }) => !ids.has(id));
    return [...own, ...shared, ...configuredSatellites(this.#options.configured, principal, rights)];
  }

  uri(satellite: AnySatellite): string {
    return satellite.id === null ? satellite.uri : uriOf(this.#options.settings, satellite);
  }

  warnings(satellite: AnySatellite): readonly string[] {
    return satellite.id === null ? [] : placeWarnings(this.#options.settings, satellite);
  }

  async environment(satellite: AnySatellite, principal: Principal): Promise<Readonly<Record<string, unknown>> | null> {
    if (satellite.id === null) return null;
    const exists = satellite.state === 'READY' || satellite.state === 'CHECKED_OUT';
    // What it gives is good for more than a token that was made for a job.
    const mayHaveIt = satellite.owner === principal.username && !principal.limits;
    return exists && mayHaveIt ? this.#storage.environment(satellite) : null;
  }

  create(request: CreateSatellite, principal: Principal): Promise<SatelliteChange<null>> {
    return this.#creation.create(request, principal);
  }

  reset(request: ChangeSatellite, principal: Principal): Promise<SatelliteChange> {
    return this.#deletion.reset(request, principal);
  }

  delete(request: ChangeSatellite & { readonly purge: boolean }, principal: Principal): Promise<SatelliteChange> {
    return this.#deletion.delete(request, principal);
  }

  restore(request: ChangeSatellite, principal: Principal): Promise<SatelliteChange> {
    return this.#deletion.restore(request, principal);
  }

  async rotateCapability(
    { satellite }: Omit<ChangeSatellite, 'dryRun'>,
    principal: Principal,
  ): Promise<SatelliteChange<null>> {
    const entry = await findSatellite(this.#catalog, satellite, principal, look());
    if (!entry) throw noSuchSatellite(satellite, principal);
    checkReady(entry);
    // The old addresses are dead from here on; where a crash keeps the new ones from being written, the call is repeated.
    const capabilityVersion = await this.#catalog.rotateCapability(entry.id, look());
    const { state, publicUrl } = this.#options;
    const capabilities = Capabilities.of(state.secret);
    await moveReferences(
      await this.#directory.forJob(fullName(entry)),
      { publicUrl: publicUrl(), ownUrls: [publicUrl()], mintCapability: capabilities.mint.bind(capabilities) },
      { caller: { username: principal.username }, signal: AbortSignal.timeout(MOVE_MILLISECONDS) },
    );
    return { satellite: { ...entry, capabilityVersion }, job: null, plan: null };
  }

  /**
   * Ends unfinished work, and begins to remove what cannot be brought back any more.
   * @param age how long work must have been unfinished for nobody to work on it, in milliseconds
   */
  async sweep(age: number): Promise<void> {
    const now = Date.now();
    for (const entry of await this.#catalog.unfinished(look())) {
      if (entry.unfinishedSince! <= now - age) await this.#warning(entry, () => this.#finish(entry));
    }
    for (const entry of await this.#catalog.due(look())) {
      await this.#warning(entry, async () => void (await this.#deletion.startPurge(entry)));
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#directory.close();
    await this.#writers.close();
    await this.#storage.close();
  }

  async #finish(entry: CatalogEntry): Promise<void> {
    switch (entry.unfinished!) {
      case 'CREATE':
        return this.#creation.discard(entry);
      case 'BRING':
        // Nobody's token is at hand: where the official repository needs one, the job waits for `retryJob`.
        await this.#creation.finished(entry.id, null, look());
        return;
      case 'DETACH':
        return this.#deletion.detach(entry);
      case 'ATTACH':
        await this.#deletion.attach(entry);
        return;
      case 'PURGE':
        await this.#deletion.startPurge(entry);
        return;
      case 'MIGRATE':
      // Its job goes on.
    }
  }

  /** What cannot be ended now is tried again by the next sweep. */
  async #warning(entry: CatalogEntry, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (err) {
      this.#options.log.warn(
        { err, satellite: entry.id, unfinished: entry.unfinished },
        'a satellite stays unfinished',
      );
    }
  }
}
