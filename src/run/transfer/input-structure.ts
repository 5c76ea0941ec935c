/** The collections that a run's inputs were asked by, with all that is below them, as its search found them. */
import { childrenFirst } from '../../butler/chains.ts';
import type { CollectionInfo } from '../../butler/collection.ts';
import { CollectionDirectory } from '../../repository/federated/collection-directory.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { JoinedChanges, NewCollection } from '../../repository/writeable-repository.ts';
import type { CollectionStructure } from '../../transfer/collection-structure.ts';

/**
 * Of several repositories in search order: a chain is that of the first which has a collection of the name.
 * @returns with what their summaries tell, chains after what is below them; what none of them has (any more) is left out
 * @throws ButlerUserError COLLECTION_TYPE where a name has two types
 */
export async function inputStructure(
  inputs: readonly { readonly repository: Repository }[],
  names: readonly string[],
  ctx: QueryContext,
): Promise<CollectionStructure> {
  const repositories = inputs.map(({ repository }) => repository);
  const directory = await CollectionDirectory.read(repositories, names, { follow: true, summary: true }, ctx);
  const found = new Map<string, CollectionInfo>();
  const visit = (name: string): void => {
    const info = found.has(name) ? undefined : directory.get(name)?.info;
    if (!info) return;
    found.set(name, info);
    info.children.forEach(visit);
  };
  names.forEach(visit);
  return childrenFirst(found);
}

/** What of it a satellite does not have yet; chains of its own stay as they are. */
export function missingStructure(
  structure: CollectionStructure,
  there: ReadonlyMap<string, CollectionInfo>,
): Pick<JoinedChanges, 'collections' | 'chains'> {
  const missing = structure.filter(({ name }) => !there.has(name));
  const known = new Set(structure.map(({ name }) => name));
  return {
    collections: missing.map(({ name, type, doc }): NewCollection => ({ name, type, ...(doc !== '' && { doc }) })),
    chains: missing
      .filter(({ type }) => type === 'CHAINED')
      .map(({ name: parent, children }) => ({
        parent,
        children: children.filter((child) => known.has(child)),
        edit: 'REDEFINE' as const,
      })),
  };
}
