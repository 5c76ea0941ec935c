/**
 * Directories below a root, entered one name at a time and held open, so that no link on the way and none that is put
 * there meanwhile leads elsewhere.
 */
import { constants, existsSync } from 'node:fs';
import { mkdir, open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
/** Linux gives names in an open directory as paths; elsewhere a name is resolved anew, and links are refused each time. */
const OPEN_DIRECTORIES = '/proc/self/fd';
const hasOpenDirectories = existsSync(OPEN_DIRECTORIES);

/** What directories get that are made. */
export interface MadeDirectory {
  readonly mode: number | undefined;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

/** A directory below which everything is. */
export interface Root {
  /** Absolute. */
  readonly path: string;
  readonly exact: boolean;
}

export class OpenDirectory implements AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle;
  #syncing: Promise<void> | undefined;
  #nextSync: Promise<void> | undefined;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /**
   * Opens `root` and goes down from it.
   * @param root `exact`: its path is a real one, in which no link may be put; else it may be or go by links
   * @param make makes what is missing, durable; without it a missing directory is an ENOENT
   * @throws ENOTDIR or ELOOP where a name on the way is a link or a file
   */
  static async enter(root: Root, names: readonly string[], make?: MadeDirectory): Promise<OpenDirectory> {
    let directory = await OpenDirectory.#root(root);
    for (const name of names) {
      await using left = directory;
      directory = await left.#child(name, make);
    }
    return directory;
  }

  static async #root({ path, exact }: Root): Promise<OpenDirectory> {
    const directory = new OpenDirectory(path, await open(path, O_RDONLY | O_DIRECTORY));
    if (!exact || (await realpath(directory.at('.'))) === path) return directory;
    await directory[Symbol.asyncDispose]();
    throw Object.assign(new Error('a link leads to another directory'), { code: 'ELOOP', errno: 0 });
  }

  /** One in it; this one stays open. @throws ENOTDIR or ELOOP where the name is a link or a file */
  child(name: string): Promise<OpenDirectory> {
    return this.#child(name, undefined);
  }

  /** A path to `name` in this very directory. */
  at(name: string): string {
    return hasOpenDirectories ? join(OPEN_DIRECTORIES, String(this.#handle.fd), name) : join(this.#path, name);
  }

  /** Where it is now, with no link in it; null where the system does not tell. */
  async place(): Promise<string | null> {
    return hasOpenDirectories ? readlink(join(OPEN_DIRECTORIES, String(this.#handle.fd))) : null;
  }

  /** Makes it a user's and a group's. */
  giveTo(uid: number, gid: number): Promise<void> {
    return this.#handle.chown(uid, gid);
  }

  /** Makes new and lost names in it durable.  Those who ask while that is done for others wait for one more, together. */
  sync(): Promise<void> {
    if (!this.#syncing) {
      this.#syncing = this.#handle.sync().finally(() => (this.#syncing = undefined));
      return this.#syncing;
    }
    // The one under way may have begun before their names were there.
    return (this.#nextSync ??= this.#syncing
      .catch(() => undefined)
      .then(() => {
        this.#nextSync = undefined;
        return this.sync();
      }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  async #child(name: string, make: MadeDirectory | undefined): Promise<OpenDirectory> {
    const path = this.at(name);
    const opened = () => open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      return new OpenDirectory(join(this.#path, name), await opened());
    } catch (error) {
      if (!make || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    let isNew = true;
    await mkdir(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      isNew = false;
    });
    const handle = await opened();
    try {
      if (isNew) {
        if (make.mode !== undefined) await handle.chmod(make.mode);
        if (make.owner) await handle.chown(make.owner.uid, make.owner.gid);
        await this.sync();
      }
      return new OpenDirectory(join(this.#path, name), handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}
