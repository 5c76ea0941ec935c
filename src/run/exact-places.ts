/**
 * Directories and files of a run at the places that its record names.  Its user, or code of theirs, may put anything there at
 * any moment: no link is followed, and no pipe holds us up.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, realpath, rename, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { SatelliteError } from '../butler/errors.ts';
import { OpenDirectory } from '../repository/direct/datastore/directory-walk.ts';
import { PredictedGraph } from './graph/predicted-graph.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/**
 * Opens a directory; the caller closes it.
 * @param path absolute, of a real directory
 * @throws SatelliteError NOT_FOUND; CONFLICT where a link or a file is in its place, or on the way there
 */
export async function enterPlace(path: string): Promise<OpenDirectory> {
  try {
    return await OpenDirectory.enter({ path, exact: true }, []);
  } catch (error) {
    throw explained(error, path);
  }
}

/** The same of one that is made where it is missing, with those that lead to it. @throws SatelliteError CONFLICT */
export async function makePlace(path: string): Promise<OpenDirectory> {
  const missing: string[] = [];
  for (let there = path; ; there = dirname(there)) {
    try {
      return await OpenDirectory.enter({ path: there, exact: true }, missing, { mode: undefined, owner: undefined });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || there === '/') throw explained(error, path);
    }
    missing.unshift(basename(there));
  }
}

/** @throws SatelliteError CONFLICT where a link is in the place of a file or directory, or leads to it; NOT_FOUND */
export async function requireExact(path: string): Promise<void> {
  const real = await realpath(path).catch((error: unknown) => {
    throw explained(error, path);
  });
  if (real !== path) throw explained(Object.assign(new Error('a link leads elsewhere'), { code: 'ELOOP' }), path);
}

/** Writes a file, so that nobody sees half of it; what was there, be it a link, is replaced. */
export async function writeWithin(directory: OpenDirectory, name: string, content: string): Promise<void> {
  const temporary = directory.at(`.${name}.${randomUUID()}.part`);
  try {
    const file = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    await rename(temporary, directory.at(name));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/**
 * Moves a file that a run's code was to write.
 * @returns false where it is not there, or something else is in its place: a link would lead elsewhere
 */
export async function moveFile(from: OpenDirectory, to: OpenDirectory, name: string): Promise<boolean> {
  const found = await lstat(from.at(name)).catch(() => null);
  if (!found?.isFile()) return false;
  await rename(from.at(name), to.at(name));
  return true;
}

/**
 * Opens a run's graph; the caller closes it.
 * @param path absolute, of a file in a real directory
 * @param outputRun RUN of the run, where the graph has to be its own
 * @throws SatelliteError as `PredictedGraph.open` and `enterPlace`
 */
export async function openRunGraph(path: string, outputRun?: string): Promise<PredictedGraph> {
  await using directory = await enterPlace(dirname(path));
  const graph = await PredictedGraph.open(directory.at(basename(path)));
  if (outputRun === undefined || graph.header.outputRun === outputRun) return graph;
  await graph.close();
  // Who can write into the run's directory could have it name any run.
  throw new SatelliteError(
    'BAD_USER_INPUT',
    `The graph writes to '${graph.header.outputRun}', not to '${outputRun}': it is not the graph of this run.`,
  );
}

function explained(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const name = basename(path);
  if (code === 'ENOENT')
    return new SatelliteError('NOT_FOUND', `There is no directory '${name}' of the run (any more).`);
  if (code !== 'ELOOP' && code !== 'ENOTDIR') return error;
  const message = `A link or a file is in the place of the run's directory '${name}', or leads to it: put a directory there.`;
  return new SatelliteError('CONFLICT', message, { cause: error });
}
