/** Names of a source that a satellite does not take: told with what else is in the way, before anything is written. */
import { SatelliteError } from '../butler/errors.ts';
import type { Universe } from '../butler/universe.ts';
import { checkedDatasetType } from '../repository/direct/write/dataset-types.ts';
import { checkCollectionName } from '../repository/direct/write/names.ts';
import type { DatasetTypeDefinition } from '../repository/writeable-repository.ts';

/** Why no new collection can have the name; undefined where one can. */
export function unfitCollection(name: string): string | undefined {
  return refusalOf(() => checkCollectionName(name));
}

/** Why the dataset type cannot be registered; undefined where it can. */
export function unfitDatasetType(universe: Universe, definition: DatasetTypeDefinition): string | undefined {
  return refusalOf(() => void checkedDatasetType(universe, definition));
}

function refusalOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof SatelliteError) return `${error.message} Transfer without it, or rename it in the source.`;
    throw error;
  }
}
