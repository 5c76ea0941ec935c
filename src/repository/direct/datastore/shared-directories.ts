/** Directories below one root that several use at once: who comes while one is open need not go the whole way to it again. */
import { OpenDirectory, type MadeDirectory, type Root } from './directory-walk.ts';

/** For as long as it is not disposed. */
export interface DirectoryInUse extends AsyncDisposable {
  readonly directory: OpenDirectory;
}

interface Shared {
  readonly opened: Promise<{ readonly directory: OpenDirectory; readonly place: string | null }>;
  users: number;
}

export class SharedDirectories {
  readonly #root: Root;
  readonly #open = new Map<string, Shared>();

  constructor(root: Root) {
    this.#root = root;
  }

  /** `OpenDirectory.enter`: what is shared is still in its place, so that a link put there meanwhile is seen by whoever comes. */
  async enter(names: readonly string[], make?: MadeDirectory): Promise<DirectoryInUse> {
    // Who makes no directories may find none, which is nothing to those who do.
    const key = `${make ? '+' : ''}${names.join('/')}`;
    const there = this.#open.get(key);
    if (there) {
      const found = await this.#use(key, there);
      if (found.place !== null && found.place === (await placeOf(found.directory))) return found;
      this.#forget(key, there);
      await found[Symbol.asyncDispose]();
    }
    const opened = OpenDirectory.enter(this.#root, names, make).then(async (directory) => ({
      directory,
      place: await placeOf(directory),
    }));
    const shared = { opened, users: 0 };
    this.#open.set(key, shared);
    return this.#use(key, shared);
  }

  async #use(key: string, shared: Shared): Promise<DirectoryInUse & { readonly place: string | null }> {
    shared.users += 1;
    const leave = async (): Promise<void> => {
      shared.users -= 1;
      if (shared.users > 0) return;
      this.#forget(key, shared);
      await (await shared.opened).directory[Symbol.asyncDispose]();
    };
    try {
      return { ...(await shared.opened), [Symbol.asyncDispose]: leave };
    } catch (error) {
      this.#forget(key, shared);
      throw error;
    }
  }

  #forget(key: string, shared: Shared): void {
    if (this.#open.get(key) === shared) this.#open.delete(key);
  }
}

async function placeOf(directory: OpenDirectory): Promise<string | null> {
  return directory.place().catch(() => null);
}
