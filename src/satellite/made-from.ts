/** Of which repositories the data of satellites may be made: only added to, so that it outlives runs and satellites. */
import sql, { type Sql } from 'sql-template-tag';
import type { Transaction, WriteableDatabase } from '../repository/direct/database.ts';
import { listOf } from '../state/list.ts';

/** The table, which the state's tables of satellites and of runs both need, whichever are there first. */
export const MADE_FROM_TABLE = `CREATE TABLE IF NOT EXISTS {made_from} (
  satellite TEXT NOT NULL,
  satellite_id TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (satellite, satellite_id, source)
)`;

/** A satellite, or a repository of the configuration. */
export interface Made {
  /** Name in addresses. */
  readonly repository: string;
  /** Null: it is one of the configuration. */
  readonly satelliteId: string | null;
}

/** What the collections of published repositories are made from. */
export interface PublishedInputs {
  /** Whether a repository is one that is published in. */
  has(repository: string): boolean;
  /** Names in addresses of what the publications are made from that have one of these collections now. */
  of(repository: string, collections: readonly string[]): Promise<readonly string[]>;
}

const LOOK_MILLISECONDS = 30_000;
const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);

/** Keeps for good what something is made from. @param sources names in addresses */
export async function addMadeFrom(transaction: Transaction, made: Made, sources: readonly string[]): Promise<void> {
  // In one order: two that add the same rows at once do not wait for each other.
  const rows = [...new Set(sources)].sort().map((source) => [made.repository, made.satelliteId ?? '', source]);
  if (rows.length === 0) return;
  const columns = ['satellite', 'satellite_id', 'source'];
  await transaction.insert({ table: 'made_from', columns, rows, suffix: sql`ON CONFLICT DO NOTHING` });
}

export class MadeFrom {
  readonly #database: WriteableDatabase;
  readonly #published: PublishedInputs | undefined;

  /** @param published absent: nothing is published */
  constructor(database: WriteableDatabase, published?: PublishedInputs) {
    this.#database = database;
    this.#published = published;
  }

  /**
   * Keeps what something is made from: also what that is made from itself where it is published, as it may be withdrawn later.
   * @param sources names in addresses
   * @param collections of a source that was published in, from which something may have been taken
   */
  async add(
    made: Made,
    sources: readonly string[],
    collections: (source: string) => Promise<readonly string[]>,
  ): Promise<void> {
    const all = [...sources];
    for (const source of sources) {
      if (this.#published?.has(source)) all.push(...(await this.#published.of(source, await collections(source))));
    }
    await this.#database.transaction((transaction) => addMadeFrom(transaction, made, all), look());
  }

  /**
   * Names in addresses.  Nothing tells which of a satellite's datasets were made of what: all that it was made from, that any of
   * its runs could read or that was transferred from counts, and what these are made from themselves.  Of these nobody knows
   * which it was that had the name at that time: all that ever had it count.
   */
  async of({ repository, satelliteId }: Made): Promise<ReadonlySet<string>> {
    const found = new Set(await this.#sources(sql`satellite = ${repository} AND satellite_id = ${satelliteId ?? ''}`));
    const asked = new Set<string>();
    // By its own name it means itself, and by that of another what had the name then.
    let next = [...found].filter((name) => name !== repository);
    while (next.length > 0) {
      for (const name of next) asked.add(name);
      const names = listOf(this.#database.dialect, next);
      const sources = await this.#sources(sql`satellite IN (SELECT value FROM ${names})`);
      for (const name of sources) found.add(name);
      next = sources.filter((name) => !asked.has(name));
    }
    return found;
  }

  async #sources(condition: Sql): Promise<readonly string[]> {
    const rows = await this.#database.all(
      sql`SELECT DISTINCT source FROM ${this.#database.table('made_from')} WHERE ${condition}`,
      look(),
    );
    return rows.map(([source]) => String(source));
  }
}
