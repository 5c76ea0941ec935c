/** Values as databases give them, as rows have them. */
import type { ColumnType } from '../../../butler/universe.ts';
import type { FieldValue } from '../../rows.ts';
import type { SqlValue } from '../database.ts';
import { uuidFromStored } from '../dataset-ids.ts';

/** A value of any type but timespan, which is two columns. */
export function readValue(type: ColumnType, value: SqlValue): FieldValue {
  if (value === null) return null;
  switch (type) {
    case 'uuid':
      return uuidFromStored(value as string);
    case 'bool':
      return Boolean(value);
    case 'region':
    case 'hash':
      return new Uint8Array(Buffer.from(value as string, 'base64'));
    case 'datetime':
    case 'ingest_date':
      return BigInt(value as number | bigint);
    default:
      return value;
  }
}
