/** Sharing: who grants what to whom, who may read what and why, and what was changed.  The rules are `access/readable.ts`'s. */
import type { AuditEntry, AuditFilter, AuditLine, AuditPosition, AuditTrail } from '../access/audit.ts';
import type { GrantChange, GrantStore } from '../access/grant-store.ts';
import {
  GrantedCollections,
  repositoryResource,
  PUBLICATION_NOTE,
  satelliteOf,
  satelliteResource,
  type Grant,
  type Right,
  type Subject,
} from '../access/grants.ts';
import type { Memberships } from '../access/memberships.ts';
import { isRestrictable, nameInAddresses, type OfferedRepository } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { mayGrant, owns, readableBy, type Ownership } from '../access/readable.ts';
import { explain, type Explanation } from '../access/reasons.ts';
import { SatelliteError } from '../butler/errors.ts';
import { checkReady, meansOwn, noSuchSatellite, ownedName, ownersOnly } from './access.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { checkGrant, type PublishedGrants } from './grant-request.ts';
import { fullName } from './satellite.ts';

export interface SharingParts {
  readonly catalog: Catalog;
  readonly grants: GrantStore;
  readonly audit: AuditTrail;
  /** The repositories of the configuration. */
  readonly offered: readonly OfferedRepository[];
  readonly settings: SharingSettings;
}

export interface SharingSettings {
  /** Whether satellites can be shared for writing. */
  readonly writeGrants: boolean;
  /** Who may read the whole audit trail. */
  readonly administrators: { readonly users: readonly string[]; readonly groups: readonly string[] };
  /** What is known of users who are not asking. */
  readonly memberships: Pick<Memberships, 'of'>;
  /** Undefined: nothing is published here. */
  readonly published: PublishedGrants | undefined;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** What can be shared: a satellite, or a repository of the configuration. */
export interface Resource extends Ownership {
  /** As grants name it. */
  readonly resource: string;
  /** As others call it. */
  readonly name: string;
}

export interface GrantAccess {
  readonly satellite: string;
  readonly collection: string | null;
  readonly subject: Exclude<Subject, { readonly kind: 'group' }> | { readonly kind: 'group'; readonly name: string };
  readonly right: Right;
  readonly expiresAt: number | null;
  readonly note: string | null;
}

/** A grant with the name of what it is of. */
export interface NamedGrant extends Grant {
  readonly resourceName: string;
}

export interface NamedGrantChange extends Omit<GrantChange, 'grant'> {
  readonly grant: NamedGrant;
}

const LOOK_MILLISECONDS = 30_000;
const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);

export class Sharing {
  readonly #parts: SharingParts;

  constructor(parts: SharingParts) {
    this.#parts = parts;
  }

  /**
   * @throws SatelliteError NOT_FOUND, CONFLICT (being made, deleted), FORBIDDEN (another's, or a group that one is not in),
   *   BAD_USER_INPUT, QUOTA_EXCEEDED
   */
  async grant(request: GrantAccess, principal: Identity): Promise<NamedGrantChange> {
    const { settings, grants } = this.#parts;
    const { collection, subject, right, expiresAt, note } = request;
    checkGrant(request, principal, settings);
    const found = await this.#existing(request.satellite, principal);
    checkGrantable(found, request, principal);
    const groupId = subject.kind === 'group' ? (principal.groupIds?.get(subject.name) ?? null) : null;
    const whom = subject.kind === 'group' ? { ...subject, id: groupId } : subject;
    const { resource, name } = found;
    const isPublished = found.kind === 'PUBLISHED';
    if (isPublished && PUBLICATION_NOTE.test(note ?? '')) {
      throw new SatelliteError('BAD_USER_INPUT', 'Such a note is that of a publication: choose other words.');
    }
    if (isPublished) await settings.published?.checkGrant({ resource, collection, subject: whom });
    const detail = { collection, ...subjectDetail(subject), right, expiresAt, note };
    const entry = { actor: principal.username, action: 'grantAccess', resource, resourceName: name, detail };
    const wanted = { resource, collection, subject: whom, right, grantedBy: principal.username, expiresAt, note };
    return named(await grants.add({ ...wanted, isOfMany: isPublished }, entry), name);
  }

