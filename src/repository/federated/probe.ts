/**
 * Asks one repository which of some data IDs its own part of a query has too: one query a batch, the same tree with the
 * data IDs joined, so that where still comes before find-first.
 */
import { randomUUID } from 'node:crypto';
import type { DataIdValue, DataIdValues } from '../../butler/data-id.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import type { Literal } from '../../butler/query/expression.ts';
import { allOf, type Predicate } from '../../butler/query/predicate.ts';
import type { GeneralSpec, ResultSpec } from '../../butler/query/result-spec.ts';
import type { DataCoordinateUpload, Query } from '../../butler/query/tree.ts';
import type { DimensionElement } from '../../butler/universe.ts';
import type { Key, QueryContext } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import { dataIdKey, dataIdReader, distinctDataIds, reordered } from './identity.ts';
import type { Part } from './part.ts';

/** When a few lists of values are sent in place of many data IDs, which a server has to read and put into a table. */
const GRID = { leastDataIds: 100, mostValues: 1000, mostCells: 1.25 };

/** UUID (see `isKeyedByUuid`) or key of the data ID → rank of the row in the search path. */
export type Found = ReadonlyMap<string, number>;

/** Whether rows are the same answer by their UUID; else by their data ID. */
export function isKeyedByUuid(spec: ResultSpec): boolean {
  return spec.type === 'dataset_ref' && !spec.findFirst;
}

/**
 * @param names dimensions that identify the rows, as `dataIds` has their values
 * @param ranked whether each row's own rank is asked; else all have the part's lowest
 */
export async function probe<S extends ResultSpec>(
  part: Part<S>,
  names: readonly string[],
  dataIds: readonly DataIdValues[],
  ranked: boolean,
  ctx: QueryContext,
): Promise<Found> {
  const spec: ResultSpec = part.spec;
  switch (spec.type) {
    case 'dataset_ref':
    case 'dimension_record':
      return probeRows({ ...part, spec }, names, dataIds, ranked, ctx);
    case 'data_coordinate':
      return probeDataIds(part, spec.dimensions, names, dataIds, ctx);
    case 'general':
      throw new TypeError('Rows of general queries are not recognised across repositories.');
  }
}

/** The smallest key under which the part gives each dataset of those data IDs, by UUID. */
export async function firstKeysOf<S extends ResultSpec>(
  { member: { repository, universe }, query, spec }: Part<S>,
  names: readonly string[],
  dataIds: readonly DataIdValues[],
  ctx: QueryContext,
): Promise<ReadonlyMap<string, Key>> {
  const keys = new Map<string, Key>();
  const restricted = names.length === 0 ? query : joined(query, [upload(universe.conform(names), names, dataIds)]);
  const options = { positions: true, implied: false };
  for await (const page of repository.query(restricted, { ...spec, limit: null }, ctx, options)) {
    for (const [i, row] of page.rows.entries()) {
      const { uuid } = row as DatasetRow;
      if (!keys.has(uuid)) keys.set(uuid, page.positionAt!(i)[repository.name]!);
    }
  }
  return keys;
}

/** Datasets and most records come from tables of their own, which the data IDs restrict. */
async function probeRows(
  { member, query, spec, path, lowestRank }: Part<Exclude<ResultSpec, { type: 'general' }>>,
  names: readonly string[],
  dataIds: readonly DataIdValues[],
  ranked: boolean,
  ctx: QueryContext,
): Promise<Found> {
  const found = new Map<string, number>();
  const byUuid = isKeyedByUuid(spec);
  const readDataId = dataIdReader(spec, names);
  const { universe } = member;
  const restricted =
    spec.type === 'dimension_record'
      ? recordsAmong(query, universe.element(spec.element), names, dataIds).query
      : joined(query, names.length === 0 ? [] : [upload(universe.conform(names), names, dataIds)]);
  const options = { foundIn: ranked, implied: false };
  const unordered = { ...spec, orderBy: [], limit: null };
  for await (const page of member.repository.query(restricted, unordered, ctx, options)) {
    for (const [i, row] of page.rows.entries()) {
      const key = byUuid ? (row as DatasetRow).uuid : dataIdKey(readDataId(row));
      found.set(key, ranked ? path!.rankOf(page.collectionAt!(i)) : lowestRank);
    }
  }
  return found;
}

/**
 * Data IDs that are joined stand for tables that would be joined otherwise, so a column of each table is asked to keep it;
 * and they must not connect two spatial families, or the overlap that the query means would be skipped.
 */
