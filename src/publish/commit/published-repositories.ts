/** The published repositories of the configuration, as those who publish into them use them. */
import { SatelliteError } from '../../butler/errors.ts';
import type { S3Access } from '../../repository/direct/datastore/s3-client.ts';
import { openPublishedRepository } from '../../repository/direct/open-writeable.ts';
import type { PublishedRepository } from '../../repository/published-repository.ts';

export interface PublishedPlace {
  readonly name: string;
  /** Its directory, or its `butler.yaml`. */
  readonly path: string;
  /** How its files are reached where they are in S3. Default: as the environment says. */
  readonly s3?: S3Access | undefined;
}

export class PublishedRepositories {
  readonly #places: ReadonlyMap<string, PublishedPlace>;
  readonly #open = new Map<string, Promise<PublishedRepository>>();

  constructor(places: readonly PublishedPlace[]) {
    this.#places = new Map(places.map((place) => [place.name, place]));
  }

  /** Opens it for writing when it is first asked for. @throws SatelliteError NOT_FOUND; RepositoryUnavailableError */
  writeable(name: string): Promise<PublishedRepository> {
    const place = this.#places.get(name);
    if (!place) {
      throw new SatelliteError('NOT_FOUND', `This gateway has no published repository '${name}' any more.`);
    }
    const opened = this.#open.get(name) ?? openPublishedRepository(place);
    this.#open.set(name, opened);
    opened.catch(() => this.#open.delete(name));
    return opened;
  }

  async close(): Promise<void> {
    const open = await Promise.allSettled(this.#open.values());
    for (const opened of open) if (opened.status === 'fulfilled') await opened.value.close();
  }
}
