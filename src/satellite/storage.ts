/** All that a satellite consists of outside the catalog: its directory, its schema and role, its part of a bucket. */
import { lstat, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RepositoryUnavailableError, SatelliteError } from '../butler/errors.ts';
import type { Universe } from '../butler/universe.ts';
import { createRepository } from '../repository/direct/create.ts';
import type { ArtifactStore } from '../repository/direct/datastore/artifact-store.ts';
import { openArtifactStore, type ArtifactStoreOptions } from '../repository/direct/datastore/open-store.ts';
import { withdrawWriting } from '../repository/direct/sqlite/take-over.ts';
import { openWriteableRepository } from '../repository/direct/open-writeable.ts';
import { failpoint } from '../repository/failpoints.ts';
import type { WriteableRepository } from '../repository/writeable-repository.ts';
import type { GatewaySecret } from '../state/secret.ts';
import {
  attachDirectory,
  detachDirectory,
  ownershipOf,
  prepareDirectory,
  publishDirectory,
  removeDirectory,
} from './directories.ts';
import type { ExclusiveWriters } from './exclusive-writers.ts';
import type { ObjectStorage } from './object-storage.ts';
import { directoryOf, realDirectoryOf, schemaOf } from './placement.ts';
import type { PostgresServer } from './postgres-server.ts';
import { fullName, type SatelliteRecord } from './satellite.ts';
import type { SatelliteSettings } from './settings.ts';

/** Every method can be repeated: what was done before is left as it is. */
export class SatelliteStorage {
  readonly #settings: SatelliteSettings;
  readonly #writers: ExclusiveWriters;
  readonly #postgres: PostgresServer | undefined;
  readonly #objects: ObjectStorage | undefined;

  private constructor(
    settings: SatelliteSettings,
    writers: ExclusiveWriters,
    postgres: PostgresServer | undefined,
    objects: ObjectStorage | undefined,
  ) {
    this.#settings = settings;
    this.#writers = writers;
    this.#postgres = postgres;
    this.#objects = objects;
  }

  /** Loads what the settings name, and no more; nothing is connected yet. */
  static async open(
    settings: SatelliteSettings,
    writers: ExclusiveWriters,
    secret: Pick<GatewaySecret, 'derive'>,
  ): Promise<SatelliteStorage> {
    const { postgresql, s3 } = settings;
    let postgres: PostgresServer | undefined;
    if (postgresql !== undefined) {
      const server = await import('./postgres-server.ts');
      postgres = new server.PostgresServer(postgresql, secret.derive('PostgreSQL satellites'));
    }
    const objects = s3 && new (await import('./object-storage.ts')).ObjectStorage(s3);
    return new SatelliteStorage(settings, writers, postgres, objects);
  }

