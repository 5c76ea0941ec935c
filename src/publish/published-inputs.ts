/** What published collections are made from: what is made of them inherits the rights of that. */
import sql from 'sql-template-tag';
import type { WriteableDatabase } from '../repository/direct/database.ts';
import type { PublishedInputs } from '../satellite/made-from.ts';
import { listOf } from '../state/list.ts';
import { collectionKey, readCollection } from './items.ts';
import { ManifestStore } from './manifest-store.ts';

const LOOK_MILLISECONDS = 30_000;
const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);

/** @param repositories names of those that are published in */
export function publishedInputs(database: WriteableDatabase, repositories: readonly string[]): PublishedInputs {
  const store = new ManifestStore(database);
  return {
    has: (repository) => repositories.includes(repository),
    of: async (repository, collections) => {
      const rows = await database.all(
        sql`SELECT v.publication, v.version, i.content
            FROM ${database.table('publication')} AS p
            JOIN ${database.table('publication_version')} AS v ON v.publication = p.id
            JOIN ${database.table('publication_item')} AS i ON i.publication = v.publication AND i.version = v.version
            WHERE p.repository = ${repository} AND v.state IN ('COMMITTING', 'PUBLISHED') AND i.section = 'collection'
            AND i.item IN (SELECT value FROM ${listOf(database.dialect, collections.map(collectionKey))})`,
        look(),
      );
      const own = rows.filter(([, , content]) => !readCollection(String(content)).isOfficial);
      const versions = new Map(
        own.map(([publication, version]) => [
          `${String(publication)} ${String(version)}`,
          { publication: String(publication), version: Number(version) },
        ]),
      );
      const inputs = new Set<string>();
      for (const version of versions.values()) {
        for (const name of (await store.read(version, look()).header()).lineage.officialRepositories) inputs.add(name);
      }
      return [...inputs];
    },
  };
}
