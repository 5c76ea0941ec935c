/**
 * Where files of publications are in a published repository.  They are staged where they stay, since object stores have no
 * renaming, and what no record names nobody sees.  The path has the hash, so that what is there of an earlier attempt or version
 * is the same, and what has changed is beside it.
 */
import type { ManifestFile } from '../manifest.ts';

const LONGEST_NAME = 150;

/** The directory of a publication's files, of all versions. */
export function stagingArea(publication: string): string {
  return `publications/${publication}`;
}

/** Relative to the repository's root. */
export function stagedPath(
  publication: string,
  { sha256, fileName }: Pick<ManifestFile, 'sha256' | 'fileName'>,
): string {
  const name = fileName
    .replace(/[^\w.+-]/g, '_')
    .slice(-LONGEST_NAME)
    .replace(/^\.+/, '');
  return [stagingArea(publication), sha256.slice(0, 2), sha256, name || 'file'].join('/');
}
