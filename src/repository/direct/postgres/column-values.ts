/** How PostgreSQL's values become `SqlValue`s, by the type's number in `pg_type`. */
import type { SqlValue } from '../database.ts';

/** Numbers where exact, bigints beyond. */
function integer(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

const parsers: Readonly<Record<number, (text: string) => SqlValue>> = {
  16: (text) => text === 't', // bool
  17: (text) => Buffer.from(text.slice(2), 'hex'), // bytea, `\x…`
  20: integer, // int8
  21: Number, // int2
  23: Number, // int4
  26: Number, // oid
  700: Number, // float4
  701: Number, // float8
  1700: (text) => (/^-?\d+$/.test(text) ? integer(text) : Number(text)), // numeric
};

const asText = (text: string): SqlValue => text;

/** For `pg`: all other types stay text (uuid, varchar, int8range, …). */
export const columnValues = {
  getTypeParser: (oid: number) => parsers[oid] ?? asText,
};