async function probeDataIds<S extends ResultSpec>(
  { member, query }: Part<S>,
  group: DimensionGroup,
  names: readonly string[],
  dataIds: readonly DataIdValues[],
  ctx: QueryContext,
): Promise<Found> {
  const elements = group.required.map((name) => member.universe.element(name));
  const columns = new Map(elements.flatMap((e) => (keepsTable(e) ? [[e.name, columnOf(e)] as const] : [])));
  const uploads = spatiallyApart(elements.filter((e) => columns.has(e.name))).map((dimensions) =>
    upload(member.universe.conform(dimensions), names, dataIds),
  );
  const restrictions = elements.filter((e) => !columns.has(e.name)).map(({ name }) => within(name, names, dataIds));
  const spec: GeneralSpec = {
    type: 'general',
    dimensions: group,
    dimensionFields: new Map([...columns].filter(([, fields]) => fields.length > 0)),
    datasetFields: new Map(),
    findFirst: false,
    includeDimensionRecords: false,
    orderBy: [],
    limit: null,
    allowDuplicateOverlaps: false,
  };
  const asked = new Set(dataIds.map(dataIdKey));
  const found = new Map<string, number>();
  for await (const page of member.repository.query(joined(query, uploads, restrictions), spec, ctx)) {
    for (const row of page.rows) {
      const key = dataIdKey(names.map((name) => row.fields[name] as DataIdValue));
      if (asked.has(key)) found.set(key, 0);
    }
  }
  return found;
}

/** A query for records, and the largest number of them that it can give. */
export interface RecordsQuery {
  readonly query: Query;
  readonly most: number;
}

/**
 * A query for records of an element, cut down to data IDs; records of a few other data IDs may come too.
 * @param names dimensions that identify the records, as `dataIds` has their values
 */
export function recordsAmong(
  query: Query,
  element: DimensionElement,
  names: readonly string[],
  dataIds: readonly DataIdValues[],
): RecordsQuery {
  const axes = names.map((_, i) => new Set(dataIds.map((values) => values[i]!)));
  const cells = axes.reduce((product, { size }) => product * size, 1);
  const asked = keepsTable(element) ? upload(query.tree.dimensions.universe.conform(names), names, dataIds) : undefined;
  if (asked && !isGrid(axes, cells, asked.rows.length))
    return { query: joined(query, [asked]), most: asked.rows.length };
  return {
    query: joined(
      query,
      [],
      names.map((name) => within(name, names, dataIds)),
    ),
    most: cells,
  };
}

/** Whether data IDs are better said by the values of their dimensions: all detectors of many visits, as a rule. */
function isGrid(axes: readonly ReadonlySet<DataIdValue>[], cells: number, dataIds: number): boolean {
  const { leastDataIds, mostValues, mostCells } = GRID;
  return dataIds >= leastDataIds && cells <= mostCells * dataIds && axes.every(({ size }) => size <= mostValues);
}

/** That a dimension has one of the values that it has in the data IDs. */
function within(dimension: string, names: readonly string[], dataIds: readonly DataIdValues[]): Predicate {
  const values = new Set(dataIds.map((values) => values[names.indexOf(dimension)]!));
  const member = { type: 'dimension_key', dimension } as const;
  return { type: 'in_container', member, container: [...values].map(literal) };
}

/** Whether the table stays in a query although data IDs of it are joined. */
export function keepsTable(element: DimensionElement): boolean {
  return element.implied.length > 0 || columnOf(element).length > 0;
}

function columnOf(element: DimensionElement): readonly string[] {
  const column = [...element.alternateKeys, ...element.metadata][0]?.name;
  if (column !== undefined) return [column];
  if (element.skypix) return [];
  if (element.temporalFamily !== undefined) return ['timespan'];
  return element.spatialFamily === undefined ? [] : ['region'];
}

/** Sets of dimensions, each with at most one spatial family; what is in none goes with the first. */
function spatiallyApart(elements: readonly DimensionElement[]): readonly (readonly string[])[] {
  const families = [...new Set(elements.flatMap((e) => e.spatialFamily ?? []))];
  if (elements.length === 0) return [];
  if (families.length < 2) return [elements.map((e) => e.name)];
  const needed = (family: string) =>
    new Set(elements.filter((e) => e.spatialFamily === family).flatMap((e) => e.required));
  const spatial = families.map(needed);
  return spatial.map((names, i) =>
    elements
      .filter((e) => names.has(e.name) || (i === 0 && spatial.every((other) => !other.has(e.name))))
      .map((e) => e.name),
  );
}

/** Data IDs to join, cut down to `dimensions`, each once. */
export function upload(
  dimensions: DimensionGroup,
  names: readonly string[],
  dataIds: readonly DataIdValues[],
): DataCoordinateUpload {
  const rows = distinctDataIds(dataIds.map((values) => reordered(values, names, dimensions.required)));
  return { key: randomUUID(), dimensions, rows: [...rows.values()] };
}

/** The query with data IDs joined, and more to hold. */
export function joined(
  query: Query,
  uploads: readonly DataCoordinateUpload[],
  restrictions: readonly Predicate[] = [],
): Query {
  const { tree } = query;
  return {
    ...query,
    uploads: [...query.uploads, ...uploads],
    tree: {
      ...tree,
      predicate: allOf(tree.predicate, ...restrictions),
      dataCoordinateUploads: new Map([
        ...tree.dataCoordinateUploads,
        ...uploads.map((u): [string, DimensionGroup] => [u.key, u.dimensions]),
      ]),
      validateGovernorConstraints: tree.validateGovernorConstraints && restrictions.length === 0,
    },
  };
}

function literal(value: DataIdValue): Literal {
  return typeof value === 'string' ? { type: 'string', value } : { type: 'int', value: BigInt(value) };
}
