/** Which satellites may have one writer only, and who that is in this process. */
import { join } from 'node:path';
import { networkFileSystem } from '../state/network-file-system.ts';
import type { Leases } from '../state/lease.ts';
import { ExclusiveWriter } from './exclusive-writer.ts';
import { makingOf, realDirectoryOf } from './placement.ts';
import { fullName, type SatelliteRecord } from './satellite.ts';
import type { SatelliteSettings } from './settings.ts';

export class ExclusiveWriters {
  readonly #settings: SatelliteSettings;
  readonly #leases: Leases;
  /** By the satellite's identifier. */
  readonly #writers = new Map<string, ExclusiveWriter>();

  constructor(settings: SatelliteSettings, leases: Leases) {
    this.#settings = settings;
    this.#leases = leases;
  }

  /** Undefined where the database's own locks keep writers apart: in PostgreSQL, and on file systems of this machine. */
  async of(satellite: SatelliteRecord): Promise<ExclusiveWriter | undefined> {
    if (satellite.database !== 'SQLITE') return undefined;
    const directory = await realDirectoryOf(this.#settings, satellite);
    if (!(await this.areNeeded(satellite, directory))) return undefined;
    let writer = this.#writers.get(satellite.id);
    if (!writer) {
      writer = new ExclusiveWriter({
        repository: fullName(satellite),
        path: join(directory, 'gen3.sqlite3'),
        workshop: makingOf(this.#settings, satellite),
        resource: `satellite:${satellite.id}`,
        leases: this.#leases,
      });
      this.#writers.set(satellite.id, writer);
    }
    return writer;
  }

  /** @param directory that it is in, or is made in */
  async areNeeded({ database }: Pick<SatelliteRecord, 'database'>, directory: string): Promise<boolean> {
    if (database !== 'SQLITE') return false;
    return this.#settings.singleWriter !== 'detect' || (await networkFileSystem(directory)) !== undefined;
  }

  /** Gives back what is held. */
  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.release()));
  }
}
