/** The content of a repository's SQLite registry in a form that two repositories can be compared by. */
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';

type Row = Record<string, unknown>;

/** Depends on when and in what order things were registered. */
const OWN_TO_A_REPOSITORY = new Set(['ingest_date']);

/**
 * Table → its rows as text, sorted; numbers that a repository gives to collections, dataset types and groups of dimensions are
 * replaced by names.  Tables without rows are left out.
 */
export function dumpRegistry(root: string): Readonly<Record<string, readonly string[]>> {
  using database = new Database(join(root, 'gen3.sqlite3'));
  const names = (table: string, id: string) =>
    new Map(database.rows(`SELECT ${id} AS id, name FROM ${table}`).map((row) => [row['id'], row['name']]));
  const collections = names('collection', 'collection_id');
  const types = names('dataset_type', 'id');
  const groups = new Map<unknown, string>();
  for (const row of database.rows('SELECT * FROM dimension_graph_definition ORDER BY dimension_name')) {
    const id = row['dimension_graph_id'];
    groups.set(id, [groups.get(id), row['dimension_name']].filter(Boolean).join(','));
  }
  const groupName = (id: unknown) => `{${groups.get(id) ?? ''}}`;
  const named = (column: string, value: unknown): unknown => {
    if (['collection_id', 'run_id', 'parent', 'child'].includes(column)) return collections.get(value);
    if (column === 'dataset_type_id') return types.get(value);
    if (column === 'dimensions_key') return groupName(value);
    if (/_association_table$/.test(column)) return value === null ? null : true;
    return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
  };
  const tables = database.rows(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`);
  const dump: Record<string, readonly string[]> = {};
  for (const table of tables.map((row) => String(row['name']))) {
    if (/^(butler_attributes|dimension_graph_(key|definition)|opaque_meta)$/.test(table)) continue;
    const isAssociation = /^dataset_(tags|calibs)_(\d+)$/.exec(table);
    const rows = database.rows(`SELECT * FROM "${table}"`).map((row) =>
      stringify(
        Object.fromEntries(
          Object.entries(row)
            .filter(([column]) => !OWN_TO_A_REPOSITORY.has(column))
            .filter(([column]) => !(column === 'id' && (table === 'dataset_type' || isAssociation?.[1] === 'calibs')))
            .map(([column, value]) => [column, named(column, value)]),
        ),
      ),
    );
    const name = isAssociation ? `${isAssociation[1]!} of ${groupName(BigInt(isAssociation[2]!))}` : table;
    if (rows.length > 0) dump[name] = rows.sort();
  }
  return dump;
}

class Database implements Disposable {
  readonly #database: Sqlite.Database;

  constructor(path: string) {
    this.#database = new Sqlite(path, { readonly: true });
    this.#database.defaultSafeIntegers();
  }

  rows(statement: string): Row[] {
    return this.#database.prepare(statement).all() as Row[];
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

function stringify(row: Row): string {
  return JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