  /** @throws SatelliteError BAD_USER_INPUT where the gateway has no place for it */
  async check(satellite: SatelliteRecord): Promise<void> {
    directoryOf(this.#settings, satellite);
    if (satellite.database === 'POSTGRESQL') this.#server();
    if (satellite.artifacts === 'S3') this.#bucket();
    await ownershipOf(this.#settings, satellite);
  }

  /**
   * Makes the repository, empty, of the universe.  Nobody sees anything of it before it is whole.
   * @throws SatelliteError; what was made until then is to be removed
   */
  async create(satellite: SatelliteRecord, universe: Universe, signal: AbortSignal): Promise<void> {
    const directory = await prepareDirectory(this.#settings, satellite);
    if (satellite.database === 'POSTGRESQL') await this.#server().create(satellite);
    await createRepository({
      name: fullName(satellite),
      directory,
      universe,
      database:
        satellite.database === 'SQLITE'
          ? { dialect: 'sqlite' }
          : {
              dialect: 'postgresql',
              url: this.#server().gatewayUrl(satellite),
              publicUrl: this.#server().publicUrl(satellite),
              namespace: schemaOf(satellite),
            },
      ...(satellite.artifacts === 'S3' && { datastoreRoot: this.#bucket().rootOf(satellite) }),
      signal,
    });
    if (await this.#writers.areNeeded(satellite, directory)) await withdrawWriting(join(directory, 'gen3.sqlite3'));
    await publishDirectory(this.#settings, satellite);
    failpoint('create:before-ready');
  }

  /** Opens it for reading and writing. */
  async open(satellite: SatelliteRecord, signal: AbortSignal): Promise<WriteableRepository> {
    const path = await realDirectoryOf(this.#settings, satellite);
    const sqlite = join(path, 'gen3.sqlite3');
    // The gateway may read more than the satellite's users, who own the files: these must be what they seem.
    await mustBeFiles(satellite, [join(path, 'butler.yaml'), ...(satellite.database === 'SQLITE' ? [sqlite] : [])]);
    const guard = await this.#writers.of(satellite);
    return openWriteableRepository({
      name: fullName(satellite),
      path,
      guard,
      quickCheck: guard !== undefined,
      orReadOnly: true,
      placed: {
        database:
          satellite.database === 'SQLITE'
            ? { dialect: 'sqlite', path: sqlite }
            : { dialect: 'postgresql', url: this.#server().gatewayUrl(satellite), namespace: schemaOf(satellite) },
        datastoreRoot: await this.#rootOf(satellite),
      },
      ...(await this.#artifactOptions(satellite)),
      signal,
    });
  }

  /** Its own files. */
  async artifacts(satellite: SatelliteRecord): Promise<ArtifactStore> {
    return openArtifactStore(
      fullName(satellite),
      await this.#rootOf(satellite),
      await this.#artifactOptions(satellite),
    );
  }

  /** The directory that its `butler.yaml` is in. */
  async directory(satellite: SatelliteRecord): Promise<ArtifactStore> {
    const path = await realDirectoryOf(this.#settings, satellite);
    return openArtifactStore(fullName(satellite), path, await this.#fileOptions(satellite));
  }

  /**
   * What stock Python needs in its environment beside the repository's uri: a database password, which ends the one that
   * was given before, and credentials of the object storage, which end by themselves.
   */
  async environment(satellite: SatelliteRecord): Promise<Readonly<Record<string, string>>> {
    const login = satellite.database === 'POSTGRESQL' && (await this.#server().renewPassword(satellite));
    return {
      ...(login && { LSST_DB_AUTH_CREDENTIALS: JSON.stringify([login]) }),
      ...(await this.filesEnvironment(satellite)),
    };
  }

  /** The part of it that is about files: credentials of the object storage, which end by themselves. */
  async filesEnvironment(satellite: SatelliteRecord): Promise<Readonly<Record<string, string>>> {
    if (satellite.artifacts !== 'S3') return {};
    const objects = this.#bucket();
    return objects.environmentOf(await objects.issue(satellite));
  }

  /** Puts it where neither its users nor stock Python finds it; its objects stay where they are. */
  async detach(satellite: SatelliteRecord): Promise<void> {
    await detachDirectory(this.#settings, satellite);
    if (satellite.database === 'POSTGRESQL') await this.#server().detach(satellite);
  }

  /** Undoes `detach`, byte by byte. @throws SatelliteError CONFLICT where something else is in its place */
  async attach(satellite: SatelliteRecord): Promise<void> {
    await attachDirectory(this.#settings, satellite);
    if (satellite.database === 'POSTGRESQL') await this.#server().attach(satellite);
  }

  /** Removes all of it for good, wherever it is and however much of it there is. */
  async remove(satellite: SatelliteRecord): Promise<void> {
    await removeDirectory(this.#settings, satellite);
    if (satellite.database === 'POSTGRESQL') await this.#server().drop(satellite);
    if (satellite.artifacts === 'S3') await this.#bucket().remove(satellite);
  }

  async close(): Promise<void> {
    this.#objects?.close();
    await this.#postgres?.close();
  }

  async #rootOf(satellite: SatelliteRecord): Promise<string> {
    return satellite.artifacts === 'S3' ? this.#bucket().rootOf(satellite) : realDirectoryOf(this.#settings, satellite);
  }

  async #artifactOptions(satellite: SatelliteRecord): Promise<ArtifactStoreOptions> {
    return satellite.artifacts === 'S3' ? { s3: this.#bucket().access } : this.#fileOptions(satellite);
  }

  async #fileOptions(satellite: SatelliteRecord): Promise<ArtifactStoreOptions> {
    const { owner } = await ownershipOf(this.#settings, satellite);
    const ofGroup = satellite.group !== null;
    // Its directory keeps others out; what is below it need not.
    return {
      exactRoot: true,
      ownership: {
        ...(owner && { owner }),
        fileMode: ofGroup ? 0o664 : 0o644,
        directoryMode: ofGroup ? 0o2775 : 0o755,
      },
    };
  }

  #server(): PostgresServer {
    if (this.#postgres) return this.#postgres;
    throw new SatelliteError(
      'BAD_USER_INPUT',
      'This gateway offers no satellites in PostgreSQL (satellites.postgresql is not configured): choose SQLITE.',
    );
  }

  #bucket(): ObjectStorage {
    if (this.#objects) return this.#objects;
    throw new SatelliteError(
      'BAD_USER_INPUT',
      'This gateway offers no satellites in object storage (satellites.s3 is not configured): choose FILES.',
    );
  }
}

/** @throws RepositoryUnavailableError where one is missing, or is a link to something else */
async function mustBeFiles(satellite: SatelliteRecord, paths: readonly string[]): Promise<void> {
  const name = fullName(satellite);
  for (const path of paths) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isFile() && found.nlink === 1 && (await realpath(path)) === path) continue;
    const what = found ? 'is not a plain file' : 'is not there';
    throw new RepositoryUnavailableError(name, `Satellite '${name}' cannot be opened: its ${basename(path)} ${what}.`);
  }
}
