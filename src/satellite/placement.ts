/** Where a satellite's parts are: all named by its identifier, which is never used again. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { SatelliteError } from '../butler/errors.ts';
import type { SatelliteRecord } from './satellite.ts';
import type { SatelliteSettings } from './settings.ts';

type Placed = Pick<SatelliteRecord, 'id' | 'owner' | 'name'>;

/** Directories beside those of users, whose names do not begin with a dot here. */
const MAKING = '.making';
const TRASH = '.deleted';
const MIGRATED = '.migrated';

/** Where its `butler.yaml` is, as the gateway sees it. */
export function directoryOf(settings: SatelliteSettings, satellite: Placed): string {
  return join(settings.root, ...partsOf(satellite));
}

/** The same without the links by which the root itself may be reached; those below it, its users could have put there. */
export async function realDirectoryOf(settings: SatelliteSettings, satellite: Placed): Promise<string> {
  const root = await realpath(settings.root).catch(() => settings.root);
  return join(root, ...partsOf(satellite));
}

/** The same as its users see it: what stock Python gives to `Butler(...)`. */
export function uriOf(settings: SatelliteSettings, satellite: Placed): string {
  return join(settings.notebook.root ?? settings.root, ...partsOf(satellite));
}

/** Where its directory is while it is being made: on the same file system, and where only the gateway may look. */
export function makingOf(settings: SatelliteSettings, { id }: Pick<Placed, 'id'>): string {
  return join(settings.root, MAKING, id);
}

/** Where its directory is between deletion and purge: on the same file system, and out of its owner's reach. */
export function trashOf(settings: SatelliteSettings, { id }: Pick<Placed, 'id'>): string {
  return join(settings.root, TRASH, id);
}

/** Where its database is while it is migrated, and its backup afterwards: on the same file system, and out of its owner's reach. */
export function migratedOf(settings: SatelliteSettings, { id }: Pick<Placed, 'id'>): string {
  return join(settings.root, MIGRATED, id);
}

/** Its schema and its role in PostgreSQL: a plain identifier in small letters, as stock Butler needs it. */
export function schemaOf({ id }: Pick<Placed, 'id'>): string {
  return `satellite_${id}`;
}

/** Its part of the bucket, which ends in a slash. */
export function prefixOf({ id }: Pick<Placed, 'id'>): string {
  return `satellites/${id}/`;
}

function partsOf({ owner, name, id }: Placed): readonly [string, string] {
  // A user's name may consist of dots alone, and is a directory's name here.
  if (owner.startsWith('.')) {
    throw new SatelliteError('BAD_USER_INPUT', `User '${owner}' can have no satellites: the name begins with a dot.`);
  }
  return [owner, `${name}-${id}`];
}

/** What its users should know of where it is. */
export function placeWarnings(settings: SatelliteSettings, satellite: Placed): readonly string[] {
  const places = [directoryOf(settings, satellite), uriOf(settings, satellite)];
  const emptied = settings.scratch.find((area) => places.some((place) => `${place}/`.startsWith(`${area}/`)));
  if (emptied === undefined) return [];
  return [
    `Satellite '${satellite.name}' lies below ${emptied}, which is emptied from time to time: publish or copy what you want to keep.`,
  ];
}
