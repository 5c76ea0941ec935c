/**
 * The whole statement of a query: tables joined, projected, reduced to first datasets, put in order.
 * Readers may start here and follow the steps into the files beside.
 */
import sql, { join, type Sql } from 'sql-template-tag';
import { ButlerUserError, QueryTooCostlyError } from '../../../butler/errors.ts';
import { columnReferences } from '../../../butler/query/column-type.ts';
import type { OrderExpression } from '../../../butler/query/expression.ts';
import type { Key } from '../../repository.ts';
import type { SqlRow, SqlValue } from '../database.ts';
import type { DirectAccess } from '../registry.ts';
import { analyze, type Analysis, type Summaries } from './analysis.ts';
import { datasetFieldId, keyId, NeededColumns, type ColumnId, type Scope } from './columns.ts';
import { dialectOf, identifier, type Dialect } from './dialect.ts';
import { scalar } from './expressions.ts';
import { firstDatasets, firstDatasetParts } from './find-first.ts';
import { joinTables, type JoinOptions } from './joins.ts';
import { afterKey, orderColumns, orderTerms, type OrderColumn } from './order.ts';
import type { PredicateContext } from './predicates.ts';
import { MATCHES, project, regionColumns, type Projection, type RegionColumns } from './projection.ts';
import { TableNames } from './relation.ts';
import { nested, outputName, selectSql, type Select } from './select.ts';

export interface StatementOptions {
  readonly orderBy: readonly OrderExpression[];
  /** Only rows after the one with that key. */
  readonly after?: Key | undefined;
  /** Number of rows, where nothing is left to test afterwards. */
  readonly limit: number | null;
  readonly allowDuplicateOverlaps: boolean;
  /** Drop what only tests of regions need. */
  readonly exact: boolean;
}

/** SQLite takes time quadratic in these to prepare a statement: 0.1 s for so many. */
const MAX_PARAMETERS = 4000;

export type ColumnReader = (row: SqlRow) => SqlValue;

export interface Statement {
  readonly sql: Sql;
  /** How a column is read from a row. */
  readonly read: (id: ColumnId) => ColumnReader;
  /** The columns that rows are ordered by. */
  readonly order: readonly { readonly read: ColumnReader; readonly type: OrderColumn['type'] }[];
  /** Tests to be made of each row. */
  readonly tests: readonly RegionColumns[];
  /** Whether a row may stand for several matching calibrations (`MATCHES`). */
  readonly countsMatches: boolean;
}

/** @param outputs columns that rows must have, in any order. @throws ButlerUserErrors as stock Butler does */
export function compileStatement(
  analysis: Analysis,
  outputs: readonly ColumnId[],
  projection: Projection,
  options: StatementOptions,
  context: CompileContext,
): Statement {
  const { dialect } = context;
  const tests = options.exact ? regionColumns(analysis, projection.dimensions) : [];
  const constants = knownValues(analysis);
  const sources = compileRows(analysis, projection, tests, options, context);
  const countsMatches = sources.every(({ scope }) => scope.has(MATCHES));
  const selected = [...outputs, ...tests.flatMap(testedColumns), ...(countsMatches ? [MATCHES] : [])];
  const terms = sources.map(({ scope, from, conditions }) => {
    const columns = new Map(selected.filter((id) => !constants.has(id)).map((id) => [id, scope.get(id)]));
    const order = orderColumns(options.orderBy, constantKeys(analysis), { ...context, scope });
    const orderIds = order.map(({ value, constant }, i) => {
      if (constant !== undefined) return constant;
      const [same] = [...columns].find(([, other]) => other === value) ?? [];
      const id = same ?? `order:${String(i)}`;
      columns.set(id, value);
      return id;
    });
    const after = options.after && afterKey(order, options.after, dialect);
    return { select: { columns, from, conditions: after ? [...conditions, after] : conditions }, order, orderIds };
  });
  const [{ select, order, orderIds }] = terms as [(typeof terms)[number]];
  const places = new Map([...select.columns.keys()].map((id, i) => [id, i]));
  const names = orderIds.map((id) => identifier(outputName(places.get(id) ?? 0)));
  const ordering = orderTerms(order, names, dialect);
  const tail: Sql[] = [];
  if (ordering.length > 0) tail.push(sql`ORDER BY ${join([...ordering])}`);
  if (options.limit !== null && tests.length === 0) tail.push(sql`LIMIT ${dialect.literal('int', options.limit)}`);
  // SQLite merges terms in the order of their indexes by itself; PostgreSQL does where each says how little it needs
  const isEachLimited = terms.length > 1 && tail.length > 1 && dialect.name === 'postgresql';
  const selects = terms.map((term) => {
    return isEachLimited ? sql`(${join([selectSql(term.select), ...tail], '\n')})` : selectSql(term.select);
  });
  const parts = [join(selects, '\nUNION ALL\n'), ...tail];
  const statement = join(parts, '\n');
  if (statement.values.length > MAX_PARAMETERS) {
    throw new QueryTooCostlyError(
      'The query has too many conditions. Give many values as one list, `x IN (:list)` with the list in bind.',
    );
  }
  const read = (id: ColumnId) => {
    const place = places.get(id);
    if (place === undefined) return () => constants.get(id)!;
    return (row: SqlRow) => row[place]!;
  };
  return {
    sql: statement,
    read,
    order: order.map(({ type }, i) => ({ read: read(orderIds[i]!), type })),
    tests,
    countsMatches,
  };
}

