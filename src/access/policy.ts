/**
 * Which repositories there are for a principal, in which order they are searched, and what is in them for that principal.
 * Every face asks here and nowhere else; the rules are in `readable.ts`.  What is denied is as if it were absent: it is in no
 * list and gives the answer of a wrong name.
 */
import { SatelliteError } from '../butler/errors.ts';
import type { Caller, Repository, RestrictableRepository } from '../repository/repository.ts';
import { NO_RIGHTS, repositoryResource, type GrantedCollections, type Rights } from './grants.ts';
import type { Identity } from './principal.ts';
import { owns, readableBy, type Ownership, type Readable } from './readable.ts';

export type { RepositoryKind } from './readable.ts';

/** A repository of the gateway, with what the policy needs to know of it. */
export interface OfferedRepository extends Ownership {
  readonly name: string;
  /** What its owner may call it too: a satellite's bare name. */
  readonly bareName?: string;
  /** What grants on it name. @default that of a repository of the configuration */
  readonly resource?: string;
  /** Whether its own server lets someone read; absent: it lets everyone who may ask here. */
  readonly admits?: (caller: Caller) => Promise<boolean>;
  /** Of a published one: the number of its state, as everybody sees it from now on. */
  readonly generation?: (signal: AbortSignal) => Promise<number>;
  /** All of it, before the policy; of what `VisibleRepositories` gives, what its principal may read. */
  readonly repository: Repository;
}

/** The name that a repository has in addresses that are stored: a user's own with its owner, `owner~name`. */
export function nameInAddresses({ name, owner }: Pick<OfferedRepository, 'name' | 'owner'>): string {
  return owner === undefined || name.includes('~') ? name : `${owner}~${name}`;
}

/** The repositories that exist for one principal. */
export class VisibleRepositories {
  #offered: readonly OfferedRepository[] = [];
  #all: readonly OfferedRepository[] = [];
  #byName: ReadonlyMap<string, OfferedRepository> = new Map();
  readonly #principal: Identity;
  readonly #rights: Rights;

  /** @param rights what grants give the principal */
  constructor(offered: readonly OfferedRepository[], principal: Identity, rights: Rights = NO_RIGHTS) {
    this.#principal = principal;
    this.#rights = rights;
    this.#show(offered);
  }

  /** In the default search order: own ones first, then those of groups, then as configured, then what others share. */
  get all(): readonly OfferedRepository[] {
    return this.#all;
  }

  /** For the rest of a request that has changed them: the satellites that the gateway made, as they are now. */
  setSatellites(satellites: readonly OfferedRepository[]): void {
    this.#show([...satellites, ...this.#offered.filter((r) => r.bareName === undefined)]);
  }

  #show(offered: readonly OfferedRepository[]): void {
    this.#offered = offered;
    const places: OfferedRepository[][] = [[], [], [], []];
    for (const one of offered) {
      const repository = this.#readable(one);
      if (repository) places[this.#place(one)]!.push(repository === one.repository ? one : { ...one, repository });
    }
    this.#all = places.flat();
    const [own = [], groups = [], observatory = [], others = []] = places;
    // What others share hides nothing that is one's own, nor anything of the observatory's, which has no other name.
    this.#byName = new Map([
      ...[...others, ...groups].map((r) => [r.name, r] as const),
      ...own.flatMap((r) => (r.bareName === undefined ? [] : [[r.bareName, r] as const])),
      ...[...own, ...observatory].map((r) => [r.name, r] as const),
      ...this.#all.map((r) => [nameInAddresses(r), r] as const),
    ]);
  }

  /** What the principal may read of it; undefined: nothing, and so it does not exist. */
  #readable(offered: OfferedRepository): Repository | undefined {
    const { name, repository, resource = repositoryResource(name) } = offered;
    const readable = readableBy(this.#principal, offered, this.#rights.on(resource));
    if (readable === 'everything') return repository;
    // What cannot be given in part is not given at all.
    return readable !== 'nothing' && isRestrictable(repository) ? repository.readableAs(readable) : undefined;
  }

  #place(offered: OfferedRepository): number {
    if (offered.owner === this.#principal.username) return 0;
    if (offered.owner === undefined) return 2;
    return owns(this.#principal, offered) ? 1 : 3;
  }

  /** What grants give to the principal in one of them. */
  grantedOn({ name, resource = repositoryResource(name) }: OfferedRepository): GrantedCollections {
    return this.#rights.on(resource);
  }

  /** Text that is the same as long as the principal may read the same of a repository; undefined where it does not exist. */
  ruleOf(name: string): string | undefined {
    const readable = this.#readableOf(name);
    return typeof readable === 'object' ? readable.key : readable;
  }

  /** Whether the principal may read a collection of a repository, if it is there. */
  allows(name: string, collection: string): boolean {
    const readable = this.#readableOf(name);
    return typeof readable === 'object' ? readable.allows(collection) : readable === 'everything';
  }

  #readableOf(name: string): Readable | undefined {
    const offered = this.find(name);
    return offered && readableBy(this.#principal, offered, this.grantedOn(offered));
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

/** Whether a repository can be given out in part. */
export function isRestrictable(repository: Repository): repository is RestrictableRepository {
  return 'readableAs' in repository;
}
