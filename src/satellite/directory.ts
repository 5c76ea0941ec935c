/** The satellites as repositories: which there are for whom, open for reading and writing. */
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { repositoryResource, satelliteResource, type GrantedCollections, type Rights } from '../access/grants.ts';
import { nameInAddresses, type OfferedRepository } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { readableBy } from '../access/readable.ts';
import { SatelliteError } from '../butler/errors.ts';
import { readButlerConfig } from '../repository/direct/butler-config.ts';
import { openArtifactStore } from '../repository/direct/datastore/open-store.ts';
import { openWriteableRepository } from '../repository/direct/open-writeable.ts';
import type { WriteableRepository } from '../repository/writeable-repository.ts';
import { checkReady, isReadable, meansOwn, noSuchSatellite, ownedName, visibleSatellite } from './access.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { OpenedRepository } from './opened-repository.ts';
import { OpenRepositories } from './open-repositories.ts';
import type { Quota } from './quota.ts';
import { fullName, type OpenSatellite, type SatelliteDirectory, type SatelliteRecord } from './satellite.ts';
import type { SatelliteStorage } from './storage.ts';

/** A repository of the configuration, as far as satellites need to know. */
export interface ConfiguredRepository {
  readonly name: string;
  /** Whose satellite it is; undefined: it can be read only. */
  readonly owner: string | undefined;
  /** Groups whose members alone it exists for; undefined: where it has no owner, every authenticated user. */
  readonly readers?: readonly string[] | undefined;
  /** Of a direct one; undefined: a remote one. */
  readonly path: string | undefined;
}

export interface DirectoryParts {
  readonly catalog: Catalog;
  readonly storage: SatelliteStorage;
  readonly quota: Quota;
  readonly configured: readonly ConfiguredRepository[];
}

/** How long a look into the state may take. */
const LOOK_MILLISECONDS = 30_000;

/** Full names have their owner in them. */
const NOBODY = { username: '' };

const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);

export class Directory implements SatelliteDirectory {
  readonly #parts: DirectoryParts;
  readonly #open = new OpenRepositories();

  constructor(parts: DirectoryParts) {
    this.#parts = parts;
  }

  rightsOf(principal: Identity): Promise<Rights> {
    return this.#parts.catalog.grants.rightsOf(principal);
  }

  async offeredTo(principal: Identity, known?: Rights): Promise<readonly OfferedRepository[]> {
    const { catalog } = this.#parts;
    const rights = known ?? (await this.rightsOf(principal));
    const own = await catalog.of(principal, look());
    const shared = await catalog.sharedBy(rights, look());
    const entries = new Map([...own, ...shared].map((entry) => [entry.id, entry]));
    return [...entries.values()].filter(isReadable).map((entry) => ({
      name: fullName(entry),
      bareName: entry.name,
      kind: 'SATELLITE' as const,
      owner: entry.owner,
      group: entry.group,
      groupId: entry.groupId,
      resource: satelliteResource(entry.id),
      repository: this.repositoryOf(entry),
    }));
  }

