/** Collections that several publications have: who reads them because of the others. */
import sql from 'sql-template-tag';
import type { WriteableDatabase } from '../repository/direct/database.ts';
import { listOf } from '../state/list.ts';
import { collectionKey } from './items.ts';
import type { PublicationVersion, Readers } from './publication.ts';

/** Of some collections, by name: the readers that other publications in the repository give them, which are there or in a moment. */
export type OtherReaders = (
  version: Pick<PublicationVersion, 'publication' | 'repository'>,
  names: readonly string[],
) => Promise<ReadonlyMap<string, readonly Readers[]>>;

const LOOK_MILLISECONDS = 60_000;

export function otherReadersIn(database: WriteableDatabase): OtherReaders {
  return async ({ publication, repository }, names) => {
    const nameOf = new Map(names.map((name) => [collectionKey(name), name]));
    const rows = await database.all(
      sql`SELECT i.item, v.readers FROM ${database.table('publication')} AS p
          JOIN ${database.table('publication_version')} AS v ON v.publication = p.id
          JOIN ${database.table('publication_item')} AS i ON i.publication = v.publication AND i.version = v.version
          WHERE p.repository = ${repository} AND p.id <> ${publication} AND v.state IN ('COMMITTING', 'PUBLISHED')
          AND i.section = 'collection' AND i.item IN (SELECT value FROM ${listOf(database.dialect, [...nameOf.keys()])})`,
      AbortSignal.timeout(LOOK_MILLISECONDS),
    );
    const found = new Map<string, Readers[]>();
    for (const [item, readers] of rows) {
      const name = nameOf.get(String(item))!;
      found.set(name, [...(found.get(name) ?? []), JSON.parse(String(readers)) as Readers]);
    }
    return found;
  };
}
