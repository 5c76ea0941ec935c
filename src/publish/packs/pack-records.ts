/** Uploads of packs, and what is in them, in the state. */
import sql from 'sql-template-tag';
import { inBatches } from '../../butler/in-batches.ts';
import type { Transaction, WriteableDatabase } from '../../repository/direct/database.ts';
import { listOf } from '../../state/list.ts';
import { PACK_MANIFEST } from './pack-format.ts';
import type { LaidOutMember } from './verify-members.ts';
import type { PackMember } from './zip-directory.ts';

/** Of the domain `publications`. `used`: 0 by no file of the manifest, 1 by one, 2 by one that runs when it is read. */
export const PACK_STATEMENTS = [
  `CREATE TABLE {publication_upload} (
     id TEXT NOT NULL PRIMARY KEY,
     owner TEXT NOT NULL,
     repository TEXT NOT NULL,
     size BIGINT NOT NULL,
     sha256 TEXT NOT NULL,
     created_at BIGINT NOT NULL
   )`,
  `CREATE INDEX publication_upload_by_owner ON {publication_upload} (owner, created_at)`,
  `CREATE TABLE {publication_packed} (
     upload TEXT NOT NULL,
     name TEXT NOT NULL,
     size BIGINT NOT NULL,
     compressed BIGINT NOT NULL,
     start BIGINT NOT NULL,
     used BIGINT NOT NULL,
     PRIMARY KEY (upload, name)
   )`,
  `CREATE INDEX publication_packed_by_place ON {publication_packed} (upload, start)`,
] as const;

/** Of the domain `publications`. `taken_by`: the version that came in it last, `''` for none. */
export const TAKEN_STATEMENTS = [`ALTER TABLE {publication_upload} ADD COLUMN taken_by TEXT NOT NULL DEFAULT ''`];

/** A zip that somebody uploads, or has uploaded. */
export interface PackUpload {
  readonly id: string;
  readonly owner: string;
  /** Name of the published repository whose store has it. */
  readonly repository: string;
  /** Bytes, as they were promised. */
  readonly size: number;
  /** Hexadecimal, as it was promised. */
  readonly sha256: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** What has taken it last, with `takeUpload`; `''`: nothing. */
  readonly takenBy: string;
}

const PAGE = 1000;
const LOOK_MILLISECONDS = 30_000;
const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);

export class PackRecords {
  readonly #database: WriteableDatabase;

  constructor(database: WriteableDatabase) {
    this.#database = database;
  }

