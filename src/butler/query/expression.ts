/** Column expressions of the query tree. */
import type { DataIdValue } from '../data-id.ts';
import type { Region } from '../region/region.ts';

export type Literal =
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  /** Canonical lower-case text with dashes. */
  | { readonly type: 'uuid'; readonly value: string }
  /** ns TAI. */
  | { readonly type: 'datetime'; readonly nsec: bigint }
  /** ns TAI, half-open; see `Timespan` for unbounded and empty ones. */
  | { readonly type: 'timespan'; readonly begin: bigint; readonly end: bigint }
  | { readonly type: 'region'; readonly region: Region }
  | { readonly type: 'hash'; readonly bytes: Uint8Array };

export type DatasetField = 'dataset_id' | 'run' | 'collection' | 'ingest_date' | 'timespan';

export const DATASET_FIELDS: readonly DatasetField[] = ['dataset_id', 'ingest_date', 'run', 'collection', 'timespan'];

export type ColumnReference =
  | { readonly type: 'dimension_key'; readonly dimension: string }
  | { readonly type: 'dimension_field'; readonly element: string; readonly field: string }
  | { readonly type: 'dataset_field'; readonly datasetType: string; readonly field: DatasetField };

export type Expression =
  | Literal
  | ColumnReference
  | { readonly type: 'unary'; readonly operator: '-' | 'begin_of' | 'end_of'; readonly operand: Expression }
  | {
      readonly type: 'binary';
      readonly operator: '+' | '-' | '*' | '/' | '%';
      readonly a: Expression;
      readonly b: Expression;
    };

/** A term of `orderBy`. */
export type OrderExpression = Expression | { readonly type: 'reversed'; readonly operand: Expression };

/** The literal of a data ID's value. */
export function dataIdLiteral(value: DataIdValue): Literal {
  return typeof value === 'string' ? { type: 'string', value } : { type: 'int', value: BigInt(value) };
}
