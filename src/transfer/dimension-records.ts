/** The dimension records that datasets need where they come to. */
import type { DataIdValues } from '../butler/data-id.ts';
import { recordSpec } from '../butler/query/result-spec.ts';
import type { DimensionElement, Universe } from '../butler/universe.ts';
import { dataIdKey, distinctDataIds, recordDataId, reordered } from '../repository/federated/identity.ts';
import { joined, recordsAmong, upload } from '../repository/federated/probe.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { DimensionRecordRow, FieldValue } from '../repository/rows.ts';
import { distinctRecordsOfDataIds, queryOf } from '../repository/search/records-of-data-ids.ts';
import { keptRecords } from './kept-records.ts';
import type { SelectedDataset } from './page.ts';
import type { TransferConflict } from './service.ts';

/** More records than these are looked for in a satellite only after a look whether it has any of their element. */
const FEW_RECORDS = 500;

/** Element → key of the data ID → record. */
type RecordsByElement = Map<string, Map<string, DimensionRecordRow>>;

/** What needs the records of its data ID: a dataset, as a rule. */
export interface NeedsRecords {
  readonly datasetType: Pick<SelectedDataset['datasetType'], 'dimensions'>;
  /** Of the required dimensions. */
  readonly values: DataIdValues;
}

/** Records that datasets need, each once, said in the satellite's universe. */
export interface NeededRecords {
  /** Of all elements of the datasets' groups: most of them, as a rule. */
  readonly own: Promise<readonly DimensionRecordRow[]>;
  /**
   * Those that come and go with `own` (visit definitions, memberships of visit systems, regions of a visit's detectors), and
   * what these require beside `own`.
   */
  readonly others: Promise<readonly DimensionRecordRow[]>;
}

/**
 * The number of queries depends on the dimension groups only.
 * @param after what the source shall do first
 */
export function neededInParts(
  source: Repository,
  satellite: Universe,
  datasets: readonly NeedsRecords[],
  ctx: QueryContext,
  after: Promise<unknown> = Promise.resolve(),
): NeededRecords {
  const primary = after.then(() => ownRecords(source, datasets, ctx));
  return {
    own: primary.then((records) => inUniverse(records, satellite)),
    others: primary.then(async (records) => inUniverse(await additionalRecords(source, records, ctx), satellite)),
  };
}

/** All at once. */
export async function neededRecords(
  source: Repository,
  satellite: Universe,
  datasets: readonly NeedsRecords[],
  ctx: QueryContext,
): Promise<readonly DimensionRecordRow[]> {
  const { own, others } = neededInParts(source, satellite, datasets, ctx);
  return (await Promise.all([own, others])).flat();
}

async function ownRecords(
  source: Repository,
  datasets: readonly NeedsRecords[],
  ctx: QueryContext,
): Promise<RecordsByElement> {
  const universe = await source.universe(ctx);
  const primary: RecordsByElement = new Map();
  for (const same of Map.groupBy(datasets, ({ datasetType }) => datasetType.dimensions).values()) {
    const { required } = same[0]!.datasetType.dimensions;
    const distinct = distinctDataIds(same.map(({ values }) => values));
    await addRecords(primary, source, universe, required, [...distinct.values()], ctx);
  }
  return primary;
}

/**
 * Records that are known, with those that come and go with them and what these require, each once, said in the satellite's
 * universe.
 * @param source what is asked for the others
 * @param known in the source's universe
 */
export async function completedRecords(
  source: Repository,
  satellite: Universe,
  known: Iterable<DimensionRecordRow>,
  ctx: QueryContext,
): Promise<readonly DimensionRecordRow[]> {
  const universe = await source.universe(ctx);
  const primary: RecordsByElement = new Map();
  for (const record of known) {
    const element = universe.find(record.element.name);
    if (element) add(primary, record, dataIdKey(recordDataId(record, element.required)));
  }
  const additional = await additionalRecords(source, primary, ctx);
  return [...inUniverse(primary, satellite), ...inUniverse(additional, satellite)];
}

