/** Names of satellites: who means which one by them, and what it may be asked for. */
import { satelliteResource } from '../access/grants.ts';
import type { Identity } from '../access/principal.ts';
import { owns } from '../access/readable.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { fullName, type SatelliteRecord } from './satellite.ts';

const NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/;

/** @throws SatelliteError BAD_USER_INPUT */
export function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new SatelliteError(
    'BAD_USER_INPUT',
    `'${name}' cannot be a satellite's name: it takes small letters, digits, "_", "." and "-", at most 64, and begins with ` +
      'a letter or a digit.',
  );
}

/** Whether a principal may use it as its owner does. */
export function isMember(satellite: Pick<SatelliteRecord, 'owner' | 'group' | 'groupId'>, member: Identity): boolean {
  return owns(member, satellite);
}

/** Owner and bare name of what the principal calls by a bare or full name. */
export function ownedName(name: string, { username }: Pick<Identity, 'username'>): { owner: string; name: string } {
  const tilde = name.indexOf('~');
  return tilde < 0 ? { owner: username, name } : { owner: name.slice(0, tilde), name: name.slice(tilde + 1) };
}

/**
 * Whether a name that a repository of the configuration has, with this owner, means a satellite of the principal's own all the
 * same: what another shares hides nothing that is one's own.
 */
export async function meansOwn(
  catalog: Pick<Catalog, 'named'>,
  called: string,
  owner: string | undefined,
  { username }: Pick<Identity, 'username'>,
  signal: AbortSignal,
): Promise<boolean> {
  if (owner === undefined || owner === username || called.includes('~')) return false;
  return (await catalog.named(username, called, signal)) !== null;
}

/**
 * The satellite that has the name, or the last one that had it, for a principal who may use it as its owner does.
 * @returns null where there is none for them
 * @throws SatelliteError FORBIDDEN where it exists for them, but is another's
 */
export async function findSatellite(
  catalog: Catalog,
  called: string,
  member: Identity,
  signal: AbortSignal,
): Promise<CatalogEntry | null> {
  const found = await visibleSatellite(catalog, called, member, signal);
  if (found && !found.isOwn) throw ownersOnly(fullName(found.entry));
  return found && found.entry;
}

/** A satellite as it exists for someone. */
export interface VisibleSatellite {
  readonly entry: CatalogEntry;
  /** Whether they may use it as its owner does. */
  readonly isOwn: boolean;
  readonly mayWrite: boolean;
}

/**
 * The same for a principal with whom it may be shared only; then it is given while it can be read.
 * @returns null where there is none for them
 */
export async function visibleSatellite(
  catalog: Catalog,
  called: string,
  principal: Identity,
  signal: AbortSignal,
): Promise<VisibleSatellite | null> {
  const { owner, name } = ownedName(called, principal);
  const entry = (await catalog.named(owner, name, signal)) ?? (await catalog.deleted(owner, name, signal))[0];
  if (!entry) return null;
  if (isMember(entry, principal)) return { entry, isOwn: true, mayWrite: true };
  if (!isReadable(entry)) return null;
  const granted = (await catalog.grants.rightsOf(principal)).on(satelliteResource(entry.id));
  return granted.grants.length === 0 ? null : { entry, isOwn: false, mayWrite: granted.mayWrite };
}

/** Whether it can be read now. */
export function isReadable({ state }: Pick<SatelliteRecord, 'state'>): boolean {
  return state === 'READY' || state === 'CHECKED_OUT';
}

/**
 * The satellite that has the name, for a principal who may use it; one that is being made or was deleted is none.
 * @throws SatelliteError NOT_FOUND, CONFLICT
 */
export async function existingSatellite(
  catalog: Catalog,
  called: string,
  principal: Identity,
  signal: AbortSignal,
): Promise<CatalogEntry> {
  const entry = await findSatellite(catalog, called, principal, signal);
  if (!entry) throw noSuchSatellite(called, principal);
  if (entry.state === 'CREATING' || entry.state === 'DELETED') checkReady(entry);
  return entry;
}

/** @throws SatelliteError CONFLICT where it cannot be written to now */
export function checkReady(entry: SatelliteRecord & Partial<Pick<CatalogEntry, 'unfinished'>>): void {
  const name = fullName(entry);
  switch (entry.state) {
    case 'READY':
      return;
    case 'CREATING':
      throw new SatelliteError('CONFLICT', `Satellite '${name}' is still being made: try again in a moment.`);
    case 'CHECKED_OUT':
      if (entry.unfinished === 'MIGRATE') {
        throw new SatelliteError(
          'CONFLICT',
          `Satellite '${name}' is being migrated: it can be changed when that job has ended.`,
        );
      }
      throw new SatelliteError(
        'CONFLICT',
        `Satellite '${name}' is checked out to stock Python: check it in (checkinSatellite) before you change it here.`,
      );
    case 'DELETED':
      throw new SatelliteError(
        'CONFLICT',
        `Satellite '${name}' was deleted: bring it back first (restoreSatellite), or make a new one.`,
      );
  }
}

/** For those for whom it exists. */
export function ownersOnly(name: string): SatelliteError {
  return new SatelliteError(
    'FORBIDDEN',
    `'${name}' is shared with you, but only its owner may do this: ask for it, or bring its datasets into a satellite of yours.`,
  );
}

/** In the same words for what does not exist and for what is not the principal's. */
export function noSuchSatellite(name: string, { username }: Pick<Identity, 'username'>): SatelliteError {
  return new SatelliteError(
    'NOT_FOUND',
    `Satellite '${name}' does not exist, or is not shared with you (signed in as ${username}).`,
  );
}
