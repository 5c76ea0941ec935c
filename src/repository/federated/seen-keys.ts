/** Which keys were seen, of any number of them, in bounded memory. */
import Sqlite from 'better-sqlite3';

/** Keys that are kept in memory. */
const MOST_IN_MEMORY = 100_000;

export class SeenKeys implements Disposable {
  readonly #few = new Set<string>();
  readonly #mostInMemory: number;
  #many: { readonly database: Sqlite.Database; readonly insert: Sqlite.Statement<[string]> } | undefined;

  constructor(mostInMemory = MOST_IN_MEMORY) {
    this.#mostInMemory = mostInMemory;
  }

  /** Notes a key. @returns whether it was not seen before */
  add(key: string): boolean {
    if (this.#few.has(key)) return false;
    if (this.#few.size < this.#mostInMemory) {
      this.#few.add(key);
      return true;
    }
    this.#many ??= onDisk();
    return this.#many.insert.run(key).changes === 1;
  }

  [Symbol.dispose](): void {
    this.#many?.database.close();
  }
}

/** A file of this process alone, without a name, which goes with the database. */
function onDisk() {
  const database = new Sqlite('');
  database.exec(
    'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE seen (key TEXT PRIMARY KEY) WITHOUT ROWID; BEGIN',
  );
  return { database, insert: database.prepare<[string]>('INSERT OR IGNORE INTO seen VALUES (?)') };
}
