/** Of which repositories the data of a satellite may be made, as its runs and its own making tell. */
import type { SatelliteDirectory } from '../satellite/satellite.ts';
import type { RunStore } from './store.ts';

export interface MadeFromOptions {
  readonly store: Pick<RunStore, 'readBy'>;
  readonly satellites: Pick<SatelliteDirectory, 'byId'> & {
    /** The repositories that satellites with this full name were made from, also those that are deleted. */
    officialsOf(fullName: string): Promise<readonly string[]>;
  };
}

/** A satellite, or a repository of the configuration. */
export interface Source {
  /** Name in addresses. */
  readonly repository: string;
  /** Null: it is one of the configuration. */
  readonly satelliteId: string | null;
}

export class MadeFrom {
  readonly #options: MadeFromOptions;

  constructor(options: MadeFromOptions) {
    this.#options = options;
  }

  /**
   * Names in addresses.  Nothing tells which of a satellite's datasets a run made of what: all that any of its runs could read
   * counts, and what the satellites among these are made from themselves.
   * Of these nobody knows which it was that had the name at that time.
   */
  async of({ repository, satelliteId }: Source): Promise<ReadonlySet<string>> {
    const { store, satellites } = this.#options;
    const itself = satelliteId === null ? null : await satellites.byId(satelliteId);
    const found = new Set([...(itself ? [itself.official] : []), ...(await store.readBy(repository, satelliteId))]);
    for (const name of found) {
      if (name === repository) continue;
      for (const one of await satellites.officialsOf(name)) found.add(one);
      for (const one of await store.readBy(name)) found.add(one);
    }
    return found;
  }
}
