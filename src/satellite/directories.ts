/** The directory of a satellite: made unseen, put into place at once, put aside, brought back, removed. */
import { chmod, lchown, lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SatelliteError } from '../butler/errors.ts';
import { OpenDirectory } from '../repository/direct/datastore/directory-walk.ts';
import { removeTree } from '../repository/direct/datastore/remove-tree.ts';
import { directoryOf, makingOf, migratedOf, trashOf } from './placement.ts';
import { fullName, type SatelliteRecord } from './satellite.ts';
import type { FileOwner, SatelliteSettings } from './settings.ts';

type Placed = Pick<SatelliteRecord, 'id' | 'owner' | 'name' | 'group'>;

/** Who owns a satellite's files, and what its directory's mode is. */
export interface Ownership {
  /** Undefined: the gateway's own user. */
  readonly owner: FileOwner | undefined;
  readonly mode: number;
}

/** @throws SatelliteError BAD_USER_INPUT where it is a group's and the configuration does not know the group's gid */
export async function ownershipOf(
  settings: SatelliteSettings,
  { owner, group }: Pick<Placed, 'owner' | 'group'>,
): Promise<Ownership> {
  const own = settings.notebook.owners[owner] ?? (await ownerOf(join(settings.root, owner)));
  if (group === null) return { owner: own, mode: 0o700 };
  const gid = settings.notebook.groups[group];
  // A gateway of one user: whom its files belong to says nothing of who is in a group.
  if (own === undefined && gid === undefined) return { owner: undefined, mode: 0o770 };
  if (gid === undefined) {
    throw new SatelliteError(
      'BAD_USER_INPUT',
      `Group '${group}' cannot own files here: the gateway's configuration has no gid for it (satellites.notebook.groups).`,
    );
  }
  return { owner: { uid: own?.uid ?? process.getuid!(), gid }, mode: 0o2770 };
}

async function ownerOf(directory: string): Promise<FileOwner | undefined> {
  try {
    const { uid, gid } = await stat(directory);
    return uid === process.getuid!() ? undefined : { uid, gid };
  } catch {
    return undefined;
  }
}

/** Makes an empty directory that nobody else sees yet. @returns its path */
export async function prepareDirectory(settings: SatelliteSettings, satellite: Placed): Promise<string> {
  const making = makingOf(settings, satellite);
  await mkdir(settings.root, { recursive: true });
  await mkdir(dirname(making), { recursive: true, mode: 0o700 });
  await rm(making, { recursive: true, force: true });
  await mkdir(making);
  return making;
}

/** Gives the directory to its owner and puts it into place. */
export async function publishDirectory(settings: SatelliteSettings, satellite: Placed): Promise<void> {
  const making = makingOf(settings, satellite);
  const { owner, mode } = await ownershipOf(settings, satellite);
  await give(making, owner, mode);
  const place = directoryOf(settings, satellite);
  await mkdirOfUser(dirname(place), owner);
  await rename(making, place);
  await sync(dirname(place));
}

/** Others may pass through, to a satellite of their group, but not look. */
async function mkdirOfUser(directory: string, owner: FileOwner | undefined): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o711 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  if (owner) await lchown(directory, owner.uid, owner.gid);
}

/** Only before anybody else can reach it: what is given to a user may become a link to anywhere. */
async function give(directory: string, owner: FileOwner | undefined, mode: number): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    // What the group's bits of the directory allow, the files do too, but for a database that the gateway alone writes to.
    const isKept = entry.isFile() && ((await lstat(path)).mode & 0o222) === 0;
    await chmod(path, entry.isDirectory() ? mode : isKept ? mode & 0o444 : (mode & 0o666) | 0o600);
    if (owner) await lchown(path, owner.uid, owner.gid);
  }
  if (owner) await lchown(directory, owner.uid, owner.gid);
  await chmod(directory, mode);
}

/** Puts it where neither its users nor stock Python finds it. Done before, or without a directory, it does nothing. */
export async function detachDirectory(settings: SatelliteSettings, satellite: Placed): Promise<void> {
  const trash = trashOf(settings, satellite);
  await mkdir(dirname(trash), { recursive: true, mode: 0o700 });
  if (await exists(trash)) return;
  await renameIfThere(directoryOf(settings, satellite), trash);
}

/** Puts it back. @throws SatelliteError CONFLICT where its place is taken */
export async function attachDirectory(settings: SatelliteSettings, satellite: Placed): Promise<void> {
  const place = directoryOf(settings, satellite);
  const trash = trashOf(settings, satellite);
  if (!(await exists(trash))) return;
  try {
    await renameIfThere(trash, place);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw new SatelliteError(
      'CONFLICT',
      `Satellite '${fullName(satellite)}' cannot come back: there is something else in its place. Move that away first.`,
      { cause: error },
    );
  }
}

/** Removes all of it, wherever it is: out of its users' reach, who may still have parts of it open and put links there. */
export async function removeDirectory(settings: SatelliteSettings, satellite: Placed): Promise<void> {
  for (const placeOf of [makingOf, trashOf, migratedOf]) await removeAll(placeOf(settings, satellite));
  await detachDirectory(settings, satellite);
  await removeAll(trashOf(settings, satellite));
}

async function removeAll(path: string): Promise<void> {
  try {
    await using directory = await OpenDirectory.enter({ path: dirname(path), exact: false }, []);
    await removeTree(directory, basename(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await Promise.all([sync(dirname(from)), sync(dirname(to))]);
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** Makes the names in a directory durable. */
async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
