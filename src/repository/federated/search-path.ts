/** One search path over several repositories: which collections it leads to, in what order, and who holds them. */
import type { CollectionType } from '../../butler/collection.ts';
import { ButlerUserError } from '../../butler/errors.ts';
import { globToRegExp, isGlob } from '../../butler/glob.ts';
import { didYouMean } from '../../butler/nearest-name.ts';
import type { QueryContext, Repository } from '../repository.ts';
import { asSearchedName, CollectionDirectory, type UnitedCollection } from './collection-directory.ts';
import { compareText } from './key-order.ts';

/** A search path, flattened: no chains, each collection once. */
export class SearchPath {
  /** What the path means other than it may seem. */
  readonly warnings: readonly string[];
  readonly #collections: readonly UnitedCollection[];
  readonly #ranks: ReadonlyMap<string, number>;

  constructor(collections: readonly UnitedCollection[], warnings: readonly string[]) {
    this.warnings = warnings;
    this.#collections = collections;
    this.#ranks = new Map(collections.map(({ info }, rank) => [info.name, rank]));
  }

  /** The collections in order, with their types. */
  types(): readonly (readonly [name: string, type: CollectionType])[] {
    return this.#collections.map(({ info }) => [info.name, info.type]);
  }

  /** Dataset types that its collections have, by their summaries. */
  datasetTypes(): readonly string[] {
    const held = this.#collections.flatMap(({ holders }) => holders.flatMap(({ info }) => info.datasetTypes ?? []));
    return [...new Set(held)].sort(compareText);
  }

  /** Position of a collection in the path; smaller wins. */
  rankOf(collection: string): number {
    return this.#ranks.get(collection) ?? Infinity;
  }

  /** Collections of the path, in order, in which `repository` may have datasets of that type. */
  collectionsIn(repository: Repository, datasetType: string): readonly string[] {
    return this.#collections
      .filter(({ holders }) =>
        holders.some((h) => h.repository === repository && (h.info.datasetTypes?.includes(datasetType) ?? true)),
      )
      .map(({ info }) => info.name);
  }
}

/**
 * Resolves a search path over all repositories.
 * @param failed names of repositories that cannot answer: a collection that nobody else has may be theirs, and counts as
 * empty
 * @throws ButlerUserError MISSING_COLLECTION for a name that nobody has, COLLECTION_TYPE for one of two types
 */
export async function resolveSearchPath(
  repositories: readonly Repository[],
  collections: readonly string[],
  failed: readonly string[],
  ctx: QueryContext,
): Promise<SearchPath> {
  const search = countingTerms(collections);
  const directory = await CollectionDirectory.read(repositories, search, { follow: true, summary: true }, ctx);
  if (failed.length === 0) await refuseMissing(directory, repositories, search, ctx);
  return pathThrough(directory, search);
}

/**
 * The same of collections' names, some of which may read like globs.
 * @throws ButlerUserError as `resolveSearchPath`
 */
export async function resolveNamedPath(
  repositories: readonly Repository[],
  names: readonly string[],
  ctx: QueryContext,
): Promise<SearchPath> {
  const search = names.map(asSearchedName);
  const directory = await CollectionDirectory.read(repositories, search, { follow: true, summary: true }, ctx);
  const missing = names.find((name) => !directory.get(name));
  if (missing !== undefined) throw await missingCollection(repositories, missing, ctx);
  return pathThrough(directory, search);
}

function pathThrough(directory: CollectionDirectory, search: readonly string[]): SearchPath {
  const warnings: string[] = [];
  const leaves: UnitedCollection[] = [];
  for (const collection of walk(directory, search, true)) {
    if (collection.info.type === 'CHAINED') warnings.push(...hiddenDefinitions(collection));
    else leaves.push(collection);
  }
  return new SearchPath(leaves, warnings);
}

/** The terms that count: beside a lone `*`, stock Butler does not look at the others, whether they exist or not. */
export function countingTerms(search: readonly string[]): readonly string[] {
  return search.includes('*') ? ['*'] : search;
}

/**
 * Collections that `search` names, in the real stack's order: what globs match (by name), then plain names, each once;
 * with `flatten`, what a chain leads to follows it, depth first.
 */
export function walk(
  directory: CollectionDirectory,
  search: readonly string[],
  flatten: boolean,
): readonly UnitedCollection[] {
  const globs = search.filter(isGlob).map(globToRegExp);
  const matches = directory
    .names()
    .filter((name) => globs.some((glob) => glob.test(name)))
    .sort(compareText);
  const visited = new Set<string>();
  const found: UnitedCollection[] = [];
  const visit = (name: string): void => {
    const collection = visited.has(name) ? undefined : directory.get(name);
    if (!collection) return;
    visited.add(name);
    found.push(collection);
    if (flatten) collection.info.children.forEach(visit);
  };
  [...matches, ...search.filter((name) => !isGlob(name))].forEach(visit);
  return found;
}

/** @throws ButlerUserError MISSING_COLLECTION for the first plain name that no repository has */
export async function refuseMissing(
  directory: CollectionDirectory,
  repositories: readonly Repository[],
  search: readonly string[],
  ctx: QueryContext,
): Promise<void> {
  const missing = search.find((name) => !isGlob(name) && !directory.get(name));
  if (missing !== undefined) throw await missingCollection(repositories, missing, ctx);
}

/** The error for a collection that is nowhere; it names the nearest collection that the caller may see. */
export async function missingCollection(
  repositories: readonly Repository[],
  name: string,
  ctx: QueryContext,
): Promise<ButlerUserError> {
  const all = await CollectionDirectory.read(repositories, ['*'], { follow: false }, ctx);
  return new ButlerUserError(
    'MISSING_COLLECTION',
    `Collection '${name}' does not exist, or is not shared with you (signed in as ${ctx.caller.username}).` +
      didYouMean(name, all.names()),
  );
}

function hiddenDefinitions({ info, holders }: UnitedCollection): readonly string[] {
  const [first, ...others] = holders;
  return others
    .filter((other) => other.info.children.join('\n') !== info.children.join('\n'))
    .map(
      (other) =>
        `Chain '${info.name}' is searched as '${first!.repository.name}' defines it; ` +
        `'${other.repository.name}' has a chain of that name with other children, which is hidden.`,
    );
}
