/** Paths of files below a datastore's root: what is taken, and what is refused before anything is touched. */
import { SatelliteError } from '../../../butler/errors.ts';

/** Longest key of S3, in bytes. */
const MAX_PATH_BYTES = 1024;
/** Longest name of a file or directory on the usual file systems, in bytes. */
const MAX_NAME_BYTES = 255;
const ESCAPE = /%[0-9a-f]{2}/i;
/** At the top of the root, which is usually the repository's own directory: its configuration and its database. */
const RESERVED = /^(butler\.yaml|.*\.sqlite3?(-journal|-wal|-shm)?)$/i;
/** How names of files begin that are being written, on file systems. */
export const TEMPORARY_PREFIX = '.satellite-';

export interface ArtifactPath {
  /** Normalised: names joined by `/`. */
  readonly path: string;
  readonly directories: readonly string[];
  readonly name: string;
}

/**
 * Takes a path apart, relative to the root, without escapes.
 * @throws SatelliteError BAD_USER_INPUT where it is absolute or a URI, leads upwards in any spelling, has a name that is too
 *   long or not to be read (control characters, backslashes, percent escapes, which stock Butler would decode), or is a file
 *   of the repository itself
 */
export function artifactPath(path: string): ArtifactPath {
  const refuse = (why: string): never => {
    throw new SatelliteError('BAD_USER_INPUT', `'${shortened(path)}' cannot be a file of a datastore: ${why}.`);
  };
  if (!path.isWellFormed()) refuse('it is not Unicode text');
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\u0000-\u001f\u007f]/.test(path)) refuse('it holds control characters');
  if (path.includes('\\')) refuse('it holds a backslash');
  if (ESCAPE.test(path)) refuse('it holds percent escapes');
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  const normal = names.join('/');
  // Readers of addresses pass over spaces before one.
  if (path.startsWith('/') || isUri(normal.trimStart())) refuse('it must be relative to the root of the repository');
  const name = names.at(-1);
  if (name === undefined || path.endsWith('/') || path.endsWith('/.')) return refuse('it names no file');
  // Compatibility forms too: some file systems and clients turn a fullwidth or a double dot into plain ones.
  if (names.some((part) => /^\.+$|\//.test(part.normalize('NFKC')))) refuse('it leads to another directory by dots');
  if (names.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES)) {
    refuse(`a name in it has more than ${String(MAX_NAME_BYTES)} bytes`);
  }
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) refuse(`it has more than ${String(MAX_PATH_BYTES)} bytes`);
  if (names.length === 1 && RESERVED.test(name)) refuse('it is a file of the repository itself');
  if (names.some((part) => part.startsWith(TEMPORARY_PREFIX))) refuse(`names with ${TEMPORARY_PREFIX} are taken`);
  return { path: normal, directories: names.slice(0, -1), name };
}

/**
 * A path that a file of ours may get: beside what `artifactPath` refuses, nothing that stock Butler would read as another one.
 * @throws SatelliteError BAD_USER_INPUT
 */
export function newArtifactPath(path: string): string {
  const { path: normal } = artifactPath(path);
  const refuse = (why: string): never => {
    throw new SatelliteError('BAD_USER_INPUT', `'${shortened(path)}' cannot be the path of a new file: ${why}.`);
  };
  if (normal.includes('#')) refuse("by '#' stock Butler would look for a part of a file");
  if (normal.startsWith('~')) refuse("stock Butler would take '~' for somebody's home");
  if (normal.includes('$')) refuse("stock Butler would put a variable of the environment in the place of '$'");
  return normal;
}

/** Whether a file in the root is one of the repository's datasets, as far as its name tells: not its database. */
export function isArtifact(path: string): boolean {
  return !RESERVED.test(path) && !path.split('/').some((name) => name.startsWith(TEMPORARY_PREFIX));
}

/** Whether a recorded path is a URI, as lsst.resources sees it. */
export function isUri(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(path);
}

/**
 * A recorded relative path as the name of the file, in the manner of lsst.resources: one that holds an escape is decoded.
 * @throws SatelliteError BAD_USER_INPUT where that gives no text
 */
export function decodedPath(recorded: string): string {
  if (!ESCAPE.test(recorded)) return recorded;
  try {
    return decodeURIComponent(recorded);
  } catch {
    throw new SatelliteError('BAD_USER_INPUT', `'${shortened(recorded)}' holds percent escapes that are no text.`);
  }
}

function shortened(path: string): string {
  return path.length <= 200 ? path : `${path.slice(0, 200)}…`;
}
