/** Manifests in the state, item by item: written once, read page by page, and compared by the database. */
import sql, { raw, type Sql } from 'sql-template-tag';
import type { WriteableDatabase } from '../repository/direct/database.ts';
import { listOf } from '../state/list.ts';
import { childrenFirst } from '../butler/chains.ts';
import { inBatches } from '../butler/in-batches.ts';
import {
  datasetKey,
  ManifestDigest,
  readCollection,
  readDataset,
  readHeader,
  readMember,
  readRecord,
  readType,
  SECTIONS,
  type Item,
  type Section,
} from './items.ts';
import type { Manifest, ManifestDataset } from './manifest.ts';

/** A manifest: that of a version, or one that is made to be compared with it. */
export interface ManifestName {
  readonly publication: string;
  readonly version: number;
}

/** An item that is not the same in both of two manifests. */
export interface Difference {
  readonly section: Section;
  readonly change: 'ADDED' | 'REMOVED' | 'CHANGED';
  /** Of the one that has it: the later one, where both have. */
  readonly content: string;
}

const WRITTEN_AT_ONCE = 1000;
const PAGE = 200;

export class ManifestStore {
  readonly #database: WriteableDatabase;

  constructor(database: WriteableDatabase) {
    this.#database = database;
  }

  /** Adds items; one that is there already stays as it is. @returns how many are new */
  async add({ publication, version }: ManifestName, items: readonly Item[], signal: AbortSignal): Promise<number> {
    let added = 0;
    for (const batch of inBatches(items, WRITTEN_AT_ONCE)) {
      added += await this.#database.transaction(
        (transaction) =>
          transaction.insert({
            table: 'publication_item',
            columns: ['publication', 'version', 'section', 'item', 'content', 'witness'],
            rows: batch.map(({ section, item, content, witness }) => [
              ...[publication, BigInt(version), section],
              ...[item, content, witness],
            ]),
            suffix: sql`ON CONFLICT DO NOTHING`,
          }),
        signal,
      );
    }
    return added;
  }

  async remove({ publication, version }: ManifestName, signal: AbortSignal): Promise<void> {
    await this.#database.transaction(
      (transaction) =>
        transaction.run(sql`DELETE FROM ${transaction.table('publication_item')}
          WHERE publication = ${publication} AND version = ${BigInt(version)}`),
      signal,
    );
  }

  /** Removes those that were made to be compared, and left. @param before Unix milliseconds */
  async removeLeft(before: number, signal: AbortSignal): Promise<void> {
    await this.#database.transaction(
      (transaction) =>
        transaction.run(sql`DELETE FROM ${transaction.table('publication_item')}
          WHERE publication >= 'compared:' AND publication < ${comparedName(before, '')}`),
      signal,
    );
  }

  /** @param terms what is approved beside the items */
  async digest(name: ManifestName, terms: unknown, signal: AbortSignal): Promise<string> {
    const digest = new ManifestDigest(terms);
    for (const section of SECTIONS) {
      for await (const page of this.#pages(name, section, '', signal)) {
        for (const [, content] of page) digest.add({ section, content });
      }
    }
    return digest.hex();
  }

  /** Witnesses of some datasets' files; one that there is none of has no entry. */
  async witnesses(
    { publication, version }: ManifestName,
    uuids: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, { readonly content: string; readonly witness: string | null }>> {
    const rows = await this.#database.all(
      sql`SELECT item, content, witness FROM ${this.#database.table('publication_item')}
          WHERE publication = ${publication} AND version = ${BigInt(version)} AND section = 'dataset'
          AND item IN (SELECT value FROM ${listOf(this.#database.dialect, uuids.map(datasetKey))})`,
      signal,
    );
    return new Map(
      rows.map(([item, content, witness]) => [
        String(item),
        { content: String(content), witness: witness as string | null },
      ]),
    );
  }

  /** Those of some items of a section that there are. */
  async present(
    { publication, version }: ManifestName,
    section: Section,
    items: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const rows = await this.#database.all(
      sql`SELECT item FROM ${this.#database.table('publication_item')}
          WHERE publication = ${publication} AND version = ${BigInt(version)} AND section = ${section}
          AND item IN (SELECT value FROM ${listOf(this.#database.dialect, items)})`,
      signal,
    );
    return rows.map(([item]) => String(item));
  }

  /** The content of an item that has the witness of another one; null where there is none. */
  async sameWitness({ publication, version }: ManifestName, signal: AbortSignal): Promise<string | null> {
    const rows = await this.#database.all(
      sql`SELECT MIN(content) FROM ${this.#database.table('publication_item')}
          WHERE publication = ${publication} AND version = ${BigInt(version)} AND witness IS NOT NULL
          GROUP BY witness HAVING COUNT(*) > 1 LIMIT 1`,
      signal,
    );
    return rows[0] ? String(rows[0][0]) : null;
  }

  /** A dataset of a manifest; null where it has none of this UUID. */
  async dataset(name: ManifestName, uuid: string, signal: AbortSignal): Promise<ManifestDataset | null> {
    const [found] = (await this.witnesses(name, [uuid], signal)).values();
    return found ? readDataset(found.content) : null;
  }

  /** How many items of a section are in which way different in the later one, and the first of them. */
  async differences(
    earlier: ManifestName,
    later: ManifestName,
    section: Section,
    most: number,
    signal: AbortSignal,
  ): Promise<{
    readonly counts: Readonly<Record<Difference['change'], number>>;
    readonly first: readonly Difference[];
  }> {
    const side = ({ publication, version }: ManifestName): Sql =>
      sql`(SELECT item, content FROM ${this.#database.table('publication_item')}
        WHERE publication = ${publication} AND version = ${BigInt(version)} AND section = ${section})`;
    const missing = (from: ManifestName, other: ManifestName, change: string): Sql =>
      sql`SELECT a.item, a.content, ${raw(`'${change}'`)} AS change FROM ${side(from)} AS a
        LEFT JOIN ${side(other)} AS b ON a.item = b.item WHERE b.item IS NULL`;
    const all = sql`(${missing(later, earlier, 'ADDED')} UNION ALL ${missing(earlier, later, 'REMOVED')} UNION ALL
      SELECT a.item, a.content, 'CHANGED' AS change FROM ${side(later)} AS a JOIN ${side(earlier)} AS b
      ON a.item = b.item WHERE a.content <> b.content) AS d`;
    const counted = await this.#database.all(
      sql`SELECT change, CAST(COUNT(*) AS BIGINT) FROM ${all} GROUP BY change`,
      signal,
    );
    const counts = { ADDED: 0, REMOVED: 0, CHANGED: 0 };
    for (const [change, count] of counted) counts[change as Difference['change']] = Number(count);
    if (counted.length === 0 || most === 0) return { counts, first: [] };
    const rows = await this.#database.all(
      sql`SELECT change, content FROM ${all} ORDER BY item LIMIT CAST(${BigInt(most)} AS BIGINT)`,
      signal,
    );
    return {
      counts,
      first: rows.map(([change, content]) => ({
        section,
        change: change as Difference['change'],
        content: String(content),
      })),
    };
  }

  /** Items of a section as they are kept, page by page, in the order of the digest. */
  async *contents(name: ManifestName, section: Section, signal: AbortSignal): AsyncGenerator<readonly string[]> {
    yield* this.#parsed(name, section, '', (content) => content, signal);
  }

  /** What is read of it is read anew each time. */
  read(name: ManifestName, signal: AbortSignal): Manifest {
    const all = async <T>(section: Section, parse: (content: string) => T): Promise<T[]> => {
      const found: T[] = [];
      for await (const page of this.#parsed(name, section, '', parse, signal)) found.push(...page);
      return found;
    };
    return {
      header: async () => (await all('header', readHeader))[0]!,
      datasetTypes: async () => (await all('type', readType)).sort((a, b) => (a.name < b.name ? -1 : 1)),
      // The same in any order of names.
      collections: async () => {
        const found = new Map((await all('collection', readCollection)).map((info) => [info.name, info]));
        return childrenFirst(new Map([...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1))));
      },
      records: () => this.#parsed(name, 'record', '', readRecord, signal),
      datasets: (after = '') => this.#parsed(name, 'dataset', datasetKey(after), readDataset, signal),
      memberships: () => this.#parsed(name, 'member', '', readMember, signal),
    };
  }

  async *#parsed<T>(
    name: ManifestName,
    section: Section,
    after: string,
    parse: (content: string) => T,
    signal: AbortSignal,
  ): AsyncGenerator<readonly T[]> {
    for await (const page of this.#pages(name, section, after, signal)) {
      yield page.map(([, content]) => parse(content));
    }
  }

  async *#pages(
    { publication, version }: ManifestName,
    section: Section,
    after: string,
    signal: AbortSignal,
  ): AsyncGenerator<readonly (readonly [item: string, content: string])[]> {
    for (let last = after; ;) {
      const rows = await this.#database.all(
        sql`SELECT item, content FROM ${this.#database.table('publication_item')}
            WHERE publication = ${publication} AND version = ${BigInt(version)} AND section = ${section} AND item > ${last}
            ORDER BY item LIMIT CAST(${BigInt(PAGE)} AS BIGINT)`,
        signal,
      );
      if (rows.length > 0) yield rows.map(([item, content]) => [String(item), String(content)]);
      if (rows.length < PAGE) return;
      last = String(rows.at(-1)![0]);
    }
  }
}

/** Name of a manifest that is made only to be compared. @param at Unix milliseconds */
export function comparedName(at: number, id: string): string {
  return `compared:${at.toString().padStart(15, '0')}:${id}`;
}
