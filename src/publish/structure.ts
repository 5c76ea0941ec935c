/** The collections of a publication: those that were named with all that is below them, and what of it is official. */
import { ownsName, ownerOfName } from '../access/readable.ts';
import type { Identity } from '../access/principal.ts';
import type { OfferedRepository } from '../access/policy.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { CollectionInfo } from '../butler/collection.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import { namedCollections } from '../transfer/collection-structure.ts';
import type { ManifestCollection } from './manifest.ts';

/** Of all chains together, as a manifest says each of them. */
const MOST_CHILDREN = 1_000_000;

export interface PublishedStructure {
  /** All of the manifest; of official ones, those alone that chains hold. */
  readonly collections: readonly ManifestCollection[];
  /** Names of those with datasets that are published. */
  readonly leaves: readonly string[];
  /** TAGGED and CALIBRATION ones of them, as the source has them. */
  readonly memberships: readonly CollectionInfo[];
  /** Names of all that is official in the source, among those that were named. */
  readonly official: ReadonlySet<string>;
  /** Official chains that are given as what is in them. */
  readonly flattened: readonly string[];
}

/** @throws SatelliteError MISSING_COLLECTION, COLLECTION_CYCLE; BAD_USER_INPUT where chains have far too many children */
export async function publishedStructure(
  source: Repository,
  names: readonly string[],
  isOfficial: (names: readonly string[]) => Promise<ReadonlySet<string>>,
  ctx: QueryContext,
): Promise<PublishedStructure> {
  const search = { collections: names, datasetTypes: [], findFirst: false };
  const found = await namedCollections(source, { search }, ctx);
  const byName = new Map(found.map((info) => [info.name, info]));
  const official = await isOfficial([...byName.keys()]);
  const flattened = new Set<string>();
  let looked = 0;
  /** In the place of official chains, what they hold; each once, however many of them hold it. */
  const inPlaceOf = (children: readonly string[]): readonly string[] => {
    const seen = new Set<string>();
    const leaves: string[] = [];
    const open = children.toReversed();
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      if ((looked += 1) > MOST_CHILDREN) throw tooMany();
      const info = byName.get(name)!;
      if (info.type === 'CHAINED' && official.has(name)) {
        flattened.add(name);
        open.push(...info.children.toReversed());
      } else leaves.push(name);
    }
    return leaves;
  };
  const collections = found
    .filter(({ name, type }) => !official.has(name) || type !== 'CHAINED')
    .map(({ name, type, doc, children }) => ({
      name,
      type,
      doc,
      children: inPlaceOf(children),
      isOfficial: official.has(name),
    }));
  const leaves = collections.filter(({ type, isOfficial: is }) => !is && type !== 'CHAINED').map(({ name }) => name);
  const memberships =
    leaves.length === 0
      ? []
      : await source.collections({ search: leaves, types: ['TAGGED', 'CALIBRATION'], includeSummary: true }, ctx);
  return { collections, leaves, memberships, official, flattened: [...flattened] };
}

function tooMany(): SatelliteError {
  return new SatelliteError(
    'BAD_USER_INPUT',
    `The chains, with what is in official ones in their place, have more than ${MOST_CHILDREN} children: publish fewer of them.`,
  );
}

/**
 * Which names are official by what a manifest says of its collections: the source is compared with it without asking official
 * repositories, which nobody but its submitter may be able to.  What the manifest does not have was official when it was made,
 * or is new, which the comparison tells by what it counts.
 */
export function officialAsFrozen(
  collections: readonly Pick<ManifestCollection, 'name' | 'isOfficial'>[],
): (names: readonly string[]) => Promise<ReadonlySet<string>> {
  const own = new Set(collections.filter(({ isOfficial }) => !isOfficial).map(({ name }) => name));
  return (names) => Promise.resolve(new Set(names.filter((name) => ownerOfName(name) === null && !own.has(name))));
}

/**
 * Which names are those of official collections, and of whose repositories.  What belongs to somebody by its name never is.
 * @param used told the repositories that have some of them
 */
export function officialNames(
  official: readonly OfferedRepository[],
  who: Identity,
  ctx: QueryContext,
  used: (repository: string) => void,
): (names: readonly string[]) => Promise<ReadonlySet<string>> {
  const known = new Map<string, Promise<ReadonlySet<string>>>();
  const namesOf = (offered: OfferedRepository) => {
    const names =
      known.get(offered.name) ??
      offered.repository
        .collections({ search: ['*'], includeChains: true }, ctx)
        .then((infos) => new Set(infos.map(({ name }) => name)));
    known.set(offered.name, names);
    return names;
  };
  return async (names) => {
    const candidates = names.filter((name) => !ownsName(who, name) && ownerOfName(name) === null);
    const found = new Set<string>();
    if (candidates.length === 0) return found;
    for (const offered of official) {
      const there = await namesOf(offered);
      const held = candidates.filter((name) => there.has(name));
      if (held.length > 0) used(offered.name);
      for (const name of held) found.add(name);
    }
    return found;
  };
}
