/**
 * The collections of several repositories as one set of names: contents are united, a
 * chain's definition is the earlier repository's, and one name has one type.
 */
import type { CollectionInfo } from '../../butler/collection.ts';
import { isGlob } from '../../butler/glob.ts';
import { ButlerUserError, SatelliteError } from '../../butler/errors.ts';
import type { CollectionQuery, QueryContext, Repository } from '../repository.ts';

/** One name, as each repository that has it describes it, in search order. */
export interface UnitedCollection {
  /** The earliest repository's description; of a chain, its definition. */
  readonly info: CollectionInfo;
  readonly holders: readonly { readonly repository: Repository; readonly info: CollectionInfo }[];
}

export interface DirectoryOptions {
  /** Whether chains are followed down to what they hold. */
  readonly follow: boolean;
  readonly parents?: boolean;
  readonly summary?: boolean;
}

/** What the repositories have of the collections that a search names. */
export class CollectionDirectory {
  readonly #repositories: readonly Repository[];
  readonly #options: DirectoryOptions;
  /** For each repository: name → description, null where it has no such collection. */
  readonly #known: ReadonlyMap<Repository, Map<string, CollectionInfo | null>>;
  readonly #complete = new Set<Repository>();

  private constructor(repositories: readonly Repository[], options: DirectoryOptions) {
    this.#repositories = repositories;
    this.#options = options;
    this.#known = new Map(repositories.map((repository) => [repository, new Map()]));
  }

  /** Asks every repository for `search` (names and globs), and for what chains of others lead to. */
  static async read(
    repositories: readonly Repository[],
    search: readonly string[],
    options: DirectoryOptions,
    ctx: QueryContext,
  ): Promise<CollectionDirectory> {
    const directory = new CollectionDirectory(repositories, options);
    await Promise.all(repositories.map((repository) => directory.#ask(repository, search, ctx)));
    const missing = search.filter((name) => !isGlob(name) && !directory.get(name));
    await Promise.all(repositories.map((repository) => directory.#askAgain(repository, missing, ctx)));
    if (options.follow) await directory.#followChains(ctx);
    return directory;
  }

  /** The collection of that name; undefined where nobody has it. @throws ButlerUserError COLLECTION_TYPE for two types under it */
  get(name: string): UnitedCollection | undefined {
    const holders = this.#repositories.flatMap((repository) => {
      const info = this.#known.get(repository)!.get(name);
      return info ? [{ repository, info }] : [];
    });
    const first = holders[0];
    if (!first) return undefined;
    const other = holders.find((holder) => holder.info.type !== first.info.type);
    if (other) {
      throw new ButlerUserError(
        'COLLECTION_TYPE',
        `Collection '${name}' is ${first.info.type} in '${first.repository.name}' and ${other.info.type} in ` +
          `'${other.repository.name}': search one of them at a time, with 'repositories'.`,
      );
    }
    return { info: first.info, holders };
  }

  /** All names that were read, in no order. */
  names(): readonly string[] {
    const names = new Set<string>();
    for (const known of this.#known.values()) {
      for (const [name, info] of known) if (info) names.add(name);
    }
    return [...names];
  }

  async #followChains(ctx: QueryContext): Promise<void> {
    for (;;) {
      const reachable = this.#reachable();
      const asked = await Promise.all(
        this.#repositories.map(async (repository) => {
          const known = this.#known.get(repository)!;
          const names = this.#complete.has(repository) ? [] : reachable.filter((name) => !known.has(name));
          if (names.length > 0) await this.#ask(repository, names.map(asGlob), ctx);
          for (const name of names) if (!known.has(name)) known.set(name, null);
          return names.length;
        }),
      );
      if (asked.every((count) => count === 0)) return;
    }
  }

  /** Names read so far, and children of the chains' definitions that count. */
  #reachable(): readonly string[] {
    const names = this.names();
    return [...new Set([...names, ...names.flatMap((name) => this.get(name)!.info.children)])];
  }

  async #ask(repository: Repository, search: readonly string[], ctx: QueryContext): Promise<void> {
    if (search.includes('*')) this.#complete.add(repository);
    const isThere = await this.#add(repository, search, true, ctx);
    if (isThere || (search.length === 1 && !search.some(isGlob))) return;
    const globs = search.map((name) => (isGlob(name) ? name : asGlob(name)));
    await this.#add(repository, globs, true, ctx);
  }

  /** Names that nobody was known to have, so that what was just made is found. */
  async #askAgain(repository: Repository, missing: readonly string[], ctx: QueryContext): Promise<void> {
    if (!repository.isRemote) return;
    for (const name of missing) await this.#add(repository, [name], false, ctx);
  }

  /** @returns whether the repository has all plain names; else nothing is added */
  async #add(
    repository: Repository,
    search: readonly string[],
    takesAsMissing: boolean,
    ctx: QueryContext,
  ): Promise<boolean> {
    const known = this.#known.get(repository)!;
    const query: CollectionQuery = {
      search,
      flattenChains: this.#options.follow,
      includeChains: true,
      includeParents: this.#options.parents ?? false,
      includeSummary: this.#options.summary ?? false,
      takesAsMissing,
    };
    try {
      for (const info of await repository.collections(query, ctx)) known.set(info.name, info);
      return true;
    } catch (error) {
      if (error instanceof SatelliteError && error.code === 'MISSING_COLLECTION') return false;
      throw error;
    }
  }
}

/** A glob that matches this name only: a glob may match nothing, where a plain name that is missing is an error. */
function asGlob(name: string): string {
  return name.replace(/[^!\]^[]/, '[$&]');
}

/** A collection's name as a term of a search: some names read like globs. */
export function asSearchedName(name: string): string {
  return name.replace(/[*?[]/g, '[$&]');
}
