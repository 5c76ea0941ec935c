/** Queries of RemoteButler clients: a query tree, or `query_all_datasets` with its text. */
import type { z } from 'zod';
import { InvalidQueryError, QueryTooCostlyError } from '../../butler/errors.ts';
import { isGlob } from '../../butler/glob.ts';
import type { Json } from '../../butler/json.ts';
import { buildQuery } from '../../butler/query/build.ts';
import type { Literal } from '../../butler/query/expression.ts';
import type { DataCoordinateUpload, Query } from '../../butler/query/tree.ts';
import { decodeLiteral, decodeQuery } from '../../butler/query/wire.ts';
import { encodeRegion } from '../../butler/region/codec.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import { searchedDatasetTypes } from '../../repository/search/dataset-types.ts';
import type { allDatasetsBody } from './requests.ts';
import { RecordsBeside } from './records-beside.ts';
import { datasetLine } from './result-pages.ts';

/** Rows that the materialized queries of a request may have together. */
const MAX_MATERIALIZED_ROWS = 1_000_000;

/**
 * Reads the query of a request.  The rows of its materialized queries are found first and joined like data IDs that the
 * client sent: the searches of datasets are in the outer tree too.
 * @throws SatelliteError as `decodeQuery`; QUERY_TOO_COSTLY where materialized queries have too many rows
 */
export async function readQuery(json: unknown, repository: Repository, ctx: QueryContext): Promise<Query> {
  const { query, materialized } = decodeQuery(json as Json, await repository.universe(ctx));
  const uploads = new Map(query.uploads.map((upload) => [upload.key, upload]));
  let left = MAX_MATERIALIZED_ROWS;
  for (const { key, dimensions, tree, allowDuplicateOverlaps } of materialized) {
    // A query that was materialized may itself be about one that was before.
    const inner = withUploads({ tree, defaultDataId: query.defaultDataId, uploads: [] }, uploads);
    const rows: DataCoordinateUpload['rows'][number][] = [];
    const spec = {
      type: 'data_coordinate',
      dimensions,
      includeDimensionRecords: false,
      orderBy: [],
      limit: left + 1,
      allowDuplicateOverlaps,
    } as const;
    for await (const page of repository.query(inner, spec, ctx)) {
      for (const { values } of page.rows) rows.push(values.slice(0, dimensions.required.length));
    }
    left -= rows.length;
    if (left < 0) {
      throw new QueryTooCostlyError(
        `What the query materializes has more than ${MAX_MATERIALIZED_ROWS} rows: narrow it, or ask without materialize().`,
      );
    }
    uploads.set(key, { key, dimensions, rows });
  }
  return withUploads(query, uploads);
}

/** With the uploads that the tree names, some of them in place of materialized queries: clients send also those of earlier ones. */
function withUploads({ tree, ...query }: Query, uploads: ReadonlyMap<string, DataCoordinateUpload>): Query {
  const dataCoordinateUploads = new Map([...tree.dataCoordinateUploads, ...tree.materializations]);
  const missing = [...dataCoordinateUploads.keys()].find((key) => !uploads.has(key));
  if (missing !== undefined) throw new InvalidQueryError(`The query joins '${missing}', which was not sent with it.`);
  return {
    ...query,
    tree: { ...tree, dataCoordinateUploads, materializations: new Map() },
    uploads: [...dataCoordinateUploads.keys()].map((key) => uploads.get(key)!),
  };
}

type AllDatasets = z.output<typeof allDatasetsBody>;

/** The lines of `query_all_datasets`: dataset types in order, each along the collections that may have it. */
export async function* allDatasetsLines(
  repository: Repository,
  request: AllDatasets,
  ctx: QueryContext,
): AsyncGenerator<string> {
  const { collections, find_first: findFirst } = request;
  // No collections at all are, as for the real server, a wildcard for none.
  if (findFirst && (collections.length === 0 || collections.some(isGlob))) {
    throw new InvalidQueryError('Can not use wildcards in collections when find_first=True');
  }
  const universe = await repository.universe(ctx);
  const types = await repository.datasetTypes(ctx);
  const names = searchedDatasetTypes(request.name, new Set(types.keys()), false);
  const found = await repository.collections(
    { search: collections, flattenChains: true, includeChains: false, includeSummary: true },
    ctx,
  );
  const bind = Object.fromEntries(
    Object.entries(request.bind).map(([name, literal]) => [name, bindOf(decodeLiteral(literal as Json))]),
  );
  const beside = request.with_dimension_records ? new RecordsBeside(repository, ctx) : null;
  let left = request.limit;
  for (const name of names) {
    const searched = found.filter(({ datasetTypes }) => datasetTypes!.includes(name)).map((info) => info.name);
    if (searched.length === 0) continue;
    const { query, spec } = buildQuery(universe, {
      result: { type: 'dataset_ref', datasetType: types.get(name)!, collections: searched, findFirst },
      where: request.where,
      bind,
      dataId: request.data_id,
      defaultDataId: request.default_data_id,
      limit: left,
    });
    if (spec.type !== 'dataset_ref') throw new TypeError('a search for datasets gives datasets');
    for await (const { rows } of repository.query(query, spec, ctx)) {
      if (rows.length === 0) continue;
      if (left !== null) left -= rows.length;
      yield await datasetLine(rows, beside);
    }
    // A limit of 0 still has the first search checked.
    if (left !== null && left <= 0) return;
  }
}

/** A literal in the form that a bind has in JSON. */
function bindOf(literal: Literal): unknown {
  switch (literal.type) {
    case 'int':
      return { $int: String(literal.value) };
    case 'float':
      return { $float: literal.value };
    case 'string':
      return literal.value;
    case 'uuid':
      return { $uuid: literal.value };
    case 'datetime':
      return { $time_nsec: literal.nsec };
    case 'timespan':
      return { $timespan_nsec: [literal.begin, literal.end] };
    case 'region':
      return { $region_hex: Buffer.from(encodeRegion(literal.region)).toString('hex') };
    case 'hash':
      return { $bytes: Buffer.from(literal.bytes).toString('hex') };
  }
}
