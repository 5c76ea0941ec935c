/**
 * Data IDs that name metadata and alternate keys (`detector: 'R22_S11'`, `day_obs` with `seq_num`, `exposure.obs_id`)
 * in terms of dimensions' own values, as stock `_rewrite_data_id` does it.
 */
import type { DataId, DataIdValue } from '../../butler/data-id.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import { ButlerUserError, InvalidQueryError } from '../../butler/errors.ts';
import { didYouMean } from '../../butler/nearest-name.ts';
import { buildQuery } from '../../butler/query/build.ts';
import type { DimensionElement, Universe } from '../../butler/universe.ts';
import type { FindDatasetRequest, QueryContext, Repository } from '../repository.ts';
import type { DimensionRecordRow, FieldValue } from '../rows.ts';

type Values = Map<string, DataIdValue>;

/** Where records are looked up, and with which values of the governors where the data ID names none. */
interface Lookup {
  readonly repository: Repository;
  readonly universe: Universe;
  readonly defaultDataId: DataId;
  readonly ctx: QueryContext;
}

/** Enough to tell "exactly one" from "several", and to choose among visits of several visit systems. */
const RECORDS = 100;

/**
 * @returns values by dimension, of whatever dimensions were given or found; defaults serve to find records alone
 * @throws ButlerUserError DIMENSION_VALUE where no record fits, several do, a key is unknown, or keys contradict
 */
export async function rewriteDataId(
  repository: Repository,
  universe: Universe,
  datasetType: DatasetType,
  { dataId, defaultDataId = {} }: Pick<FindDatasetRequest, 'dataId' | 'defaultDataId'>,
  ctx: QueryContext,
): Promise<ReadonlyMap<string, DataIdValue>> {
  const lookup: Lookup = { repository, universe, defaultDataId, ctx };
  const { values, byRecord, unknown } = sortKeys(universe, dataId);
  for (const [dimension, fields] of guessDimensions(universe, datasetType, unknown)) {
    byRecord.set(dimension, new Map([...(byRecord.get(dimension) ?? []), ...fields]));
  }
  for (const [dimension, fields] of byRecord) {
    const element = universe.element(dimension);
    if (!element.primaryKey) {
      throw new InvalidQueryError(`${dimension} is not a true dimension, and cannot be used in data IDs.`);
    }
    if (values.has(dimension)) await checkRecord(lookup, element, values, fields);
    else values.set(dimension, await findValue(lookup, element, element.primaryKey.name, values, fields));
  }
  return values;
}

/** Values of dimensions, fields of dimensions' records, and keys of which neither is known. */
function sortKeys(
  universe: Universe,
  dataId: DataId,
): { readonly values: Values; readonly byRecord: Map<string, Values>; readonly unknown: Values } {
  const values: Values = new Map();
  const byRecord = new Map<string, Values>();
  const unknown: Values = new Map();
  const addField = (dimension: string, field: string, value: DataIdValue) =>
    byRecord.set(dimension, new Map([...(byRecord.get(dimension) ?? []), [field, value]]));
  for (const [key, value] of Object.entries(dataId)) {
    const dot = key.indexOf('.');
    const element = universe.find(key);
    if (dot >= 0) addField(key.slice(0, dot), key.slice(dot + 1), value);
    else if (!element?.primaryKey) unknown.set(key, value);
    else if (hasType(value, element.primaryKey.type)) values.set(key, value);
    else {
      const alternate = element.alternateKeys.find((column) => hasType(value, column.type));
      if (alternate) addField(key, alternate.name, value);
      else values.set(key, value);
    }
  }
  return { values, byRecord, unknown };
}

function hasType(value: DataIdValue, type: string): boolean {
  return type === (typeof value === 'string' ? 'string' : 'int');
}

/** For keys without a dimension: the dimension of the dataset type (or, for calibrations, of time) that has such a field. */
function guessDimensions(universe: Universe, datasetType: DatasetType, unknown: Values): ReadonlyMap<string, Values> {
  const mandatory = datasetType.dimensions.names;
  const temporal = universe.elements.filter((e) => e.isDimension && e.temporalFamily !== undefined).map((e) => e.name);
  const candidates = [...new Set([...mandatory, ...(datasetType.isCalibration ? temporal : [])])].map((name) => {
    const { primaryKey, alternateKeys, metadata } = universe.element(name);
    const columns = new Set([primaryKey!, ...alternateKeys, ...metadata].map((column) => column.name));
    return { name, columns, fields: [...unknown.keys()].filter((key) => columns.has(key)) };
  });
  const guessed = new Map<string, Values>();
  for (const [key, value] of unknown) {
    const having = candidates.filter(({ fields }) => fields.includes(key));
    if (having.length === 0) {
      const known = candidates.flatMap(({ name, columns }) => [name, ...columns]);
      throw new ButlerUserError(
        'DIMENSION_VALUE',
        `'${key}' is neither a dimension nor a field of the dimensions of dataset type '${datasetType.name}'.` +
          didYouMean(key, known),
      );
    }
    const needed = having.filter(({ name }) => mandatory.includes(name));
    let choice = needed.length > 0 ? needed : having;
    // Visits are defined from exposures.
    if (needed.length === 0 && choice.every(({ name }) => name === 'exposure' || name === 'visit')) {
      choice = choice.filter(({ name }) => choice.length === 1 || name === 'exposure');
    }
    // The dimension that has most of the keys: `day_obs` with `seq_num` are an exposure's.
    const best = choice.reduce((a, b) => (b.fields.length > a.fields.length ? b : a)).name;
    guessed.set(best, new Map([...(guessed.get(best) ?? []), [key, value]]));
  }
  return guessed;
}