/** @param names dimensions that `dataIds` has values of, in that order */
async function addRecords(
  records: RecordsByElement,
  source: Repository,
  universe: Universe,
  names: readonly string[],
  dataIds: readonly DataIdValues[],
  ctx: QueryContext,
): Promise<void> {
  const group = universe.conform(names);
  const ordered = dataIds.map((values) => reordered(values, names, group.required));
  const kept = await keptRecords(source, ctx);
  for (const found of await distinctRecordsOfDataIds(source, group, ordered, ctx, { kept })) {
    for (const [key, record] of found) add(records, record, key);
  }
}

function add(records: RecordsByElement, record: DimensionRecordRow, key: string): void {
  const { element } = record;
  if (!element.hasTable) return;
  const known = records.get(element.name) ?? new Map<string, DimensionRecordRow>();
  records.set(element.name, known);
  known.set(key, record);
}

/** What comes and goes with records that are known, and what it requires beside them. */
async function additionalRecords(
  source: Repository,
  primary: RecordsByElement,
  ctx: QueryContext,
): Promise<RecordsByElement> {
  const universe = await source.universe(ctx);
  const additional = await populatedRecords(source, universe, primary, ctx);
  const required = await requiredRecords(primary, additional, source, universe, ctx);
  for (const [name, records] of required) {
    for (const [key, record] of records) if (!primary.get(name)?.has(key)) add(additional, record, key);
  }
  return additional;
}

/** Records of elements that are populated with a dimension that is there and are not in the datasets' own groups. */
async function populatedRecords(
  source: Repository,
  universe: Universe,
  primary: RecordsByElement,
  ctx: QueryContext,
): Promise<RecordsByElement> {
  const additional: RecordsByElement = new Map();
  for (const element of universe.elements) {
    const { populatedBy, name, hasTable } = element;
    const owners = populatedBy === undefined || populatedBy === name ? undefined : primary.get(populatedBy);
    if (!hasTable || !owners || primary.has(name)) continue;
    // As a rule a repository has such records for all or for none of them.
    if (!(await hasRecords(source, element, ctx))) continue;
    const { required } = universe.element(populatedBy!);
    const rows = [...owners.values()].map((record) => recordDataId(record, required));
    const query = joined(queryOf(universe.groupOf(name)), [upload(universe.conform(required), required, rows)]);
    for await (const page of source.query(query, recordSpec(name), ctx)) {
      for (const record of page.rows) add(additional, record, dataIdKey(recordDataId(record, record.element.required)));
    }
  }
  return additional;
}

/** Records that additional ones require, such as the exposures of visit definitions; some that are known may be among them. */
async function requiredRecords(
  primary: RecordsByElement,
  additional: RecordsByElement,
  source: Repository,
  universe: Universe,
  ctx: QueryContext,
): Promise<RecordsByElement> {
  const missing = new Map<string, Map<string, DataIdValues>>();
  for (const record of [...additional.values()].flatMap((records) => [...records.values()])) {
    for (const dimension of record.element.required) {
      const values = recordDataId(record, universe.element(dimension).required);
      const key = dataIdKey(values);
      if (primary.get(dimension)?.has(key)) continue;
      const known = missing.get(dimension) ?? new Map<string, DataIdValues>();
      missing.set(dimension, known.set(key, values));
    }
  }
  const found: RecordsByElement = new Map();
  for (const [dimension, dataIds] of missing) {
    await addRecords(found, source, universe, universe.element(dimension).required, [...dataIds.values()], ctx);
  }
  return found;
}

function inUniverse(records: RecordsByElement, universe: Universe): readonly DimensionRecordRow[] {
  return [...records.values()].flatMap((same) => elementInUniverse([...same.values()], universe));
}

/** @param records of one element; none come of it where the satellite's universe has no such table */
function elementInUniverse(records: readonly DimensionRecordRow[], universe: Universe): readonly DimensionRecordRow[] {
  const of = records[0]?.element;
  if (!of) return [];
  const element = universe.find(of.name);
  if (!element?.hasTable) return [];
  if (element === of) return records;
  const columns = columnsOf(element);
  const isSame = columns.join() === columnsOf(of).join();
  return records.map((record) => ({
    ...record,
    element,
    fields: isSame ? record.fields : Object.fromEntries(columns.map((name) => [name, record.fields[name] ?? null])),
  }));
}

