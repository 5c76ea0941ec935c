import { ByteWriter, ParquetWriter, schemaFromColumnData, type ColumnSource } from 'hyparquet-writer';
import type { Cells, ExportedRows } from './exported-rows.ts';
import type { TableColumn } from './table-columns.ts';

/** Rows that are held before they are written: what bounds the memory of an export. */
const ROW_GROUP_ROWS = 20_000;

/**
 * A Parquet file, in pieces.  Where something goes wrong on the way it throws, and what was given lacks the footer that
 * every reader needs: it cannot be taken for a whole file.
 */
export async function* parquetFile({ cells, columns }: ExportedRows): AsyncIterable<Uint8Array> {
  const table = await columns();
  const bytes = new ByteWriter();
  const schema = schemaFromColumnData({ columnData: columnData(table, []) });
  const file = new ParquetWriter({ writer: bytes, schema, createdBy: 'satellite' });
  let group: Cells[] = [];
  for await (const page of cells()) {
    for (const row of page) group.push(row);
    if (group.length < ROW_GROUP_ROWS) continue;
    await file.write({ columnData: columnData(table, group), rowGroupSize: group.length });
    group = [];
    yield taken(bytes);
  }
  if (group.length > 0) await file.write({ columnData: columnData(table, group), rowGroupSize: group.length });
  await file.finish();
  yield taken(bytes);
}

function columnData(table: readonly TableColumn[], rows: readonly Cells[]): ColumnSource[] {
  return table.map(({ name, type }) => ({ name, type, data: rows.map((row) => cell(row[name], type)) }));
}

function cell(value: unknown, type: TableColumn['type']): unknown {
  if (value === null || value === undefined) return null;
  if (type === 'INT64') return BigInt(value as number | bigint);
  if (type === 'DOUBLE') return Number(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

/** The bytes written since the last call. */
function taken(bytes: ByteWriter): Uint8Array {
  const part = new Uint8Array(bytes.buffer.slice(0, bytes.index));
  bytes.index = 0;
  return part;
}
