/** Which datasets a change is about: UUIDs, or a search like that of `datasets`. */
import type { DataId } from '../butler/data-id.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import { streamDatasets } from '../repository/search/streams.ts';

/** The arguments of `datasets` that choose; `bind` as plain JSON. */
export interface DatasetSelection {
  readonly datasetTypes: readonly string[];
  readonly collections: readonly string[];
  readonly where?: string;
  readonly bind?: Readonly<Record<string, unknown>>;
  readonly dataId?: DataId;
  readonly findFirst: boolean;
}

/** Either a search or UUIDs. */
export type SelectedDatasets =
  | { readonly search: DatasetSelection }
  | {
      readonly uuids: readonly string[];
      /** Collections of the source whose memberships of these datasets count; absent: all. */
      readonly within?: readonly string[];
    };

/** All datasets of some types in a collection. */
export function fullSelection(datasetTypes: readonly string[], collection: string): DatasetSelection {
  return { datasetTypes, collections: [collection], findFirst: false };
}

/** Most datasets that one call may change. */
const MOST = 1_000_000;

/**
 * UUIDs of the chosen datasets, each once.
 * @throws SatelliteError as the query field `datasets` does; BAD_USER_INPUT for more than a million
 */
export async function selectedUuids(
  repository: Repository,
  datasets: SelectedDatasets,
  query: QueryContext,
): Promise<readonly string[]> {
  if ('uuids' in datasets) return [...new Set(datasets.uuids)];
  const uuids = new Set<string>();
  for await (const rows of streamDatasets([repository], { ...datasets.search, implied: false }, query)) {
    for (const { uuid } of rows) uuids.add(uuid);
    if (uuids.size > MOST) {
      throw new SatelliteError('BAD_USER_INPUT', `The search chooses more than ${MOST} datasets: narrow it.`);
    }
  }
  return [...uuids];
}
