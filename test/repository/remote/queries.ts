/** Queries and what they give, for the tests beside this file. */
import type { DimensionGroup } from '../../../src/butler/dimension-group.ts';
import type { DatasetType } from '../../../src/butler/dataset-type.ts';
import type { OrderExpression } from '../../../src/butler/query/expression.ts';
import { TRUE, type Predicate } from '../../../src/butler/query/predicate.ts';
import type { DataCoordinateSpec, DatasetRefSpec, ResultSpec } from '../../../src/butler/query/result-spec.ts';
import type { Query } from '../../../src/butler/query/tree.ts';
import type { Key, PageOptions, Position, QueryContext, Repository } from '../../../src/repository/repository.ts';
import type { RowsByResult } from '../../../src/repository/rows.ts';

export const key = (dimension: string): OrderExpression & { type: 'dimension_key' } => ({
  type: 'dimension_key',
  dimension,
});

export const field = (element: string, name: string): OrderExpression & { type: 'dimension_field' } => ({
  type: 'dimension_field',
  element,
  field: name,
});

export function equals(dimension: string, value: string | bigint): Predicate {
  const b = typeof value === 'string' ? { type: 'string' as const, value } : { type: 'int' as const, value };
  return { type: 'comparison', operator: '==', a: key(dimension), b };
}

export function overDimensions(dimensions: DimensionGroup, predicate: Predicate = TRUE): Query {
  return {
    tree: {
      dimensions,
      datasets: new Map(),
      predicate,
      dataCoordinateUploads: new Map(),
      materializations: new Map(),
      validateGovernorConstraints: true,
    },
    defaultDataId: {},
    uploads: [],
  };
}

export function overDatasets(type: DatasetType, collections: readonly string[], predicate: Predicate = TRUE): Query {
  const query = overDimensions(type.dimensions, predicate);
  const datasets = new Map([[type.name, { dimensions: type.dimensions, collections }]]);
  return { ...query, tree: { ...query.tree, datasets } };
}

export function datasetsSpec(type: DatasetType, given: Partial<DatasetRefSpec> = {}): DatasetRefSpec {
  return {
    type: 'dataset_ref',
    datasetType: type.name,
    dimensions: type.dimensions,
    storageClass: type.storageClass,
    findFirst: true,
    includeDimensionRecords: false,
    orderBy: type.dimensions.required.map(key),
    limit: null,
    allowDuplicateOverlaps: false,
    ...given,
  };
}

export function dataIdsSpec(dimensions: DimensionGroup, given: Partial<DataCoordinateSpec> = {}): DataCoordinateSpec {
  return {
    type: 'data_coordinate',
    dimensions,
    includeDimensionRecords: false,
    orderBy: dimensions.required.map(key),
    limit: null,
    allowDuplicateOverlaps: false,
    ...given,
  };
}

/** All rows of a query. */
export async function rowsOf<S extends ResultSpec>(
  repository: Repository,
  query: Query,
  spec: S,
  ctx: QueryContext,
  options: PageOptions = {},
): Promise<RowsByResult[S['type']][]> {
  const rows: RowsByResult[S['type']][] = [];
  for await (const page of repository.query(query, spec, ctx, options)) rows.push(...page.rows);
  return rows;
}

/** All rows of a query, asked page by page as a client does who takes each page's last position to the next. */
export async function walk<S extends ResultSpec>(
  repository: Repository,
  query: Query,
  spec: S,
  ctx: QueryContext,
  pageRows: number,
): Promise<{ readonly rows: RowsByResult[S['type']][]; readonly keys: Key[] }> {
  const rows: RowsByResult[S['type']][] = [];
  const keys: Key[] = [];
  let after: Position | undefined;
  for (;;) {
    let given = 0;
    const options = { positions: true, ...(after && { after }) };
    for await (const page of repository.query(query, { ...spec, limit: pageRows }, ctx, options)) {
      given += page.rows.length;
      rows.push(...page.rows);
      for (let i = 0; i < page.rows.length; i += 1) keys.push(page.positionAt!(i)[repository.name]!);
      if (page.rows.length > 0) after = page.positionAt!(page.rows.length - 1);
    }
    if (given < pageRows) return { rows, keys };
  }
}
