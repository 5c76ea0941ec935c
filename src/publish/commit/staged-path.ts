/**
 * Where files of publications are in a published repository.  They are staged where they stay, since object stores have no
 * renaming, and what no record names nobody sees.  The path has the hash, so that what is there of an earlier attempt is the same,
 * and the version, so that who gives one up takes nothing from another.  Many share a directory: to list one, and to make one,
 * takes a store longer than a file.
 */
import type { PublishedVersion } from '../commit.ts';
import type { ManifestFile } from '../manifest.ts';

type StagedVersion = Pick<PublishedVersion, 'publication' | 'version'>;

const LONGEST_NAME = 150;

/** The directory of a publication's files, of all versions. */
export function publicationArea(publication: string): string {
  return `publications/${publication}`;
}

/** The directory of the files that came with one version. */
export function stagingArea({ publication, version }: StagedVersion): string {
  return `${publicationArea(publication)}/${String(version)}`;
}

/** A file that is there as long as all that is staged beside it is known to be what was approved. */
export function verifiedMark(version: StagedVersion): string {
  return `${stagingArea(version)}/verified`;
}

/** The version with which a file of a publication came. */
export function stagedVersion(publication: string, path: string): number {
  return Number(path.slice(publicationArea(publication).length + 1).split('/', 1)[0]);
}

/** Relative to the repository's root. */
export function stagedPath(
  version: StagedVersion,
  { sha256, fileName }: Pick<ManifestFile, 'sha256' | 'fileName'>,
): string {
  const name = fileName.replace(/[^\w.+-]/g, '_').slice(-LONGEST_NAME);
  return `${stagingArea(version)}/${sha256.slice(0, 2)}/${sha256}_${name || 'file'}`;
}
