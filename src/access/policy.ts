/**
 * The access policy: which repositories there are for a principal, and in which order they are searched.  Every face asks
 * here and nowhere else.  What is denied is as if it were absent: it is in no list and gives the answer of a wrong name.
 */
import { SatelliteError } from '../butler/errors.ts';
import type { Repository } from '../repository/repository.ts';
import type { Identity } from './principal.ts';

export type RepositoryKind = 'OFFICIAL' | 'SATELLITE' | 'PUBLISHED';

/** A repository of the gateway, with what its configuration says of its readers. */
export interface OfferedRepository {
  readonly name: string;
  /** What its owner may call it too: a satellite's bare name. */
  readonly bareName?: string;
  readonly kind: RepositoryKind;
  /** The only user for whom it exists; undefined: every authenticated user. */
  readonly owner: string | undefined;
  /** Whose members it exists for too, as for its owner. */
  readonly group?: string | null;
  readonly repository: Repository;
}

/** The name that a repository has in addresses that are stored: a user's own with its owner, `owner~name`. */
export function nameInAddresses({ name, owner }: Pick<OfferedRepository, 'name' | 'owner'>): string {
  return owner === undefined || name.includes('~') ? name : `${owner}~${name}`;
}

/** The repositories that exist for one principal. */
export class VisibleRepositories {
  #all: readonly OfferedRepository[] = [];
  #byName: ReadonlyMap<string, OfferedRepository> = new Map();
  readonly #principal: Identity;

  constructor(offered: readonly OfferedRepository[], principal: Identity) {
    this.#principal = principal;
    this.#show(offered);
  }

  /** In the default search order: own satellites first, then those of groups, then as configured. */
  get all(): readonly OfferedRepository[] {
    return this.#all;
  }

  /** For the rest of a request that has changed them: the satellites that the gateway made, as they are now. */
  setSatellites(satellites: readonly OfferedRepository[]): void {
    this.#show([...satellites, ...this.#all.filter((r) => r.bareName === undefined)]);
  }

  #show(offered: readonly OfferedRepository[]): void {
    const principal = this.#principal;
    const own = offered.filter((r) => r.owner === principal.username);
    const ofGroups = offered.filter(
      ({ owner, group }) =>
        owner !== principal.username && typeof group === 'string' && principal.groups.includes(group),
    );
    this.#all = [...own, ...ofGroups, ...offered.filter((r) => r.owner === undefined)];
    const bare = own.filter((r) => r.bareName !== undefined);
    this.#byName = new Map([
      ...bare.map((r) => [r.bareName!, r] as const),
      ...this.#all.flatMap((r) => [[nameInAddresses(r), r] as const, [r.name, r] as const]),
    ]);
  }

  find(name: string): OfferedRepository | undefined {
    return this.#byName.get(name);
  }

  /** @throws SatelliteError NOT_FOUND */
  get(name: string): OfferedRepository {
    const found = this.#byName.get(name);
    if (found) return found;
    const known = this.all.map((r) => `'${r.name}'`).join(', ');
    throw new SatelliteError(
      'NOT_FOUND',
      `Repository '${name}' does not exist, or is not shared with you (signed in as ${this.#principal.username}). ` +
        (known === '' ? 'No repository is shared with you.' : `You may read: ${known}.`),
    );
  }

  /**
   * The repositories that a search goes through, in order: the named ones, or all.
   * @throws SatelliteError NOT_FOUND, or BAD_USER_INPUT where none is named
   */
  select(names: readonly string[] | null | undefined): readonly Repository[] {
    if (names === undefined || names === null) return this.all.map((r) => r.repository);
    if (names.length === 0) {
      throw new SatelliteError(
        'BAD_USER_INPUT',
        '"repositories" is empty: name at least one, or leave it out for all.',
      );
    }
    return [...new Set(names.map((name) => this.get(name).repository))];
  }
}
