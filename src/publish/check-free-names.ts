/** Whether collections can have their names beside those of other repositories, which everybody searches together. */
import type { OfferedRepository } from '../access/policy.ts';
import { ownerOfName } from '../access/readable.ts';
import type { CollectionInfo } from '../butler/collection.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { QueryContext } from '../repository/repository.ts';
import { listed } from './check-names.ts';
import type { ManifestCollection } from './manifest.ts';
import type { PublicationCheck } from './publication.ts';

/**
 * Of a name with two types, every search over both repositories fails; and nobody's name would be taken for what is official.
 * @param others repositories of the configuration that are nobody's, but for the published one
 * @param official those that exist for the submitter
 * @param ctx of the submitter
 * @returns null where nothing is wrong
 */
export async function checkFreeNames(
  collections: readonly Pick<ManifestCollection, 'name' | 'type' | 'isOfficial'>[],
  others: readonly OfferedRepository[],
  official: readonly OfferedRepository[],
  ctx: QueryContext,
): Promise<PublicationCheck | null> {
  const taken = new Set<string>();
  for (const other of others) {
    const isVisible = official.some(({ name }) => name === other.name);
    const there = await collectionsOf(other, isVisible, ctx);
    for (const { name, type, isOfficial } of collections) {
      const known = there.get(name);
      if (!known) continue;
      if (known.type !== type && isOfficial && isVisible) return otherType(name, type, known.type, other.name);
      if (known.type !== type || (!isOfficial && ownerOfName(name) === null)) taken.add(name);
    }
  }
  if (taken.size === 0) return null;
  const message = `${listed([...taken])}: such a name is not free. Choose another one, best below 'u/NAME/' or 'g/GROUP/'.`;
  return { code: 'NAMES', state: 'FAILED', message };
}

function otherType(name: string, here: string, there: string, repository: string): PublicationCheck {
  const message = `'${name}' is ${there} in '${repository}' and ${here} in what you publish: rename yours, or take it out of the chains.`;
  return { code: 'NAMES', state: 'FAILED', message };
}

/** By name; nothing where a repository that does not exist for the submitter cannot be asked. */
async function collectionsOf(
  { repository }: OfferedRepository,
  isVisible: boolean,
  ctx: QueryContext,
): Promise<ReadonlyMap<string, CollectionInfo>> {
  const all = { search: ['*'], includeChains: true };
  const infos = isVisible
    ? await repository.collections(all, ctx)
    : await repository.collections(all, asService(ctx)).catch(notAsked);
  return new Map(infos.map((info) => [info.name, info]));
}

/** With the token of the gateway's own service, where a repository's server wants one. */
function asService({ caller: { username }, signal }: QueryContext): QueryContext {
  return { caller: { username, asService: true }, signal };
}

function notAsked(error: unknown): readonly CollectionInfo[] {
  if (error instanceof SatelliteError) return [];
  throw error;
}