function columnsOf(element: DimensionElement): readonly string[] {
  const { name: own, primaryKey, required, implied, fields } = element;
  const key = primaryKey ? [primaryKey.name] : [];
  return [...required.filter((name) => name !== own), ...key, ...implied, ...fields.keys()];
}

/** What a satellite has of records that are to come. */
export interface RecordPlan {
  /** Those that are not there yet. */
  readonly missing: readonly DimensionRecordRow[];
  readonly conflicts: readonly TransferConflict[];
}

/**
 * Compares records with those that the satellite has; reads only.
 * @param where they are compared, in the words of conflicts
 */
export async function planRecords(
  satellite: Repository,
  records: readonly DimensionRecordRow[],
  ctx: QueryContext,
  where = 'the satellite and the source',
): Promise<RecordPlan> {
  const missing: DimensionRecordRow[] = [];
  const conflicts: TransferConflict[] = [];
  for (const [element, same] of Map.groupBy(records, (record) => record.element)) {
    // A record of nothing but its key is like any other with that key.
    const isKey = element.implied.length === 0 && element.fields.size === 0;
    const isNew = isKey || (same.length > FEW_RECORDS && !(await hasRecords(satellite, element, ctx)));
    const there = isNew ? new Map<string, never>() : await recordsAt(satellite, element, same, ctx);
    for (const record of same) {
      const existing = there.get(dataIdKey(recordDataId(record, element.required)));
      if (!existing) missing.push(record);
      else if (differing(record, existing).length > 0) conflicts.push(conflictOf(record, existing, where));
    }
  }
  return { missing, conflicts };
}

/** Whether a satellite has no record at all: each belongs to one of a governor dimension. */
export async function isWithoutRecords(satellite: Repository, ctx: QueryContext): Promise<boolean> {
  const universe = await satellite.universe(ctx);
  for (const governor of universe.governors) {
    if (await hasRecords(satellite, universe.element(governor), ctx)) return false;
  }
  return true;
}

/** Whether a repository has any record of an element. */
async function hasRecords(repository: Repository, element: DimensionElement, ctx: QueryContext): Promise<boolean> {
  const universe = await repository.universe(ctx);
  return repository.any(queryOf(universe.conform(element.required)), ctx);
}

async function recordsAt(
  satellite: Repository,
  element: DimensionElement,
  records: readonly DimensionRecordRow[],
  ctx: QueryContext,
): Promise<ReadonlyMap<string, DimensionRecordRow>> {
  const { required } = element;
  const universe = await satellite.universe(ctx);
  const found = new Map<string, DimensionRecordRow>();
  const rows = records.map((record) => recordDataId(record, required));
  const { query } = recordsAmong(queryOf(universe.conform(required)), element, required, rows);
  for await (const page of satellite.query(query, recordSpec(element.name), ctx)) {
    for (const row of page.rows) found.set(dataIdKey(recordDataId(row, required)), row);
  }
  return found;
}

function conflictOf(coming: DimensionRecordRow, there: DimensionRecordRow, where: string): TransferConflict {
  const { name, required } = coming.element;
  const dataId = required.map((dimension, i) => `${dimension}=${String(recordDataId(coming, required)[i])}`).join(', ');
  return {
    reason:
      `The ${name} record of {${dataId}} differs between ${where} ` +
      `(${differing(coming, there).join(', ')}): datasets of both cannot live together.`,
  };
}

/** Names of the columns that differ. */
function differing({ element, fields }: DimensionRecordRow, other: DimensionRecordRow): readonly string[] {
  return columnsOf(element).filter((name) => !isEqual(fields[name] ?? null, other.fields[name] ?? null));
}

function isEqual(a: FieldValue, b: FieldValue): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a !== null && typeof a === 'object') {
    return b !== null && typeof b === 'object' && 'begin' in b && a.begin === b.begin && a.end === b.end;
  }
  return typeof a === 'bigint' || typeof b === 'bigint' ? String(a) === String(b) : Object.is(a, b);
}
