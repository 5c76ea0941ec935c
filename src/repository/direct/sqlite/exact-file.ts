/** That a database file is the one of its path, where its users may have put a link there. */
import { fstatSync, lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { WorkerError } from './failures.ts';

/** Linux tells what a process has open, by the path at which that is now. */
const DESCRIPTORS = '/proc/self/fd';

/**
 * To be called after SQLite has opened the file and before it reads any of it: SQLite follows links, and a look at the path
 * beforehand may be overtaken.
 * @param path absolute, without links
 * @throws WorkerError LINKED where there is another file behind the path, or one that has other names too
 */
export function mustBeExact(path: string): void {
  if (!isPlain(lstatSync(path))) throw linked();
  let descriptors: readonly string[];
  try {
    descriptors = readdirSync(DESCRIPTORS);
  } catch {
    return;
  }
  if (!descriptors.some((descriptor) => leadsTo(descriptor, path))) throw linked();
}

function leadsTo(descriptor: string, path: string): boolean {
  try {
    return readlinkSync(`${DESCRIPTORS}/${descriptor}`) === path && isPlain(fstatSync(Number(descriptor)));
  } catch {
    // The one that listed them is closed by now.
    return false;
  }
}

function isPlain(file: Stats): boolean {
  return file.isFile() && file.nlink === 1;
}

function linked(): WorkerError {
  return new WorkerError('LINKED', 'there is a link in the place of the file');
}
