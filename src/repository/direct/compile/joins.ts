/** The second step: every table that a query needs, joined. */
import sql, { type Sql } from 'sql-template-tag';
import type { DataIdValue } from '../../../butler/data-id.ts';
import { ButlerUserError } from '../../../butler/errors.ts';
import type { DataCoordinateUpload } from '../../../butler/query/tree.ts';
import type { DimensionElement } from '../../../butler/universe.ts';
import type { Analysis } from './analysis.ts';
import { elementFieldId, keyId, Scope, type DatasetColumn, type NeededColumns } from './columns.ts';
import { datasetRelation, type SearchPart } from './dataset-search.ts';
import { column, identifier, type Dialect } from './dialect.ts';
import { predicateSql, type PredicateContext } from './predicates.ts';
import { Join, type Relation, type TableNames } from './relation.ts';
import { neededElements } from './relationships.ts';
import { nearbyRelation, pairRelation, pixelRelation, regionCondition, type SpatialContext } from './spatial.ts';

export interface JoinOptions {
  readonly dialect: Dialect;
  readonly names: TableNames;
  readonly allowDuplicateOverlaps: boolean;
  readonly subquery: PredicateContext['subquery'];
  /** Instead of the whole search for its dataset type. */
  readonly part?: SearchPart | undefined;
}

/** FROM and WHERE of a query, with all columns of `needed`. @throws ButlerUserErrors as stock Butler does */
export function joinTables(analysis: Analysis, needed: NeededColumns, options: JoinOptions): Join {
  const { dimensions, searches, uploads, overlaps, dataId } = analysis;
  const { universe } = dimensions;
  const { dialect, names } = options;
  const spatial: SpatialContext = { universe, dialect, names, dataId };
  const result = new Join();
  // first, so that what they constrain is looked up by them: nothing can be looked up in them
  for (const upload of uploads) result.add(uploadRelation(upload, names, dialect));
  const far = overlaps.constraints.filter(({ element, region }) => {
    const nearby = nearbyRelation(element, region, dimensions, spatial);
    if (nearby) result.add(nearby, result.from && dialect.lookUpJoin);
    return !nearby;
  });
  const isNear = result.from !== undefined;
  const add = (relation: Relation) => result.add(relation, isNear ? dialect.lookUpJoin : undefined);

  for (const [name, search] of searches) {
    const whole = { search, collections: search.collections, unlessIn: [] };
    const part = options.part?.search === search ? options.part : whole;
    add(datasetRelation(part, needed.datasetFields.get(name) ?? new Set<DatasetColumn>(), names, dialect));
  }
  for (const element of overlaps.pixelJoins) result.add(pixelRelation(element, spatial));
  if (!dimensions.has(universe.commonSkypix)) {
    for (const pair of overlaps.joins) result.add(pairRelation(pair, options.allowDuplicateOverlaps, spatial));
  }

  const { elements, keys } = neededElements(analysis, needed);
  // the most specific first: their keys are the columns to order by, which their indexes are in the order of
  const known = elementsOfDatasets(analysis);
  const records = (element: DimensionElement) =>
    elementRelation(element, needed.elementFields.get(element.name) ?? [], known, names, dialect);
  for (const element of elements.toReversed()) add(records(element));
  for (let missing = without(keys, result.keys); missing.length > 0; missing = without(keys, result.keys)) {
    result.add(records(widest(missing, analysis)));
  }

  for (const { element, region } of far) {
    result.conditions.push(regionCondition(element, region, result.scope, spatial));
  }
  result.conditions.push(...onlyGovernorConditions(analysis, result.scope, dialect));
  const { predicate } = analysis;
  if (predicate.type !== 'and' || predicate.operands.length > 0) {
    const { scope } = result;
    result.conditions.push(predicateSql(predicate, { dialect, universe, scope, subquery: options.subquery }));
  }
  return result;
}

/** Says what the collections' summaries say, so that an index that begins with a governor gives rows in order. */
function onlyGovernorConditions({ onlyGovernors, dataId }: Analysis, scope: Scope, dialect: Dialect): readonly Sql[] {
  return [...onlyGovernors]
    .filter(([governor]) => !dataId.has(governor))
    .map(([governor, value]) => sql`${scope.get(keyId(governor))} = ${dialect.literal('string', value)}`);
}

function without(keys: ReadonlySet<string>, present: ReadonlySet<string>): readonly string[] {
  return [...keys].filter((name) => !present.has(name));
}

/** The dimension whose table has most of the missing keys. @throws ButlerUserError UNIMPLEMENTED_QUERY without a table */
function widest(missing: readonly string[], { dimensions: { universe } }: Analysis): DimensionElement {
  let best: DimensionElement | undefined;
  let most = 0;
  for (const name of missing) {
    const count = universe.conform([name]).names.filter((other) => missing.includes(other)).length;
    if (count > most) [best, most] = [universe.element(name), count];
  }
  return best!;
}

/**
 * Names of elements whose records are readable wherever the query's datasets are: those of the datasets' own data IDs, with what
 * these imply, whose keys are the datasets' own.
 */
function elementsOfDatasets({ searches }: Analysis): ReadonlySet<string> {
  const elements = [...searches.values()].flatMap(({ datasetType }) => datasetType.dimensions.elements);
  return new Set(elements.map(({ name }) => name));
}

/** The table of an element's records, of which those of `readable` elements need not be checked. @throws ButlerUserError UNIMPLEMENTED_QUERY where it has none */
function elementRelation(
  element: DimensionElement,
  fields: Iterable<string>,
  readable: ReadonlySet<string>,
  names: TableNames,
  dialect: Dialect,
): Relation {
  const alias = names.alias(element.name);
  const scope = new Scope();
  const known = readable.has(element.name) ? 'readable' : undefined;
  if (element.viewOf !== undefined) {
    const { name } = element;
    scope.add(keyId(name), column(alias, name));
    const from = sql`(SELECT DISTINCT ${identifier(name)} FROM ${names.table(element.viewOf)} AS ${identifier(element.viewOf)}) AS ${identifier(alias)}`;
    return { from, scope, conditions: [], keys: [name] };
  }
  if (!element.hasTable) {
    throw new ButlerUserError('UNIMPLEMENTED_QUERY', `Cannot join dimension element ${element.name} with no table.`);
  }
  for (const name of element.required) {
    scope.add(keyId(name), column(alias, name === element.name ? element.primaryKey!.name : name));
  }
  for (const name of element.implied) scope.add(keyId(name), column(alias, name));
  for (const field of fields) {
    const id = elementFieldId(element.name, field);
    if (field === 'timespan') scope.addTimespan(id, dialect.storedTimespan(alias, field));
    else scope.add(id, column(alias, field));
  }
  return {
    from: sql`${names.table(element.name, known)} AS ${identifier(alias)}`,
    scope,
    conditions: [],
    keys: [...element.required, ...element.implied],
  };
}

/** Data IDs that came with the query, each once. */
function uploadRelation({ dimensions, rows }: DataCoordinateUpload, names: TableNames, dialect: Dialect): Relation {
  const alias = names.alias('upload');
  const { required, universe } = dimensions;
  const unique = new Map<string, readonly DataIdValue[]>();
  for (const row of rows) unique.set(row.map((value) => `${typeof value} ${String(value)}`).join('\0'), row);
  const columns = required.map((name) => ({ name, type: universe.element(name).primaryKey!.type }));
  const scope = new Scope();
  for (const name of required) scope.add(keyId(name), column(alias, name));
  return { from: dialect.rows(alias, columns, [...unique.values()]), scope, conditions: [], keys: required };
}