  /** @throws SatelliteError NOT_FOUND, also where it is not the principal's to revoke; FORBIDDEN */
  async revoke(id: string, principal: Identity): Promise<NamedGrantChange> {
    const { grants, settings } = this.#parts;
    const grant = await grants.get(id);
    const of = grant && (await this.#byResource(grant.resource));
    if (!of || !mayGrant(principal, of, grant.collection)) {
      throw new SatelliteError('NOT_FOUND', `There is no grant '${id}' of yours.`);
    }
    if (of.kind === 'PUBLISHED') await settings.published?.checkRevocation(grant);
    const { collection, subject } = grant;
    const detail = { grant: id, collection, ...subjectDetail(subject) };
    const { resource, name } = of;
    const entry = { actor: principal.username, action: 'revokeAccess', resource, resourceName: name, detail };
    return named(await grants.revoke(id, entry), name);
  }

  /** Null where there is none that the principal may know. */
  async findGrant(id: string, principal: Identity): Promise<NamedGrant | null> {
    const grant = await this.#parts.grants.get(id);
    const of = grant && (await this.#byResource(grant.resource));
    return of && mayGrant(principal, of, grant.collection) ? { ...grant, resourceName: of.name } : null;
  }

  /** The valid grants on a resource that a principal owns; null where they do not. The newest first. */
  async grantsOn(called: string, principal: Identity): Promise<readonly NamedGrant[] | null> {
    const found = await this.find(called, principal);
    if (!found || !owns(principal, found)) return null;
    return (await this.#parts.grants.on(found.resource)).map((grant) => ({ ...grant, resourceName: found.name }));
  }

  /** All valid grants on each of some resources. */
  async allOn(resources: readonly string[]): Promise<readonly GrantedCollections[]> {
    return Promise.all(resources.map(async (r) => new GrantedCollections(await this.#parts.grants.on(r))));
  }

  /**
   * Whether someone may read a collection (null: anything in it), and why.  About others only owners may ask.
   * @throws SatelliteError FORBIDDEN
   */
  async effectiveAccess(
    called: string,
    collection: string | null,
    user: string,
    principal: Identity,
  ): Promise<Explanation> {
    const found = await this.find(called, principal);
    if (!found) return { allowed: false, reasons: [noSuchSatellite(called, principal).message] };
    const { grants, settings } = this.#parts;
    if (user === principal.username) {
      return explain(principal, found, (await grants.rightsOf(principal)).on(found.resource), collection);
    }
    if (!mayGrant(principal, found, collection)) throw ownersOnly(found.name);
    const known = await settings.memberships.of(user).catch(unavailable);
    const who = known ?? { username: user, groups: [] };
    const answer = explain(who, found, (await grants.rightsOf(who)).on(found.resource), collection);
    const caveat = known
      ? `Those groups of ${user} were counted that this gateway knows of now.`
      : `The groups of ${user} are not known here: what is granted to groups is not counted.`;
    return { ...answer, reasons: [...answer.reasons, caveat] };
  }

  /** Lines of what a principal owns, the newest first; all lines for administrators, else their own, where nothing is named. */
  async auditTrail(
    called: string | null,
    { first, after }: { readonly first: number; readonly after: AuditPosition | null },
    principal: Identity,
  ): Promise<readonly AuditLine[]> {
    return this.#parts.audit.page(await this.#auditFilter(called, principal), first, after);
  }

  /** Writes a line about what was changed in what the principal called so, before and after the change. */
  async append(
    entry: Omit<AuditEntry, 'resource' | 'resourceName'>,
    about: readonly (Resource | null)[],
  ): Promise<void> {
    const resources = new Map(about.flatMap((one) => (one ? [[one.resource, one] as const] : [])));
    const { audit } = this.#parts;
    if (resources.size === 0) await audit.append({ ...entry, resource: null, resourceName: null });
    for (const { resource, name } of resources.values()) {
      await audit.append({ ...entry, resource, resourceName: name });
    }
  }

  /** A resource by the name that someone calls it by, whatever its state; null where it does not exist for them. */
  async find(called: string, principal: Identity): Promise<Resource | null> {
    const found = await this.#named(called, principal);
    if (!found) return null;
    if (owns(principal, found.resource)) return found.resource;
    if (found.entry && found.entry.state !== 'READY' && found.entry.state !== 'CHECKED_OUT') return null;
    const granted = (await this.#parts.grants.rightsOf(principal)).on(found.resource.resource);
    return readableBy(principal, found.resource, granted) === 'nothing' ? null : found.resource;
  }

  /** The same, of what can be shared now. @throws SatelliteError NOT_FOUND, CONFLICT */
  async #existing(called: string, principal: Identity): Promise<Resource & { readonly offered?: OfferedRepository }> {
    const found = await this.find(called, principal);
    if (!found) throw noSuchSatellite(called, principal);
    const id = satelliteOf(found.resource);
    const entry = id === undefined ? null : await this.#parts.catalog.get(id, look());
    if (entry && entry.state !== 'CHECKED_OUT') checkReady(entry);
    const offered = id === undefined ? this.#configured(found.name) : undefined;
    return { ...found, ...(offered && { offered }) };
  }

  async #auditFilter(called: string | null, principal: Identity): Promise<AuditFilter> {
    const { users, groups } = this.#parts.settings.administrators;
    const { username } = principal;
    const isAdministrator = users.includes(username) || principal.groups.some((group) => groups.includes(group));
    if (called === null) return isAdministrator ? 'all' : { actor: username };
    const found = isAdministrator
      ? (await this.#named(called, principal))?.resource
      : await this.find(called, principal);
    if (!found) throw noSuchSatellite(called, principal);
    if (!isAdministrator && !owns(principal, found)) throw ownersOnly(found.name);
    return { resource: found.resource };
  }

  async #named(
    called: string,
    principal: Identity,
  ): Promise<{ readonly resource: Resource; readonly entry: CatalogEntry | null } | null> {
    const { catalog, grants } = this.#parts;
    const repository = this.#configured(called);
    const configured = repository ? { resource: configuredResource(repository), entry: null } : null;
    if (configured) {
      const granted = (await grants.rightsOf(principal)).on(configured.resource.resource);
      const isThere = readableBy(principal, configured.resource, granted) !== 'nothing';
      if (isThere && !(await meansOwn(catalog, called, configured.resource.owner, principal, look())))
        return configured;
    }
    const { owner, name } = ownedName(called, principal);
    const entry = (await catalog.named(owner, name, look())) ?? (await catalog.deleted(owner, name, look()))[0];
    return entry ? { resource: resourceOf(entry), entry } : configured;
  }

  async #byResource(resource: string): Promise<Resource | null> {
    const id = satelliteOf(resource);
    if (id !== undefined) {
      const entry = await this.#parts.catalog.get(id, look());
      return entry && resourceOf(entry);
    }
    const configured = this.#parts.offered.find(({ name }) => repositoryResource(name) === resource);
    return configured ? configuredResource(configured) : null;
  }

  #configured(called: string): OfferedRepository | undefined {
    return this.#parts.offered.find(
      (repository) => repository.name === called || nameInAddresses(repository) === called,
    );
  }
}

function resourceOf(entry: CatalogEntry): Resource {
  const { owner, group, groupId } = entry;
  return { resource: satelliteResource(entry.id), name: fullName(entry), kind: 'SATELLITE', owner, group, groupId };
}

function configuredResource(repository: OfferedRepository): Resource {
  const { name, kind, owner, readers } = repository;
  const resource = { resource: repositoryResource(name), name: nameInAddresses(repository), kind, owner };
  return readers ? { ...resource, readers } : resource;
}

/** @throws SatelliteError FORBIDDEN, BAD_USER_INPUT */
function checkGrantable(
  found: Resource & { readonly offered?: OfferedRepository },
  { collection, subject }: GrantAccess,
  principal: Identity,
): void {
  if (!mayGrant(principal, found, collection)) {
    if (found.owner !== undefined) throw ownersOnly(found.name);
    throw new SatelliteError(
      'FORBIDDEN',
      found.kind === 'PUBLISHED'
        ? `In '${found.name}' you can share collections below 'u/${principal.username}/' and 'g/GROUP/' of your groups.`
        : `'${found.name}' is nobody's to share: name a satellite of yours.`,
    );
  }
  if (found.kind === 'PUBLISHED' && subject.kind === 'all_users') {
    throw new SatelliteError('FORBIDDEN', 'What all users are to read in a published repository is reviewed first.');
  }
  if (found.offered && !isRestrictable(found.offered.repository)) {
    throw new SatelliteError(
      'BAD_USER_INPUT',
      `'${found.name}' is behind a server of its own, which alone decides who reads it.`,
    );
  }
}

/** Who cannot be asked about is not known now. */
function unavailable(error: unknown): null {
  if (error instanceof SatelliteError) return null;
  throw error;
}

function subjectDetail(subject: GrantAccess['subject']): Readonly<Record<string, unknown>> {
  return subject.kind === 'all_users' ? { allUsers: true } : { [subject.kind]: subject.name };
}

function named({ grant, revision }: GrantChange, resourceName: string): NamedGrantChange {
  return { grant: { ...grant, resourceName }, revision };
}
