/** The content of a repository's registry in a form that two repositories can be compared by. */
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';

type Row = Readonly<Record<string, unknown>>;
export type Dump = Readonly<Record<string, readonly string[]>>;

/** Depends on when and in what order things were registered. */
const OWN_TO_A_REPOSITORY = new Set(['ingest_date']);

/** Of the SQLite registry in a directory. */
export function dumpRegistry(root: string): Dump {
  const database = new Sqlite(join(root, 'gen3.sqlite3'), { readonly: true });
  try {
    database.defaultSafeIntegers();
    const rows = (statement: string) => database.prepare(statement).all() as Row[];
    const tables = rows(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`);
    return dump(new Map(tables.map(({ name }) => [String(name), rows(`SELECT * FROM "${String(name)}"`)])));
  } finally {
    database.close();
  }
}

/** Of the registry in a schema of a PostgreSQL database. */
export async function dumpPostgresRegistry(url: string, schema: string): Promise<Dump> {
  // Values as PostgreSQL writes them.
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: () => (text: unknown) => text } });
  await client.connect();
  try {
    const rows = async (statement: string) => (await client.query<Row>(statement)).rows;
    const tables = new Map<string, readonly Row[]>();
    for (const { name } of await rows(`SELECT tablename AS name FROM pg_tables WHERE schemaname = '${schema}'`)) {
      tables.set(String(name), await rows(`SELECT * FROM "${schema}"."${String(name)}"`));
    }
    return dump(tables);
  } finally {
    await client.end();
  }
}

/**
 * Table → its rows as text, sorted; numbers that a repository gives to collections, dataset types and groups of dimensions are
 * replaced by names.  Tables without rows are left out.
 */
function dump(tables: ReadonlyMap<string, readonly Row[]>): Dump {
  const names = (table: string, id: string) =>
    new Map(tables.get(table)!.map((row) => [String(row[id]), String(row['name'])]));
  const collections = names('collection', 'collection_id');
  const types = names('dataset_type', 'id');
  const groups = Map.groupBy(tables.get('dimension_graph_definition')!, (row) => String(row['dimension_graph_id']));
  const groupName = (id: unknown) => {
    const dimensions = (groups.get(String(id)) ?? []).map((row) => String(row['dimension_name']));
    return `{${dimensions.sort().join(',')}}`;
  };
  const named = (column: string, value: unknown): unknown => {
    if (['collection_id', 'run_id', 'parent', 'child'].includes(column)) return collections.get(String(value));
    if (column === 'dataset_type_id') return types.get(String(value));
    if (column === 'dimensions_key') return groupName(value);
    if (/_association_table$/.test(column)) return value === null ? null : true;
    return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
  };
  const dumped: Record<string, readonly string[]> = {};
  for (const [table, rows] of tables) {
    if (/^(butler_attributes|dimension_graph_(key|definition)|opaque_meta)$/.test(table)) continue;
    const isAssociation = /^dataset_(tags|calibs)_(\d+)$/.exec(table);
    const texts = rows.map((row) =>
      stringify(
        Object.fromEntries(
          Object.entries(row)
            .filter(([column]) => !OWN_TO_A_REPOSITORY.has(column))
            .filter(([column]) => !(column === 'id' && (table === 'dataset_type' || isAssociation?.[1] === 'calibs')))
            .map(([column, value]) => [column, named(column, value)]),
        ),
      ),
    );
    const name = isAssociation ? `${isAssociation[1]!} of ${groupName(Number(isAssociation[2]))}` : table;
    if (texts.length > 0) dumped[name] = texts.sort();
  }
  return dumped;
}

function stringify(row: Row): string {
  return JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
