/** FROM items of a statement, and the names of its tables. */
import sql, { join, type Sql } from 'sql-template-tag';
import type { Database } from '../database.ts';
import { keyId, Scope } from './columns.ts';

/** A FROM item with the columns that it gives. */
export interface Relation {
  readonly from: Sql;
  readonly scope: Scope;
  /** Conditions on its own columns. */
  readonly conditions: readonly Sql[];
  /** Dimensions whose keys it has. */
  readonly keys: readonly string[];
  /** More tables, joined after it by conditions of their own. */
  readonly lookUps?: readonly { readonly from: Sql; readonly on: Sql }[];
}

/** The FROM clause of a relation alone. */
export function fromSql({ from, lookUps = [] }: Relation): Sql {
  return lookUps.reduce((joined, lookUp) => sql`${joined} JOIN ${lookUp.from} ON ${lookUp.on}`, from);
}

/** Hands out aliases that are unique in one statement, and quoted names of tables. */
export class TableNames {
  readonly #database: Pick<Database, 'table'>;
  #count = 0;

  constructor(database: Pick<Database, 'table'>) {
    this.#database = database;
  }

  /** As `Database.table`. */
  table(name: string, known?: 'readable'): Sql {
    return this.#database.table(name, known);
  }

  alias(kind: string): string {
    this.#count += 1;
    return `${kind}_${String(this.#count)}`;
  }
}

/**
 * Relations joined one after the other, on equality of all dimension keys that they share.  A key's
 * column is that of the first relation that has it.
 */
export class Join {
  readonly scope: Scope = new Scope();
  readonly conditions: Sql[] = [];
  readonly #keys = new Set<string>();
  #from: Sql | undefined;

  /** Names of dimensions whose keys are there. */
  get keys(): ReadonlySet<string> {
    return this.#keys;
  }

  /** The FROM clause without its keyword; undefined while nothing was joined. */
  get from(): Sql | undefined {
    return this.#from;
  }

  /** @param word `JOIN`, or that of a look-up */
  add(relation: Relation, word: Sql = sql`JOIN`): void {
    const equalities = relation.keys
      .filter((name) => this.#keys.has(name))
      .map((name) => sql`${this.scope.get(keyId(name))} = ${relation.scope.get(keyId(name))}`);
    if (this.#from === undefined) this.#from = relation.from;
    else if (equalities.length === 0) this.#from = sql`${this.#from} CROSS JOIN ${relation.from}`;
    else this.#from = sql`${this.#from} ${word} ${relation.from} ON ${join(equalities, ' AND ')}`;
    this.#from = fromSql({ ...relation, from: this.#from });
    this.conditions.push(...relation.conditions);
    for (const name of relation.keys) this.#keys.add(name);
    this.scope.addAll(relation.scope);
  }
}
