/** An `ArtifactStore` in a directory. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, realpath, rename, rmdir, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { RepositoryUnavailableError, SatelliteError } from '../../../butler/errors.ts';
import type { ByteRange, FileSource } from '../../rows.ts';
import { artifactPath, isArtifact, TEMPORARY_PREFIX } from './artifact-path.ts';
import type {
  ArtifactContent,
  ArtifactStore,
  ListedArtifact,
  StoredArtifact,
  UnfinishedArtifact,
} from './artifact-store.ts';
import { OpenDirectory } from './directory-walk.ts';
import { Measured, measuredContent } from './measured.ts';
import { SharedDirectories, type DirectoryInUse } from './shared-directories.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
/** A directory may go while a file is about to be made in it, because it had become empty: it is made again. */
const ATTEMPTS = 10;

/** Files of a directory that are looked at at once. */
const STATS_AT_ONCE = 64;

/** What is written at once, at least: what comes over a network comes in small chunks. */
const WRITE_BYTES = 2 ** 20;

/** Whose the files become, and who may use them: what the gateway makes must be usable by the satellite's owner. */
export interface FileOwnership {
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Permission bits. Default: what the process' umask leaves. */
  readonly fileMode?: number;
  readonly directoryMode?: number;
}

export class FileArtifactStore implements ArtifactStore {
  readonly root: string;
  readonly #repository: string;
  readonly #ownership: FileOwnership;
  readonly #exactRoot: boolean;
  readonly #shared: SharedDirectories;

  /**
   * @param root absolute path of a directory that exists when it is used
   * @param exactRoot whether the path of the root is a real one, in which no link may be put
   */
  constructor(repository: string, root: string, ownership: FileOwnership = {}, exactRoot: boolean = false) {
    this.#repository = repository;
    this.root = root;
    this.#ownership = ownership;
    this.#exactRoot = exactRoot;
    this.#shared = new SharedDirectories({ path: root, exact: exactRoot });
  }

  async stat(path: string, signal: AbortSignal): Promise<StoredArtifact | null> {
    const opened = await this.#open(path, signal);
    if (!opened) return null;
    await opened.file.close();
    return opened.stored;
  }

  async read(path: string, range: ByteRange | null, signal: AbortSignal): Promise<Readable> {
    const opened = await this.#open(path, signal);
    if (!opened) throw noSuchArtifact(path);
    return opened.file.createReadStream({ ...range, signal });
  }

  async measure(path: string, signal: AbortSignal): Promise<ArtifactContent> {
    return measuredContent(await this.read(path, null, signal));
  }

  async write(
    path: string,
    bytes: AsyncIterable<Uint8Array>,
    expected: Partial<ArtifactContent>,
    signal: AbortSignal,
  ): Promise<StoredArtifact> {
    const { path: normal, directories, name } = artifactPath(path);
    const measured = new Measured(normal, expected);
    const temporary = `${TEMPORARY_PREFIX}${randomUUID()}`;
    try {
      const { inUse, file } = await this.#create(directories, temporary);
      await using _ = inUse;
      const { directory } = inUse;
      try {
        await this.#fill(file, measured.pass(bytes, signal));
        signal.throwIfAborted();
        await rename(directory.at(temporary), directory.at(name));
      } catch (error) {
        await unlink(directory.at(temporary)).catch(() => undefined);
        throw error;
      }
      await directory.sync();
      return { path: normal, size: measured.size };
    } catch (error) {
      throw measured.failedWith(error) ? error : this.#failure(error, normal);
    }
  }

  async address(): Promise<null> {
    return null;
  }

  async copyWithin(_url: string, path: string): Promise<boolean> {
    artifactPath(path);
    return false;
  }

