/**
 * The whole statement of a query: tables joined, projected, reduced to first datasets, put in order.
 * Readers may start here and follow the steps into the files beside.
 */
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { ButlerUserError } from '../../../butler/errors.ts';
import type { OrderExpression } from '../../../butler/query/expression.ts';
import type { Key } from '../../repository.ts';
import type { DirectAccess } from '../registry.ts';
import { analyze, type Analysis, type Summaries } from './analysis.ts';
import { NeededColumns, references, type ColumnId, type Scope } from './columns.ts';
import { dialectOf, type Dialect } from './dialect.ts';
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

export interface Statement {
  readonly sql: Sql;
  /** Column → its place in the rows. */
  readonly places: ReadonlyMap<ColumnId, number>;
  /** Places of the order's columns, with their types. */
  readonly order: readonly { readonly place: number; readonly type: OrderColumn['type'] }[];
  /** Tests to be made of each row. */
  readonly tests: readonly RegionColumns[];
  /** Whether a row may stand for several matching calibrations (`MATCHES`). */
  readonly countsMatches: boolean;
}

/** @param outputs columns that rows must have, in any order. @throws ButlerUserErrors as stock Butler does */
export function compileStatement(
  analysis: Analysis,
  outputs: (scope: Pick<Scope, 'has'>) => readonly ColumnId[],
  projection: Projection,
  options: StatementOptions,
  context: CompileContext,
): Statement {
  const tests = options.exact ? regionColumns(analysis, projection.dimensions) : [];
  const { dialect } = context;
  const sources = compileRows(analysis, projection, tests, options, context);
  const terms = sources.map((source) => {
    const order = orderColumns(options.orderBy, constantsOf(analysis), { ...context, scope: source.scope });
    const columns = new Map<ColumnId, Sql>();
    const countsMatches = source.scope.has(MATCHES);
    for (const id of [...outputs(source.scope), ...tests.flatMap(testedColumns), ...(countsMatches ? [MATCHES] : [])]) {
      columns.set(id, source.scope.get(id));
    }
    order.forEach(({ value }, i) => columns.set(orderId(i), value));
    const conditions = [...source.conditions];
    const after = options.after && afterKey(order, options.after, dialect);
    if (after) conditions.push(after);
    return { select: { columns, from: source.from, conditions }, order, countsMatches };
  });
  const [{ select, order, countsMatches }] = terms as [(typeof terms)[number]];
  const places = new Map([...select.columns.keys()].map((id, i) => [id, i]));
  const parts = [
    join(
      terms.map((term) => selectSql(term.select)),
      '\nUNION ALL\n',
    ),
  ];
  const names = order.map((_, i) => raw(`"${outputName(places.get(orderId(i))!)}"`));
  const ordering = orderTerms(order, names, dialect);
  if (ordering.length > 0) parts.push(sql`ORDER BY ${join([...ordering])}`);
  if (options.limit !== null && tests.length === 0) parts.push(sql`LIMIT ${dialect.literal('int', options.limit)}`);
  return {
    sql: join(parts, '\n'),
    places,
    order: order.map(({ type }, i) => ({ place: places.get(orderId(i))!, type })),
    tests,
    countsMatches,
  };
}

function orderId(index: number): ColumnId {
  return `order:${String(index)}`;
}

function testedColumns(test: RegionColumns): readonly ColumnId[] {
  if (test.kind === 'pairs') return [test.list];
  return test.kind === 'pair' ? test.regions : [test.region];
}

function constantsOf({ dataId, onlyGovernors }: Analysis): ReadonlySet<string> {
  return new Set([...dataId.keys(), ...onlyGovernors.keys()]);
}

/** What every part of a statement is compiled with. */
export interface CompileContext {
  readonly access: DirectAccess;
  readonly summaries: Summaries;
  readonly dialect: Dialect;
  readonly names: TableNames;
  readonly universe: Analysis['dimensions']['universe'];
}

export function compileContext(access: DirectAccess, summaries: Summaries, { dimensions }: Analysis): CompileContext {
  const { database } = access;
  return {
    access,
    summaries,
    dialect: dialectOf(database.dialect),
    names: new TableNames(database),
    universe: dimensions.universe,
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
      const keysOnly = orderBy.every((term) => [...references(term)].every(({ type }) => type === 'dimension_key'));
      const inner =
        keysOnly && after
          ? afterKey(orderColumns(orderBy, constantsOf(analysis), { ...context, scope: joined.scope }), after, dialect)
          : undefined;
      const base = inner ? { ...select, conditions: [...select.conditions, inner] } : select;
      return firstDatasets(base, projection.dimensions.required, search, names, dialect);
    }
    if (!select.isGrouped) return { from: joined.from, conditions: joined.conditions, scope: joined.scope };
    return { ...nested(select, names.alias('rows')), conditions: [] };
  });
}

/** The SELECT that an `in_query` looks into. */
function subquery(leaf: Parameters<PredicateContext['subquery']>[0], outer: CompileContext): Sql {
  const { access, summaries, names, dialect } = outer;
  const { tree, column } = leaf;
  const analysis = analyze({ tree, defaultDataId: {}, uploads: [] }, access, summaries);
  if (regionColumns(analysis, analysis.dimensions).length > 0) {
    throw new ButlerUserError('UNIMPLEMENTED_QUERY', 'A subquery in IN cannot have spatial overlaps.');
  }
  const columns = new NeededColumns(outer.universe);
  columns.addExpression(column);
  const dimensions = outer.universe.conform(columns.dimensions);
  const [source] = compileRows(
    analysis,
    { dimensions, columns, findFirst: null },
    [],
    { orderBy: [], allowDuplicateOverlaps: false },
    outer,
  ) as [RowSource];
  const value = scalar(column, { dialect, universe: outer.universe, scope: source.scope });
  return selectSql({ columns: new Map([['member', value]]), from: source.from, conditions: source.conditions });
}
