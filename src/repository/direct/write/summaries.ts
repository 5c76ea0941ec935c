/** Summaries of what collections may hold; rows of datasets refer to them, so they come first. */
import sql from 'sql-template-tag';
import type { DataIdValue } from '../../../butler/data-id.ts';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import type { Insertion } from '../database.ts';
import type { StoredDataset } from './stored-datasets.ts';

/** A dataset of a collection, as far as the summaries go. */
export interface SummarisedDataset {
  readonly collection: bigint;
  readonly datasetType: bigint;
  readonly dimensions: DimensionGroup;
  /** Values of the required dimensions, in order. */
  readonly values: readonly DataIdValue[];
}

/** Datasets as they are in a collection, which need not be their run. */
export function summarisedIn(
  collection: bigint,
  datasets: readonly Pick<StoredDataset, 'datasetType' | 'values'>[],
): readonly SummarisedDataset[] {
  return datasets.map(({ datasetType, values }) => ({
    collection,
    datasetType: datasetType.id,
    dimensions: datasetType.dimensions,
    values,
  }));
}

export function* summaryInsertions(datasets: Iterable<SummarisedDataset>): Generator<Insertion> {
  const types = new Map<string, [bigint, bigint]>();
  const governors = new Map<string, Map<string, [bigint, DataIdValue]>>();
  let last: SummarisedDataset | undefined;
  for (const dataset of datasets) {
    const { collection, datasetType, dimensions, values } = dataset;
    const before = last?.collection === collection && last.datasetType === datasetType ? last.values : undefined;
    if (!before) types.set(`${collection},${datasetType}`, [collection, datasetType]);
    last = dataset;
    for (const governor of dimensions.governors) {
      const at = dimensions.required.indexOf(governor);
      const value = values[at];
      if (value === undefined || value === before?.[at]) continue;
      const known = governors.get(governor) ?? new Map<string, [bigint, DataIdValue]>();
      governors.set(governor, known.set(`${collection},${value}`, [collection, value]));
    }
  }
  const into = (name: string, columns: readonly string[], rows: Iterable<[bigint, DataIdValue]>): Insertion => ({
    table: `collection_summary_${name}`,
    columns,
    // In one order, so that two writers do not wait for each other's rows.
    rows: [...rows].sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1)),
    suffix: sql`ON CONFLICT DO NOTHING`,
  });
  if (types.size === 0) return;
  yield into('dataset_type', ['collection_id', 'dataset_type_id'], types.values());
  for (const governor of [...governors.keys()].sort()) {
    yield into(governor, ['collection_id', governor], governors.get(governor)!.values());
  }
}
