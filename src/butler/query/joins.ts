/** What is joined into a query: dimensions, dataset searches, and data IDs that the client sends along. */
import type { DataIdValue } from '../data-id.ts';
import type { DatasetType } from '../dataset-type.ts';
import type { DimensionGroup } from '../dimension-group.ts';
import { InvalidQueryError } from '../errors.ts';
import type { DataCoordinateUpload, DatasetSearch } from './tree.ts';

/** A search for datasets. */
export interface DatasetJoin {
  readonly datasetType: DatasetType;
  /** In search order, without globs. */
  readonly collections: readonly string[];
}

/** Data IDs to join like a table. */
export interface Upload {
  /** Names of the columns of `rows`: the required dimensions, in any order. */
  readonly dimensions: readonly string[];
  readonly rows: readonly (readonly DataIdValue[])[];
}

export interface Joined {
  readonly dimensions: DimensionGroup;
  readonly datasets: ReadonlyMap<string, DatasetSearch>;
  readonly uploads: readonly DataCoordinateUpload[];
}

/** @throws InvalidQueryError where the dataset type is joined already, with another search path. */
export function joinDataset(joined: Joined, { datasetType, collections }: DatasetJoin): Joined {
  const { name, dimensions } = datasetType;
  const known = joined.datasets.get(name);
  if (known) {
    if (known.collections.join('\n') === collections.join('\n')) return joined;
    throw new InvalidQueryError(
      `Dataset type '${name}' was already joined into this query with a different collection search path ` +
        `(previously [${known.collections.join(', ')}], now [${collections.join(', ')}]).`,
    );
  }
  return {
    ...joined,
    dimensions: joined.dimensions.union(dimensions),
    datasets: new Map([...joined.datasets, [name, { dimensions, collections }]]),
  };
}

/** @throws InvalidQueryError where there are no data IDs, or required dimensions are missing. */
export function joinUpload(joined: Joined, upload: Upload): Joined {
  if (upload.rows.length === 0) throw new InvalidQueryError('Cannot upload an empty data coordinate set.');
  const dimensions = joined.dimensions.universe.conform(upload.dimensions);
  const columns = dimensions.required.map((name) => upload.dimensions.indexOf(name));
  const missing = dimensions.required.filter((_, i) => columns[i] === -1);
  if (missing.length > 0) {
    throw new InvalidQueryError(`Uploaded data IDs lack the required dimension(s) ${missing.join(', ')}.`);
  }
  if (upload.rows.some((row) => row.length !== upload.dimensions.length)) {
    throw new InvalidQueryError(`Every uploaded data ID must have a value of ${upload.dimensions.join(', ')}.`);
  }
  const rows = upload.rows.map((row) => columns.map((column) => row[column]!));
  const distinct = new Map(rows.map((row) => [row.map((value) => `${typeof value} ${value}`).join('\0'), row]));
  return {
    ...joined,
    dimensions: joined.dimensions.union(dimensions),
    uploads: [...joined.uploads, { key: crypto.randomUUID(), dimensions, rows: [...distinct.values()] }],
  };
}
