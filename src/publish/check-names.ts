/** Checks of what a publication is called and what is called so already. */
import type { Identity } from '../access/principal.ts';
import { ownerOfName, ownsName } from '../access/readable.ts';
import type { DatasetType } from '../butler/dataset-type.ts';
import type { CollectionInfo } from '../butler/collection.ts';
import type { DatasetTypeDefinition } from '../repository/writeable-repository.ts';
import type { ManifestCollection } from './manifest.ts';
import type { PublicationCheck, Readers } from './publication.ts';

const NAMED = 5;

/** The first of some names, for people. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).map((name) => `'${name}'`);
  return names.length > NAMED ? `${shown.join(', ')} and ${names.length - NAMED} more` : shown.join(', ');
}

/** Whether the collections can have their names in a repository that everybody reads. */
export function checkNames(
  collections: readonly ManifestCollection[],
  official: readonly string[],
  { allUsers }: Readers,
  who: Identity,
): PublicationCheck {
  const code = 'NAMES';
  if (official.length > 0) {
    const message = `${listed(official)}: official collections stay where they are. Name collections of your own.`;
    return { code, state: 'FAILED', message };
  }
  const own = collections.filter(({ isOfficial }) => !isOfficial).map(({ name }) => name);
  const others = own.filter((name) => ownerOfName(name) !== null && !ownsName(who, name));
  if (others.length > 0) {
    const message = `${listed(others)}: such names belong to others. Rename them below 'u/${who.username}/' or 'g/GROUP/' of a group of yours.`;
    return { code, state: 'FAILED', message };
  }
  const free = own.filter((name) => ownerOfName(name) === null);
  if (free.length === 0) return { code, state: 'PASSED', message: 'All collections are their owner’s by their names.' };
  if (allUsers) {
    const message = `${listed(free)}: what is not below 'u/' or 'g/' is nobody's once it is published, and all users read it.`;
    return { code, state: 'WARNING', message };
  }
  const message = `${listed(free)}: all users read what is not below 'u/${who.username}/' or 'g/GROUP/'. Rename it, or choose all users as readers.`;
  return { code, state: 'FAILED', message };
}

/** Whether dataset types are elsewhere what they are here. @param there by the name of the repository */
export function checkDatasetTypes(
  types: readonly DatasetTypeDefinition[],
  there: ReadonlyMap<string, ReadonlyMap<string, DatasetType>>,
): PublicationCheck {
  const code = 'DATASET_TYPES';
  for (const [repository, known] of there) {
    for (const type of types) {
      const other = known.get(type.name);
      const difference = other && differenceOf(type, other);
      if (difference === undefined) continue;
      const message = `Dataset type '${type.name}' has ${difference} in '${repository}': give yours another name.`;
      return { code, state: 'FAILED', message };
    }
  }
  return { code, state: 'PASSED', message: 'No dataset type means something else in a repository that is there.' };
}

/** @param replaced names of collections that the version before published, and this one replaces */
export function checkCollections(
  collections: readonly ManifestCollection[],
  there: ReadonlyMap<string, CollectionInfo>,
  replaced: ReadonlySet<string>,
): readonly string[] {
  return collections.flatMap(({ name, type, isOfficial }) => {
    const other = there.get(name);
    if (!other || (other.type === type && (isOfficial || replaced.has(name)))) return [];
    return [name];
  });
}

function differenceOf(
  { dimensions, storageClass, isCalibration }: DatasetTypeDefinition,
  other: DatasetType,
): string | undefined {
  const { required } = other.dimensions;
  if (required.length !== dimensions.length || required.some((name) => !dimensions.includes(name))) {
    return `the dimensions {${required.join(', ')}} instead of {${dimensions.join(', ')}}`;
  }
  if (other.storageClass !== storageClass) {
    return `the storage class '${other.storageClass}' instead of '${storageClass}'`;
  }
  return other.isCalibration === isCalibration
    ? undefined
    : `another use: it is ${isCalibration ? 'no' : 'a'} calibration`;
}
