/**
 * Grants: that someone may read, or write to, what is another's (DMTN-182).  Pure: who a grant is for,
 * and what the grants of one person on one resource let them read.
 */
import { createHash } from 'node:crypto';
import type { CollectionRule } from '../repository/repository.ts';
import type { Identity } from './principal.ts';

/** To whom. */
export type Subject =
  | { readonly kind: 'user'; readonly name: string }
  /** `id` is null where the group's id was not known to the one who granted. */
  | { readonly kind: 'group'; readonly name: string; readonly id: number | null }
  /** Everyone whom the gateway authenticates, never the public. */
  | { readonly kind: 'all_users' };

export type Right = 'READ' | 'WRITE';

export interface Grant {
  readonly id: string;
  /** See `satelliteResource` and `repositoryResource`. */
  readonly resource: string;
  /** Null: all of it; a text that ends in `/`: collections whose names begin with it; else the name of a collection. */
  readonly collection: string | null;
  readonly subject: Subject;
  readonly right: Right;
  readonly grantedBy: string;
  /** Times as Unix milliseconds. */
  readonly grantedAt: number;
  /** Null: it does not end by itself. */
  readonly expiresAt: number | null;
  readonly note: string | null;
  readonly revokedAt: number | null;
}

/** What grants say that publications make; no one else's grant says so. */
export const PUBLICATION_NOTE = /^publication [0-9a-f-]{36}$/i;

/** A satellite, by its identifier: a new one of the same name is another resource. */
export function satelliteResource(id: string): string {
  return `satellite:${id}`;
}

/** The identifier of the satellite that a resource is; undefined where it is none. */
export function satelliteOf(resource: string): string | undefined {
  return resource.startsWith('satellite:') ? resource.slice('satellite:'.length) : undefined;
}

/** A repository of the configuration, by its name. */
export function repositoryResource(name: string): string {
  return `repository:${name}`;
}

/**
 * Whether someone is in a group.  Its id decides where both sides know one, so that a renamed group stays itself, and a new
 * group that took over its name is another.
 */
export function isInGroup(
  { groups, groupIds }: Identity,
  { name, id }: { readonly name: string; readonly id: number | null },
): boolean {
  if (id === null) return groups.includes(name);
  if (groupIds) for (const known of groupIds.values()) if (known === id) return true;
  return groups.includes(name) && groupIds?.get(name) === undefined;
}

/** Whether a grant is for someone. */
export function isFor({ subject }: Pick<Grant, 'subject'>, who: Identity): boolean {
  switch (subject.kind) {
    case 'user':
      return subject.name === who.username;
    case 'group':
      return isInGroup(who, subject);
    case 'all_users':
      return true;
  }
}

/** Whether a grant counts. @param now Unix milliseconds */
export function isValid({ revokedAt, expiresAt }: Pick<Grant, 'revokedAt' | 'expiresAt'>, now: number): boolean {
  return revokedAt === null && (expiresAt === null || now < expiresAt);
}

/** The grants of someone on one resource, as the rule of what they let read.  Asking costs by the depth of a name. */
export class GrantedCollections implements CollectionRule {
  readonly grants: readonly Grant[];
  readonly #byCollection: ReadonlyMap<string | null, readonly Grant[]>;
  #key: string | undefined;

  /** @param grants all of them valid, and for the same person */
  constructor(grants: readonly Grant[]) {
    this.grants = grants;
    this.#byCollection = Map.groupBy(grants, ({ collection }) => collection);
  }

  /** Whether everything in it may be read. */
  get everything(): boolean {
    return this.#byCollection.has(null);
  }

  get mayWrite(): boolean {
    return this.#byCollection.get(null)?.some(({ right }) => right === 'WRITE') ?? false;
  }

  get key(): string {
    return (this.#key ??= digest([...this.#byCollection.keys()].map((name) => name ?? '').sort()));
  }

  allows(collection: string): boolean {
    for (const name of covering(collection)) if (this.#byCollection.has(name)) return true;
    return false;
  }

  /** The grants that let a collection be read. */
  over(collection: string): readonly Grant[] {
    return [...covering(collection)].flatMap((name) => this.#byCollection.get(name) ?? []);
  }
}

const NOTHING_GRANTED = new GrantedCollections([]);

/** Whether a grant on `granted` covers a collection. */
export function covers(granted: Grant['collection'], collection: string): boolean {
  return [...covering(collection)].includes(granted);
}

/** What `collection` of a grant that covers a collection can be. */
function* covering(collection: string): Generator<string | null> {
  yield null;
  yield collection;
  for (let end = collection.indexOf('/'); end >= 0; end = collection.indexOf('/', end + 1)) {
    if (end + 1 < collection.length) yield collection.slice(0, end + 1);
  }
}

/** All grants that someone has, by resource. */
export class Rights {
  readonly #byResource: ReadonlyMap<string, readonly Grant[]>;
  readonly #granted = new Map<string, GrantedCollections>();

  /** @param grants all of them valid, and for the same person */
  constructor(grants: readonly Grant[]) {
    this.#byResource = Map.groupBy(grants, ({ resource }) => resource);
  }

  get resources(): readonly string[] {
    return [...this.#byResource.keys()];
  }

  on(resource: string): GrantedCollections {
    const grants = this.#byResource.get(resource);
    if (!grants) return NOTHING_GRANTED;
    const granted = this.#granted.get(resource) ?? new GrantedCollections(grants);
    this.#granted.set(resource, granted);
    return granted;
  }
}

export const NO_RIGHTS = new Rights([]);

/** Short text that is equal for equal lists. */
export function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
