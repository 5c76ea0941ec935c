/** Reading a file of a repository on this disk, whose directory its owner may change at any moment. */
import { constants } from 'node:fs';
import { open, readlink, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { SatelliteError } from '../butler/errors.ts';
import type { ByteRange } from './rows.ts';

const PART = 1 << 18;

/**
 * Bytes of a file that was found below a directory from which files are given.
 * @param file its real path, without links, and its size; a link that has been put in its way since is not followed
 * @throws SatelliteError NOT_FOUND where it is not there any more; the stream fails where it has become shorter
 */
export async function readLocalFile(
  { path, size }: { readonly path: string; readonly size: number },
  range: ByteRange | null,
  signal: AbortSignal,
): Promise<Readable> {
  const handle = await opened(path);
  if (!handle) throw new SatelliteError('NOT_FOUND', 'The file is not in the repository’s store any more.');
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const stream = Readable.from(bytesOf(handle, start, Math.min(end, size - 1), signal), { objectMode: false });
  // A generator that was never asked does not come to its own end.
  stream.once('close', () => void handle.close().catch(() => undefined));
  return stream;
}

/** Null where there is no such file, or another one than the path says. */
async function opened(path: string): Promise<FileHandle | null> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  // O_NOFOLLOW looks at the name alone: a directory above it may have been replaced by a link.
  const real = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => path);
  if (real === path) return handle;
  await handle.close();
  return null;
}

async function* bytesOf(handle: FileHandle, start: number, end: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (let at = start; at <= end;) {
    signal.throwIfAborted();
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(PART, end + 1 - at)), { position: at });
    if (bytesRead === 0) throw new Error('a file became shorter while it was read');
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