  async add({ id, owner, repository, size, sha256, createdAt }: Omit<PackUpload, 'takenBy'>): Promise<void> {
    await this.#change((tx) =>
      tx.insert({
        table: 'publication_upload',
        columns: ['id', 'owner', 'repository', 'size', 'sha256', 'created_at'],
        rows: [[id, owner, repository, BigInt(size), sha256, BigInt(createdAt)]],
      }),
    );
  }

  async get(id: string): Promise<PackUpload | null> {
    return (await this.#select(sql`id = ${id}`))[0] ?? null;
  }

  /** Of one user, or all. */
  list(owner?: string): Promise<readonly PackUpload[]> {
    return this.#select(owner === undefined ? sql`1 = 1` : sql`owner = ${owner}`);
  }

  /** Bytes of all uploads of a user for one repository, as they were promised. */
  async bytes(owner: string, repository: string): Promise<number> {
    const own = (await this.list(owner)).filter((one) => one.repository === repository);
    return own.reduce((sum, { size }) => sum + size, 0);
  }

  /** See `takeUpload`. */
  take(upload: Pick<PackUpload, 'id' | 'takenBy'>, by: string): Promise<boolean> {
    return this.#change((tx) => takeUpload(tx, upload, by));
  }

  /** With what is known of what is in it. */
  async remove(id: string): Promise<void> {
    await this.forget(id);
    await this.#change((tx) => tx.run(sql`DELETE FROM ${tx.table('publication_upload')} WHERE id = ${id}`));
  }

  /** Forgets the members. */
  async forget(id: string): Promise<void> {
    await this.#change((tx) => tx.run(sql`DELETE FROM ${tx.table('publication_packed')} WHERE upload = ${id}`));
  }

  /** @returns how many of them are new: names that are there already stay as they are */
  async addMembers(id: string, members: readonly PackMember[]): Promise<number> {
    return this.#change((tx) =>
      tx.insert({
        table: 'publication_packed',
        columns: ['upload', 'name', 'size', 'compressed', 'start', 'used'],
        rows: members.map((m) => [id, m.name, BigInt(m.size), BigInt(m.compressed), BigInt(m.start), 0n]),
        suffix: sql`ON CONFLICT DO NOTHING`,
      }),
    );
  }

  /** Sizes of those of the members that there are; notes that they are used. @param use 2: read as Python */
  async use(id: string, names: readonly string[], use: 1 | 2): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for (const batch of inBatches([...new Set(names)], PAGE)) {
      const rows = await this.#change((tx) => {
        const list = listOf(tx.dialect, batch);
        return tx.all(sql`UPDATE ${tx.table('publication_packed')}
          SET used = CASE WHEN used < ${BigInt(use)} THEN ${BigInt(use)} ELSE used END
          WHERE upload = ${id} AND name IN (SELECT value FROM ${list}) RETURNING name, size`);
      });
      for (const [name, size] of rows) sizes.set(name as string, Number(size));
    }
    return sizes;
  }

  /** Notes that the manifest has its place. */
  async useManifest(id: string): Promise<void> {
    await this.use(id, [PACK_MANIFEST], 1);
  }

  /** The first of the members that nothing uses. */
  async unused(id: string, most: number): Promise<readonly string[]> {
    const rows = await this.#database.all(
      sql`SELECT name FROM ${this.#database.table('publication_packed')} WHERE upload = ${id} AND used = 0
          ORDER BY name LIMIT CAST(${BigInt(most)} AS BIGINT)`,
      look(),
    );
    return rows.map(([name]) => name as string);
  }

  async member(id: string, name: string): Promise<PackMember | null> {
    const rows = await this.#database.all(
      sql`SELECT name, size, compressed, start FROM ${this.#database.table('publication_packed')}
          WHERE upload = ${id} AND name = ${name}`,
      look(),
    );
    return rows[0] ? memberOfRow(rows[0]) : null;
  }

  /** Page by page, in the order in which they lie in the zip. */
  async *members(id: string): AsyncGenerator<readonly LaidOutMember[]> {
    for (let last: readonly [bigint, string] = [-1n, '']; ;) {
      const rows = await this.#database.all(
        sql`SELECT name, size, compressed, start, used FROM ${this.#database.table('publication_packed')}
            WHERE upload = ${id} AND (start, name) > (CAST(${last[0]} AS BIGINT), ${last[1]})
            ORDER BY start, name LIMIT CAST(${BigInt(PAGE)} AS BIGINT)`,
        look(),
      );
      const page = rows.map((row) => ({ ...memberOfRow(row), isConfig: Number(row[4]) === 2 }));
      if (page.length > 0) yield page;
      if (page.length < PAGE) return;
      last = [BigInt(page.at(-1)!.start), page.at(-1)!.name];
    }
  }

  async #select(where: ReturnType<typeof sql>): Promise<readonly PackUpload[]> {
    const rows = await this.#database.all(
      sql`SELECT id, owner, repository, size, sha256, created_at, taken_by FROM ${this.#database.table('publication_upload')}
          WHERE ${where} ORDER BY created_at, id`,
      look(),
    );
    return rows.map(([id, owner, repository, size, sha256, createdAt, takenBy]) => ({
      id: id as string,
      owner: owner as string,
      repository: repository as string,
      size: Number(size),
      sha256: sha256 as string,
      createdAt: Number(createdAt),
      takenBy: takenBy as string,
    }));
  }

  #change<T>(change: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#database.transaction(change, look());
  }
}

/** @returns false where something else has taken it since it was looked at */
export async function takeUpload(
  transaction: Transaction,
  { id, takenBy }: Pick<PackUpload, 'id' | 'takenBy'>,
  by: string,
): Promise<boolean> {
  const taken = await transaction.run(
    sql`UPDATE ${transaction.table('publication_upload')} SET taken_by = ${by} WHERE id = ${id} AND taken_by = ${takenBy}`,
  );
  return taken > 0;
}

function memberOfRow([name, size, compressed, start]: readonly unknown[]): PackMember {
  return { name: name as string, size: Number(size), compressed: Number(compressed), start: Number(start) };
}
