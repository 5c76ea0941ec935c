/** The collections that a transfer brings: those that its search names, chains with all that is below them. */
import { childrenFirst, circularChain } from '../butler/chains.ts';
import type { CollectionInfo } from '../butler/collection.ts';
import { ButlerUserError } from '../butler/errors.ts';
import { isGlob } from '../butler/glob.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { WriteableRepository } from '../repository/writeable-repository.ts';
import type { SelectedDatasets, TransferConflict } from './service.ts';
import { unfitCollection } from './unfit-names.ts';

/** By name; a chain comes after its children. */
export type CollectionStructure = readonly CollectionInfo[];

/**
 * Collections that the search names (globs name none), and for chains everything below them, also what is empty.  A
 * selection by UUIDs names none.
 * @throws ButlerUserError MISSING_COLLECTION; COLLECTION_CYCLE where a chain holds itself, which Butler writes nowhere
 */
export async function namedCollections(
  source: Repository,
  selection: SelectedDatasets,
  ctx: QueryContext,
): Promise<CollectionStructure> {
  const names = 'search' in selection ? selection.search.collections.filter((name) => !isGlob(name)) : [];
  const found = new Map<string, CollectionInfo>();
  for (let asked = [...new Set(names)]; asked.length > 0;) {
    const infos = await source.collections({ search: asked, includeChains: true }, ctx);
    for (const info of infos) found.set(info.name, info);
    asked = [...new Set(infos.flatMap((info) => info.children))].filter((name) => !found.has(name));
  }
  const circular = circularChain(found);
  if (circular !== undefined) {
    throw new ButlerUserError(
      'COLLECTION_CYCLE',
      `Chain '${circular}' holds itself, or a chain that does: take it out of one of its children.`,
    );
  }
  return childrenFirst(found);
}

/**
 * TAGGED and CALIBRATION collections whose membership comes along: those on the search path; for UUIDs those within which they
 * are said to be, or all that there are.
 */
export async function membershipCollections(
  source: Repository,
  selection: SelectedDatasets,
  ctx: QueryContext,
): Promise<readonly CollectionInfo[]> {
  const search = 'search' in selection ? selection.search.collections : (selection.within ?? ['*']);
  const types = ['TAGGED', 'CALIBRATION'] as const;
  return source.collections({ search, types, flattenChains: true, includeSummary: true }, ctx);
}

/** Why the satellite cannot take these collections. Reads only. */
export async function collectionConflicts(
  satellite: Repository,
  structure: readonly CollectionInfo[],
  ctx: QueryContext,
): Promise<readonly TransferConflict[]> {
  const there = await collectionsByName(satellite, ctx);
  return structure.flatMap((coming) => {
    const reason = conflictOf(coming, there.get(coming.name));
    return reason === undefined ? [] : [{ reason }];
  });
}

/** Everything that a repository has, by name, with summaries. */
export async function collectionsByName(
  repository: Repository,
  ctx: QueryContext,
): Promise<ReadonlyMap<string, CollectionInfo>> {
  const query = { search: ['*'], includeChains: true, includeSummary: true };
  return new Map((await repository.collections(query, ctx)).map((info) => [info.name, info]));
}

/** Registers collections that are not there, without the children of chains. */
export async function registerCollections(
  satellite: WriteableRepository,
  collections: readonly CollectionInfo[],
  ctx: QueryContext,
): Promise<void> {
  const there = await collectionsByName(satellite, ctx);
  for (const { name, type, doc } of collections) {
    if (there.get(name)?.type === type) continue;
    await satellite.registerCollection({ name, type, ...(doc !== '' && { doc }) }, ctx);
  }
}

/**
 * Gives the chains that are new, or still without children, theirs.
 * @throws SatelliteError CONFLICT where somebody has given one others since the transfer was planned
 */
export async function setChains(
  satellite: WriteableRepository,
  structure: CollectionStructure,
  ctx: QueryContext,
): Promise<void> {
  const there = await collectionsByName(satellite, ctx);
  for (const { name, type, children } of structure) {
    if (type !== 'CHAINED' || isSame(there.get(name)?.children ?? [], children)) continue;
    await satellite.setCollectionChain(name, children, 'DEFINE', ctx);
  }
}

/** A chain without children is one that an interrupted transfer left, or nobody's loss. */
function conflictOf(coming: CollectionInfo, there: CollectionInfo | undefined): string | undefined {
  if (there === undefined) return unfitCollection(coming.name);
  if (there.type !== coming.type) {
    return `Collection '${coming.name}' is ${there.type} in the satellite, but ${coming.type} in the source.`;
  }
  if (there.children.length === 0 || isSame(there.children, coming.children)) return undefined;
  return (
    `Chain '${coming.name}' has other children in the satellite (${there.children.join(', ')}) than in the source ` +
    `(${coming.children.join(', ')}): rename or remove it, or transfer without collections.`
  );
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
