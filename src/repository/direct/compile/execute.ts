/** Runs queries on a direct repository: rows page by page, counts, whether there are any, and why there are none. */
import sql from 'sql-template-tag';
import { ButlerUserError, InvalidQueryError } from '../../../butler/errors.ts';
import type { ResultSpec } from '../../../butler/query/result-spec.ts';
import type { Query } from '../../../butler/query/tree.ts';
import type { CountOptions, Page, PageOptions } from '../../repository.ts';
import type { RowsByResult } from '../../rows.ts';
import type { SqlRow, SqlValue } from '../database.ts';
import type { DirectAccess } from '../registry.ts';
import { analyze, summariesFor, type Analysis } from './analysis.ts';
import { datasetFieldId, NeededColumns } from './columns.ts';
import { MATCHES } from './projection.ts';
import { regionTest } from './region-tests.ts';
import { resultColumns } from './result-columns.ts';
import { compileContext, compileStatement, type Statement } from './statement.ts';
import { readValue } from './values.ts';

/** As `Repository.query`. @throws SatelliteErrors as it says there */
export async function* queryRows<S extends ResultSpec>(
  access: DirectAccess,
  query: Query,
  spec: S,
  signal: AbortSignal,
  options: PageOptions = {},
): AsyncGenerator<Page<RowsByResult[S['type']]>> {
  const summaries = await summariesFor(query.tree, access, signal);
  const analysis = analyze(query, access, summaries);
  const result = resultColumns(query.tree, spec, access, options.implied ?? true);
  const { projection } = result;
  for (const term of spec.orderBy) projection.columns.addExpression(term);
  const isAsked = options.foundIn === true && spec.type === 'dataset_ref';
  if (isAsked) projection.columns.addDatasetField(spec.datasetType, 'collection_id');
  const foundIn = isAsked ? whereFound(analysis, spec.datasetType) : undefined;
  const statement = compileStatement(
    analysis,
    foundIn ? [...result.ids, foundIn.id] : result.ids,
    projection,
    {
      orderBy: spec.orderBy,
      after: options.after?.[access.repository],
      limit: spec.limit,
      allowDuplicateOverlaps: spec.allowDuplicateOverlaps,
      exact: true,
    },
    compileContext(access, summaries, analysis),
  );
  if (spec.limit === 0 || isDoomed(analysis)) return;

  const read = result.reader(statement.read);
  for await (const batch of testedRows(access, statement, analysis, spec.limit, signal)) {
    yield {
      // the reader makes the rows of this kind of result
      rows: batch.map(read) as RowsByResult[S['type']][],
      ...(options.positions === true && {
        positionAt: (i: number) => ({ [access.repository]: keyOf(batch[i]!, statement) }),
      }),
      ...(foundIn && { collectionAt: (i: number) => foundIn.name(statement.read(foundIn.id)(batch[i]!)) }),
    };
  }
}

/** As `Repository.count`. */
export async function countRows(
  access: DirectAccess,
  query: Query,
  spec: ResultSpec,
  signal: AbortSignal,
  { exact = true, discard = true }: CountOptions,
): Promise<number> {
  const summaries = await summariesFor(query.tree, access, signal);
  const analysis = analyze(query, access, summaries);
  const { projection } = resultColumns(query.tree, spec, access, false);
  for (const fields of projection.columns.datasetFields.values()) if (fields.has('dataset_id')) fields.delete('run');
  const statement = compileStatement(
    analysis,
    [],
    projection,
    { orderBy: [], limit: null, allowDuplicateOverlaps: false, exact },
    compileContext(access, summaries, analysis),
  );
  if (isDoomed(analysis)) return 0;
  if (statement.tests.length === 0) {
    const [row] = await access.database.all(sql`SELECT count(*) FROM (${statement.sql}) AS "counted"`, signal);
    return Number(row![0]);
  }
  if (!discard) throw new InvalidQueryError('Cannot count query rows exactly without discarding them.');
  let count = 0;
  for await (const batch of testedRows(access, statement, analysis, null, signal)) count += batch.length;
  return count;
}

/** As `Repository.any`. */
export async function anyRows(
  access: DirectAccess,
  query: Query,
  signal: AbortSignal,
  { execute, exact }: { readonly execute: boolean; readonly exact: boolean },
): Promise<boolean> {
  const summaries = await summariesFor(query.tree, access, signal);
  const analysis = analyze(query, access, summaries);
  const statement = compileStatement(
    analysis,
    [],
    {
      dimensions: query.tree.dimensions,
      columns: new NeededColumns(query.tree.dimensions.universe),
      unique: false,
      findFirst: null,
    },
    { orderBy: [], limit: 1, allowDuplicateOverlaps: true, exact },
    compileContext(access, summaries, analysis),
  );
  if (isDoomed(analysis)) return false;
  if (!execute) {
    if (exact) throw new InvalidQueryError("Cannot obtain exact result for 'any' without executing.");
    return true;
  }
  for await (const batch of testedRows(access, statement, analysis, 1, signal)) if (batch.length > 0) return true;
  return false;
}

/** As `Repository.explain`. */
export async function explainRows(access: DirectAccess, query: Query, signal: AbortSignal): Promise<readonly string[]> {
  return analyze(query, access, await summariesFor(query.tree, access, signal)).messages;
}

/** Whether a search has no collection left, so that there can be no rows. */
function isDoomed({ searches }: Analysis): boolean {
  return [...searches.values()].some(({ collections }) => collections.length === 0);
}

/** Rows of a statement that pass the tests that the database cannot make. */
async function* testedRows(
  { database }: DirectAccess,
  statement: Statement,
  analysis: Analysis,
  limit: number | null,
  signal: AbortSignal,
): AsyncGenerator<readonly SqlRow[]> {
  const passes = statement.tests.length > 0 ? regionTest(statement.tests, statement.read, analysis) : undefined;
  const matches = statement.countsMatches ? statement.read(MATCHES) : undefined;
  let left = limit ?? Infinity;
  for await (const batch of database.stream(statement.sql, signal)) {
    let rows = passes ? batch.filter(passes) : batch;
    if (rows.length > left) rows = rows.slice(0, left);
    if (matches !== undefined && rows.some((row) => Number(matches(row)) > 1)) {
      throw new ButlerUserError(
        'CALIBRATION_LOOKUP',
        "Ambiguous calibration validity range match. This usually means a temporal join or 'where' needs to be added, " +
          'but it could also mean that multiple validity ranges overlap a single output data ID.',
      );
    }
    left -= rows.length;
    if (rows.length > 0) yield rows;
    if (left === 0) return;
  }
}

function keyOf(row: SqlRow, { order }: Statement) {
  return order.map(({ read, type }) => {
    const value = readValue(type, read(row));
    return value as string | number | bigint | boolean | null; // no regions or timespans in an order
  });
}

/** How a row of a dataset tells its collection. */
function whereFound({ searches }: Analysis, datasetType: string) {
  const names = new Map(searches.get(datasetType)?.collections.map(({ id, name }) => [id, name]));
  return {
    id: datasetFieldId(datasetType, 'collection_id'),
    name: (id: SqlValue) => names.get(Number(id))!,
  };
}
