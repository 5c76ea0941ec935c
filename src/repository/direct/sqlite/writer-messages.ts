/** What the gateway and the thread that writes to an SQLite file (`writer-thread.ts`) say to each other, in turns. */
import type { SqlValue } from '../database.ts';
import type { PackedColumn } from './messages.ts';

export type WriteRequest =
  /** Opens the file where it is not open, or another file is at its path now, and tries once to get the write lock. */
  | { readonly kind: 'begin' }
  /** Fulfils with rows where the statement gives some. */
  | { readonly kind: 'statement'; readonly sql: string; readonly parameters: readonly SqlValue[] }
  /** `before`, the rows' values, `after`; `parameters` are those of `after`. */
  | {
      readonly kind: 'insert';
      readonly before: string;
      readonly after: string;
      readonly parameters: readonly SqlValue[];
      readonly count: number;
      readonly columns: readonly PackedColumn[];
    }
  | { readonly kind: 'script'; readonly statements: readonly string[] }
  | { readonly kind: 'commit' }
  | { readonly kind: 'rollback' };

export type WriteResponse =
  | {
      readonly kind: 'done';
      /** Rows that are new or changed. */
      readonly changes: number;
      /** Rows that the statement gave. */
      readonly count: number;
      readonly columns: readonly PackedColumn[];
    }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

export interface WriterOptions {
  readonly path: string;
  /** Whether the path must lead to the file without a link. */
  readonly exactPath: boolean;
  /** Makes the file where there is none. */
  readonly create: boolean;
  /** Checks the file's structure (`PRAGMA quick_check`) after it was opened. */
  readonly quickCheck: boolean;
  /**
   * Empties the journal instead of deleting it.  Who was overtaken then touches nothing by name: the journal that it would
   * delete may be another writer's by now.
   */
  readonly keepJournal: boolean;
}
