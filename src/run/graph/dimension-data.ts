/** The dimension records that a graph carries for all of its data IDs. */
import { z } from 'zod';
import type { Column, DimensionElement, Universe } from '../../butler/universe.ts';
import type { DimensionRecordRow, FieldValue } from '../../repository/rows.ts';
import { mapOf } from './documents.ts';
import { shown, unreadable } from './unreadable.ts';

const value = z.union([
  z.string(),
  z.number(),
  z.bigint(),
  z.boolean(),
  z.null(),
  z.tuple([z.union([z.int(), z.bigint()]), z.union([z.int(), z.bigint()])]),
]);

/** Element → records; each of its key's values, then its other columns in the order of the schema. */
export const dimensionDocument = mapOf(z.array(z.array(value)));

/**
 * @param repository name under which the records are to be known
 * @throws SatelliteError BAD_USER_INPUT where they are not of the universe
 */
export function* toDimensionRecords(
  document: z.output<typeof dimensionDocument>,
  universe: Universe,
  repository: string,
): Generator<DimensionRecordRow> {
  for (const [name, records] of document) {
    const element = universe.find(name);
    if (!element) throw unreadable(`it has records of ${shown(name)}, which its universe has not`);
    const columns = columnsOf(element, universe);
    for (const record of records) {
      if (record.length !== columns.length) {
        throw unreadable(`a record of ${name} has ${record.length} values, not ${columns.length}`);
      }
      const fields: Record<string, FieldValue> = {};
      columns.forEach((column, i) => (fields[column.name] = toValue(record[i]!, column, name)));
      yield { element, fields, repository };
    }
  }
}

/** As stock Butler orders the columns of a record's table. */
function columnsOf(element: DimensionElement, universe: Universe): readonly Column[] {
  const { name: own, required, implied, primaryKey, fields } = element;
  const key = (name: string): Column => {
    const { primaryKey: column } = universe.element(name);
    return name === own ? primaryKey! : { ...column!, name };
  };
  return [...required.map(key), ...implied.map(key), ...fields.values()];
}

function toValue(json: z.output<typeof value>, { name, type }: Column, element: string): FieldValue {
  const refuse = (): never => {
    throw unreadable(`a record of ${element} has a ${name} that is not of the type ${type}`);
  };
  if (json === null) return null;
  switch (type) {
    case 'region':
    case 'hash':
      return typeof json === 'string' && /^([0-9a-f]{2})*$/i.test(json) ? Buffer.from(json, 'hex') : refuse();
    case 'timespan':
      return Array.isArray(json) ? { begin: BigInt(json[0]), end: BigInt(json[1]) } : refuse();
    case 'datetime':
    case 'ingest_date':
      return isInteger(json) ? BigInt(json) : refuse();
    case 'int':
      return isInteger(json) ? json : refuse();
    case 'float':
      return typeof json === 'number' ? json : refuse();
    case 'bool':
      return typeof json === 'boolean' ? json : refuse();
    case 'string':
    case 'uuid':
      return typeof json === 'string' ? json : refuse();
  }
}

function isInteger(json: unknown): json is number | bigint {
  return typeof json === 'bigint' || Number.isSafeInteger(json);
}
