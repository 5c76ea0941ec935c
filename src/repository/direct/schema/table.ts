/** A model of tables, free of any database's dialect; `define.ts` writes it as text. */

export type ColumnType =
  /** Primary key that the database counts: SQLite's rowid, a sequence `{table}_seq_{column}` on PostgreSQL. */
  'auto id' | 'int' | 'small int' | 'float' | 'bool' | 'string' | 'uuid' | 'timespan';

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Of strings: short ones (1 … 32) are bounded, all others are not, whatever length they are declared with. */
  readonly length?: number;
  readonly nullable?: boolean;
  /** Of a timespan: all time, where no value is given. */
  readonly unboundedByDefault?: boolean;
  readonly comment?: string;
}

export interface ForeignKey {
  readonly source: readonly string[];
  readonly table: string;
  readonly target: readonly string[];
  readonly cascades: boolean;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly primaryKey: readonly string[];
  readonly unique: readonly (readonly string[])[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Columns of indexes beside those of the constraints and of each foreign key. */
  readonly indexes: readonly (readonly string[])[];
  readonly comment?: string;
}

/** A table of which only what it has is named. */
export function table(
  name: string,
  parts: Omit<Partial<Table>, 'name'> & Pick<Table, 'columns' | 'primaryKey'>,
): Table {
  return { name, unique: [], foreignKeys: [], indexes: [], ...parts };
}

/** A foreign key from columns to those of the same names, unless `target` names others. */
export function references(
  table: string,
  source: readonly string[],
  { target = source, cascades = false }: { readonly target?: readonly string[]; readonly cascades?: boolean } = {},
): ForeignKey {
  return { source, table, target, cascades };
}