/** The dimension's value is given: its record must say the same. */
async function checkRecord(lookup: Lookup, element: DimensionElement, values: Values, fields: Values): Promise<void> {
  const dataId = only(values, element.required);
  const records = await findRecords(lookup, element, dataId);
  if (records.length === 0) {
    throw new ButlerUserError(
      'DIMENSION_VALUE',
      `Could not find dimension '${element.name}' with data ID ${text(dataId)} as part of comparing with record values ${text(fields)}.`,
    );
  }
  if (records.length > 1) return;
  const differing = [...fields].filter(([field, value]) => !isEqual(records[0]!.fields[field], value));
  if (differing.length > 0) {
    const words = differing.map(([field, value]) => `${field} (${String(records[0]!.fields[field])} != ${value})`);
    throw new ButlerUserError(
      'DIMENSION_VALUE',
      `Dimension ${element.name} in dataId has explicit value ${values.get(element.name)} inconsistent with ` +
        `${element.name} dimension record: ${words.join(', ')}`,
    );
  }
}

/** The value of the one record with these fields. */
async function findValue(
  lookup: Lookup,
  element: DimensionElement,
  key: string,
  values: Values,
  fields: Values,
): Promise<DataIdValue> {
  const dataId = only(values, lookup.universe.conform([element.name]).names);
  let records = await findRecords(lookup, element, dataId, fields);
  if (records.length > 1 && element.name === 'visit') records = await inDefaultVisitSystem(lookup, records, values);
  if (records.length === 1) return records[0]!.fields[key] as DataIdValue;
  throw new ButlerUserError(
    'DIMENSION_VALUE',
    records.length === 0
      ? `DataId specification for dimension ${element.name} matched no records when constrained by ${text(fields)}`
      : `DataId specification for dimension ${element.name} is not uniquely constrained to a single dataset by ` +
          `${text(fields)}. Got ${records.length} results.`,
  );
}

/** Of visits that are the same exposures in several visit systems, the one of the instrument's default system. */
async function inDefaultVisitSystem(
  lookup: Lookup,
  visits: readonly DimensionRecordRow[],
  values: Values,
): Promise<readonly DimensionRecordRow[]> {
  const { universe } = lookup;
  const membership = universe.find('visit_system_membership');
  const instrument = universe.element('instrument');
  if (!membership || !instrument.metadata.some((column) => column.name === 'visit_system')) return visits;
  const instruments = await findRecords(lookup, instrument, only(values, ['instrument']));
  const system = instruments[0]?.fields['visit_system'];
  if (instruments.length !== 1 || system === null || system === undefined) return visits;
  for (const visit of visits) {
    const dataId: Values = new Map([
      ['instrument', instruments[0]!.fields['name'] as DataIdValue],
      ['visit_system', system as DataIdValue],
      ['visit', visit.fields['id'] as DataIdValue],
    ]);
    if ((await findRecords(lookup, membership, dataId)).length > 0) return [visit];
  }
  return visits;
}

async function findRecords(
  { repository, universe, defaultDataId, ctx }: Lookup,
  element: DimensionElement,
  dataId: Values,
  fields: Values = new Map(),
): Promise<readonly DimensionRecordRow[]> {
  const names = [...fields.keys()];
  const { query, spec } = buildQuery(universe, {
    result: { type: 'dimension_record', element: element.name },
    where: names.map((name, i) => `${element.name}.${name} = :value${i}`),
    bind: Object.fromEntries(names.map((name, i) => [`value${i}`, fields.get(name)!])),
    dataId: Object.fromEntries(dataId),
    defaultDataId,
    limit: RECORDS,
  });
  if (spec.type !== 'dimension_record') throw new TypeError('a query for records must give records');
  const records: DimensionRecordRow[] = [];
  for await (const { rows } of repository.query(query, spec, ctx)) records.push(...rows);
  return records;
}

function only(values: Values, names: readonly string[]): Values {
  return new Map([...values].filter(([name]) => names.includes(name)));
}

function isEqual(found: FieldValue | undefined, given: DataIdValue): boolean {
  return typeof found === 'bigint' || typeof given === 'bigint' ? String(found) === String(given) : found === given;
}

function text(values: Values): string {
  return `{${[...values].map(([key, value]) => `${key}: ${typeof value === 'string' ? `'${value}'` : value}`).join(', ')}}`;
}