  async remove(paths: readonly string[], signal: AbortSignal): Promise<void> {
    const byDirectory = Map.groupBy(paths.map(artifactPath), ({ directories }) => directories.join('/'));
    for (const artifacts of byDirectory.values()) {
      signal.throwIfAborted();
      await this.#unlink(
        artifacts[0]!.directories,
        artifacts.map(({ name }) => name),
      );
    }
  }

  async *list(directory: string, signal: AbortSignal): AsyncGenerator<ListedArtifact> {
    for await (const file of this.#files(namesOf(directory), signal)) if (isArtifact(file.path)) yield file;
  }

  async *unfinished(before: Date, signal: AbortSignal, directory = ''): AsyncGenerator<UnfinishedArtifact> {
    for await (const { path, modified } of this.#files(namesOf(directory), signal)) {
      const names = path.split('/');
      const name = names.pop()!;
      if (!name.startsWith(TEMPORARY_PREFIX) || modified >= before) continue;
      yield { path: names.join('/'), remove: () => this.#unlink(names, [name]) };
    }
  }

  async source(path: string, signal: AbortSignal): Promise<FileSource | null> {
    const stored = await this.stat(path, signal);
    return (
      stored && {
        kind: 'path',
        path: join(this.#exactRoot ? this.root : await realpath(this.root), stored.path),
        size: stored.size,
      }
    );
  }

  async signedUpload(path: string): Promise<null> {
    artifactPath(path);
    return null;
  }

  #enter(names: readonly string[]): Promise<OpenDirectory> {
    return OpenDirectory.enter({ path: this.root, exact: this.#exactRoot }, names);
  }

  /** Null where there is no such file. */
  async #open(path: string, signal: AbortSignal): Promise<{ file: FileHandle; stored: StoredArtifact } | null> {
    const { path: normal, directories, name } = artifactPath(path);
    signal.throwIfAborted();
    try {
      await using inUse = await this.#shared.enter(directories);
      // Not to be held up by a pipe of that name.
      const file = await open(inUse.directory.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      const information = await file.stat();
      if (information.isFile()) return { file, stored: { path: normal, size: information.size } };
      await file.close();
      return null;
    } catch (error) {
      if (isMissing(error)) return null;
      throw this.#failure(error, normal);
    }
  }

  async #create(
    directories: readonly string[],
    temporary: string,
  ): Promise<{ readonly inUse: DirectoryInUse; readonly file: FileHandle }> {
    const made = { mode: this.#ownership.directoryMode, owner: this.#ownership.owner };
    for (let attempt = 1; ; attempt += 1) {
      let inUse: DirectoryInUse | undefined;
      try {
        inUse = await this.#shared.enter(directories, made);
        const file = await open(inUse.directory.at(temporary), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
        return { inUse, file };
      } catch (error) {
        await inUse?.[Symbol.asyncDispose]();
        if (!isMissing(error) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #fill(file: FileHandle, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      const { owner, fileMode } = this.#ownership;
      for await (const chunks of inParts(bytes, WRITE_BYTES)) await writeAll(file, chunks);
      if (fileMode !== undefined) await file.chmod(fileMode);
      if (owner) await file.chown(owner.uid, owner.gid);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #unlink(directories: readonly string[], names: readonly string[]): Promise<void> {
    try {
      await using directory = await this.#enter(directories);
      for (const name of names) await unlink(directory.at(name)).catch(unlessMissing);
      await directory.sync();
      await this.#prune(directories);
    } catch (error) {
      if (!isMissing(error)) throw this.#failure(error, [...directories, names[0]].join('/'));
    }
  }

  /** Removes directories that are empty now, from the innermost on; the root stays. */
  async #prune(directories: readonly string[]): Promise<void> {
    for (let depth = directories.length; depth > 0; depth -= 1) {
      await using parent = await this.#enter(directories.slice(0, depth - 1));
      try {
        await rmdir(parent.at(directories[depth - 1]!));
      } catch (error) {
        if (['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(errno(error) ?? '')) return;
        unlessMissing(error);
      }
    }
  }

  /** All files below a directory; links are not followed. @param parent the one that it is in, where that is open */
  async *#files(names: readonly string[], signal: AbortSignal, parent?: OpenDirectory): AsyncGenerator<ListedArtifact> {
    signal.throwIfAborted();
    let directory: OpenDirectory | undefined;
    try {
      directory = await (parent ? parent.child(names.at(-1)!) : this.#enter(names));
      const entries = await readdir(directory.at('.'), { withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      for (let i = 0; i < files.length; i += STATS_AT_ONCE) {
        signal.throwIfAborted();
        const batch = files.slice(i, i + STATS_AT_ONCE).map(({ name }) => name);
        const found = await Promise.all(batch.map((name) => lstat(directory!.at(name)).catch(unlessMissing)));
        for (const [k, information] of found.entries()) {
          if (!information) continue;
          yield { path: [...names, batch[k]!].join('/'), size: information.size, modified: information.mtime };
        }
      }
      for (const entry of entries) {
        if (entry.isDirectory()) yield* this.#files([...names, entry.name], signal, directory);
      }
    } catch (error) {
      // Removed meanwhile.
      if (isMissing(error)) return;
      throw this.#failure(error, names.join('/'));
    } finally {
      await directory?.[Symbol.asyncDispose]();
    }
  }

  #failure(error: unknown, path: string): unknown {
    const code = errno(error);
    if (code === undefined) return error;
    if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) {
      return new SatelliteError(
        'QUOTA_EXCEEDED',
        `There is no space left for '${path}' in repository '${this.#repository}'. Remove datasets, or ask for more.`,
        { repository: this.#repository, cause: error },
      );
    }
    if (['ELOOP', 'ENOTDIR', 'EISDIR', 'EMLINK'].includes(code)) {
      return new SatelliteError(
        'BAD_USER_INPUT',
        `'${path}' cannot be a file of repository '${this.#repository}': a link, a file or a directory is in its place.`,
        { repository: this.#repository, cause: error },
      );
    }
    return new RepositoryUnavailableError(
      this.#repository,
      `The files of repository '${this.#repository}' cannot be used now (${code}). Try again later.`,
      { cause: error },
    );
  }
}

/** Names of a directory and those that it is in. @param directory '' for the root */
function namesOf(directory: string): readonly string[] {
  return directory === '' ? [] : artifactPath(`${directory.replace(/\/$/, '')}/x`).directories;
}

/** The same chunks in groups of `least` bytes or more, but for the last. */
async function* inParts(bytes: AsyncIterable<Uint8Array>, least: number): AsyncGenerator<readonly Uint8Array[]> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    chunks.push(chunk);
    size += chunk.length;
    if (size < least) continue;
    yield chunks;
    chunks = [];
    size = 0;
  }
  if (size > 0) yield chunks;
}

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  const { bytesWritten } = await file.writev(chunks);
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  // A full disk or a quota takes a part: the rest says why it does not go.
  if (bytesWritten < size) await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}

/** What reading a file that is not there gives, in every store. */
export function noSuchArtifact(path: string): SatelliteError {
  return new SatelliteError('NOT_FOUND', `There is no file '${path}' in the repository's store.`);
}

/** The name of a failed system call's error; undefined for other errors. */
function errno(error: unknown): string | undefined {
  return error instanceof Error && 'errno' in error ? (error as NodeJS.ErrnoException).code : undefined;
}

function isMissing(error: unknown): boolean {
  return errno(error) === 'ENOENT';
}

function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}