/** Columns whose value is known beforehand: governors with one value, the run and collection of a search in one. */
function knownValues({ dataId, onlyGovernors, searches }: Analysis): ReadonlyMap<ColumnId, SqlValue> {
  const known = new Map<ColumnId, SqlValue>();
  for (const [governor, value] of onlyGovernors) known.set(keyId(governor), value);
  for (const [dimension, value] of dataId) known.set(keyId(dimension), value);
  for (const { collections, datasetType } of searches.values()) {
    const [collection] = collections;
    if (!collection || collections.length > 1) continue;
    known.set(datasetFieldId(datasetType.name, 'collection_id'), collection.id);
    known.set(datasetFieldId(datasetType.name, 'collection'), collection.name);
    if (collection.type === 'RUN') known.set(datasetFieldId(datasetType.name, 'run'), collection.name);
  }
  return known;
}

function testedColumns(test: RegionColumns): readonly ColumnId[] {
  if (test.kind === 'pairs') return [test.list];
  return test.kind === 'pair' ? test.regions : [test.region];
}

/** Dimensions that all rows have the same value of. */
function constantKeys({ dataId, onlyGovernors }: Analysis): ReadonlySet<string> {
  return new Set([...dataId.keys(), ...onlyGovernors.keys()]);
}

/** What every part of a statement is compiled with. */
export interface CompileContext {
  readonly access: DirectAccess;
  readonly summaries: Summaries;
  readonly dialect: Dialect;
  readonly names: TableNames;
  readonly universe: Analysis['dimensions']['universe'];
  readonly defaultDataId: Analysis['defaultDataId'];
}

export function compileContext(
  access: DirectAccess,
  summaries: Summaries,
  { dimensions, defaultDataId }: Analysis,
): CompileContext {
  const { database } = access;
  return {
    access,
    summaries,
    dialect: dialectOf(database.dialect),
    names: new TableNames(database),
    universe: dimensions.universe,
    defaultDataId,
  };
}

/** Rows to select from: all columns of the projection, one row a result, in no order. */
interface RowSource extends Pick<Select, 'from' | 'conditions'> {
  readonly scope: Scope;
}

/** One source, or several that have no result in common. */
function compileRows(
  analysis: Analysis,
  projection: Projection,
  tests: readonly RegionColumns[],
  { orderBy, after, allowDuplicateOverlaps }: Pick<StatementOptions, 'orderBy' | 'after' | 'allowDuplicateOverlaps'>,
  context: CompileContext,
): readonly RowSource[] {
  const { dialect, names, universe } = context;
  const columns = projection.columns;
  const search = projection.findFirst === null ? undefined : analysis.searches.get(projection.findFirst)!;
  for (const [datasetType, fields] of columns.datasetFields) {
    const isTold = projection.findFirst !== null || fields.has('timespan') || fields.has('collection');
    if (isTold && analysis.searches.get(datasetType)!.collections.length > 1) fields.add('collection_id');
  }
  const needed = new NeededColumns(universe);
  needed.addAll(columns);
  needed.addPredicate(analysis.predicate);
  for (const { element } of analysis.overlaps.constraints) {
    if (!element.skypix) needed.addElementField(element.name, 'region');
  }
  for (const element of analysis.overlaps.joins.flat()) needed.addElementField(element.name, 'region');

  const parts = search ? firstDatasetParts(search, analysis) : undefined;
  const options: JoinOptions = { dialect, names, allowDuplicateOverlaps, subquery: (leaf) => subquery(leaf, context) };
  return (parts ?? [undefined]).map((part) => {
    const joined = joinTables(analysis, needed, { ...options, part });
    const select = project(joined, analysis, projection, tests, dialect);
    if (search && !parts && search.collections.length > 1) {
      // keys are the same for all datasets of a data ID, so that earlier pages need not be ranked again
      const keysOnly = orderBy.every((term) => columnReferences(term).every(({ type }) => type === 'dimension_key'));
      const order = orderColumns(orderBy, constantKeys(analysis), { ...context, scope: joined.scope });
      const inner = keysOnly && after ? afterKey(order, after, dialect) : undefined;
      const base = inner ? { ...select, conditions: [...select.conditions, inner] } : select;
      return firstDatasets(base, projection.dimensions.required, search, names, dialect);
    }
    if (!select.isGrouped) return { from: joined.from, conditions: joined.conditions, scope: joined.scope };
    return { ...nested(select, names.alias('rows')), conditions: [] };
  });
}

/** The SELECT that an `in_query` looks into. */
function subquery(leaf: Parameters<PredicateContext['subquery']>[0], outer: CompileContext): Sql {
  const { access, summaries, dialect, defaultDataId } = outer;
  const { tree, column } = leaf;
  const analysis = analyze({ tree, defaultDataId, uploads: [] }, access, summaries);
  if (regionColumns(analysis, analysis.dimensions).length > 0) {
    throw new ButlerUserError('UNIMPLEMENTED_QUERY', 'A subquery in IN cannot have spatial overlaps.');
  }
  const columns = new NeededColumns(outer.universe);
  columns.addExpression(column);
  const dimensions = outer.universe.conform(columns.dimensions);
  const [source] = compileRows(
    analysis,
    { dimensions, columns, unique: false, findFirst: null },
    [],
    { orderBy: [], allowDuplicateOverlaps: false },
    outer,
  ) as [RowSource];
  const value = scalar(column, { dialect, universe: outer.universe, scope: source.scope });
  return selectSql({ columns: new Map([['member', value]]), from: source.from, conditions: source.conditions });
}