  async forWriting(name: string, principal: Identity): Promise<OpenSatellite> {
    const configured = this.#configured(name);
    const granted = configured && (await this.#granted(configured, principal));
    if (granted && !(await meansOwn(this.#parts.catalog, name, configured.owner, principal, look()))) {
      const { owner } = configured;
      const mayWrite = owner === undefined || owner === principal.username || granted.mayWrite;
      if (!mayWrite) throw readOnly(nameInAddresses(configured));
      return this.#openConfigured(configured);
    }
    const found = await visibleSatellite(this.#parts.catalog, name, principal, look());
    if (!found) throw noSuchSatellite(name, principal);
    if (!found.mayWrite) throw readOnly(fullName(found.entry));
    checkReady(found.entry);
    return this.#opened(found.entry);
  }

  async forJob(name: string): Promise<OpenSatellite> {
    const configured = this.#configured(name);
    if (configured) return this.#openConfigured(configured);
    const entry = await this.#byFullName(name);
    checkReady(entry);
    return this.#opened(entry);
  }

  byId(id: string): Promise<SatelliteRecord | null> {
    return this.#parts.catalog.get(id, look());
  }

  async reserve(name: string, jobId: string | null, bytes: number): Promise<void> {
    if (this.#configured(name)) return;
    const entry = await this.#byFullName(name);
    const stored = async () => {
      const caller = { username: entry.owner };
      return (await this.repositoryOf(entry).usage({ caller, signal: look() }))?.bytes ?? 0;
    };
    await this.#parts.quota.reserve(entry, jobId, bytes, stored, look());
  }

  async release(name: string, jobId: string): Promise<void> {
    if (this.#configured(name)) return;
    const { owner, name: bare } = ownedName(name, NOBODY);
    const { catalog, quota } = this.#parts;
    // Also of one that was deleted meanwhile.
    const entries = [await catalog.named(owner, bare, look()), ...(await catalog.deleted(owner, bare, look()))];
    for (const entry of entries) if (entry) await quota.release(entry.id, jobId, look());
  }

  /** It is opened when it is first asked for something; changes are refused when the satellite is not READY any more. */
  repositoryOf(entry: CatalogEntry): WriteableRepository {
    const { catalog, storage } = this.#parts;
    return new OpenedRepository(
      fullName(entry),
      this.#open.borrower(entry.id, (signal) => storage.open(entry, signal)),
      async (signal) => {
        const now = await catalog.get(entry.id, signal);
        checkReady(now ?? { ...entry, state: 'DELETED' });
      },
    );
  }

  /** Closes a satellite's repository, which is about to be moved. */
  async forget(id: string): Promise<void> {
    await this.#open.forget(id);
  }

  async close(): Promise<void> {
    await this.#open.close();
  }

  #configured(called: string): ConfiguredRepository | undefined {
    return this.#parts.configured.find(
      (repository) => repository.name === called || nameInAddresses(repository) === called,
    );
  }

  async #byFullName(name: string): Promise<CatalogEntry> {
    const { owner, name: bare } = ownedName(name, NOBODY);
    const { catalog } = this.#parts;
    const entry = (await catalog.named(owner, bare, look())) ?? (await catalog.deleted(owner, bare, look()))[0];
    if (!entry) throw new SatelliteError('NOT_FOUND', `Satellite '${name}' does not exist any more.`);
    return entry;
  }

  async #opened(entry: CatalogEntry): Promise<OpenSatellite> {
    const { storage } = this.#parts;
    return {
      id: entry.id,
      fullName: fullName(entry),
      owner: entry.owner,
      official: entry.official,
      capability: entry.capabilityUrls ? { satelliteId: entry.id, version: entry.capabilityVersion } : null,
      repository: this.repositoryOf(entry),
      artifacts: await storage.artifacts(entry),
      directory: await storage.directory(entry),
      environment: () => storage.filesEnvironment(entry),
    };
  }

  /** What grants give in it to the principal; undefined where it does not exist for them. */
  async #granted(
    { name, owner, readers }: ConfiguredRepository,
    principal: Identity,
  ): Promise<GrantedCollections | undefined> {
    const granted = (await this.rightsOf(principal)).on(repositoryResource(name));
    const kind = owner === undefined ? 'OFFICIAL' : 'SATELLITE';
    const ownership = { kind, owner, ...(readers && { readers }) } as const;
    return readableBy(principal, ownership, granted) === 'nothing' ? undefined : granted;
  }

  async #openConfigured({ name, owner, path }: ConfiguredRepository): Promise<OpenSatellite> {
    if (owner === undefined || path === undefined) {
      throw new SatelliteError('FORBIDDEN', `Repository '${name}' can only be read: name one of your satellites.`);
    }
    const open = (signal: AbortSignal) => openWriteableRepository({ name, path, signal });
    const { datastoreRoot } = await readButlerConfig(name, path);
    return {
      id: null,
      fullName: nameInAddresses({ name, owner }),
      owner,
      official: undefined,
      capability: null,
      repository: new OpenedRepository(name, this.#open.borrower(`configured ${name}`, open), async () => undefined),
      artifacts: await openArtifactStore(name, datastoreRoot),
      directory: await openArtifactStore(name, await directoryOfConfiguration(path), { exactRoot: true }),
      // How its files are reached is the operator's to set.
      environment: async () => ({}),
    };
  }
}

/** @param path the directory of a `butler.yaml`, or that file */
async function directoryOfConfiguration(path: string): Promise<string> {
  const place = await realpath(path);
  return (await stat(place)).isDirectory() ? place : dirname(place);
}

function readOnly(name: string): SatelliteError {
  return new SatelliteError(
    'FORBIDDEN',
    `'${name}' is shared with you for reading only: bring its datasets into a satellite of yours to change anything.`,
  );
}
