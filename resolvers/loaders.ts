/**
 * Loaders of what belongs to rows: the rows of one answer ask for it one by one, each repository is asked once for all.
 * They live as long as one request, so nothing is kept for another user.
 */
import DataLoader from 'dataloader';
import type { GrantedCollections } from '../src/access/grants.ts';
import type { VisibleRepositories } from '../src/access/policy.ts';
import type { DimensionGroup } from '../src/butler/dimension-group.ts';
import type { Universe } from '../src/butler/universe.ts';
import type { QueryContext, Repository } from '../src/repository/repository.ts';
import type { DatasetRow, DimensionRecordRow, FileRecord } from '../src/repository/rows.ts';
import { collectionsOfDatasets } from '../src/repository/search/collections-of-datasets.ts';
import { recordsOfDataIds } from '../src/repository/search/records-of-data-ids.ts';
import type { CollectionRow } from '../src/repository/search/search.ts';
import { servicesOf, type Services } from './services.ts';

/** A collection by its name in one repository. */
export interface CollectionKey {
  readonly repository: string;
  readonly name: string;
}

export interface Loaders {
  /** Files of a dataset; empty where it is not stored. */
  readonly files: DataLoader<DatasetRow, readonly FileRecord[], string>;
  /** RUN, TAGGED and CALIBRATION collections that hold a dataset. */
  readonly collectionsOf: DataLoader<DatasetRow, readonly CollectionRow[], string>;
  /** Dimension records of a dataset's data ID. */
  readonly records: DataLoader<DatasetRow, readonly DimensionRecordRow[], string>;
  /** A collection with its parents and dataset types; null where there is none of that name. */
  readonly collection: DataLoader<CollectionKey, CollectionRow | null, string>;
  /** All valid grants on a resource. */
  readonly grantsOn: DataLoader<string, GrantedCollections>;
  /** The universe of a repository. */
  readonly universe: DataLoader<Repository, Universe>;
}

export function createLoaders(
  repositories: VisibleRepositories,
  ctx: QueryContext,
  services: Services | undefined,
): Loaders {
  const perRepository = <Key extends { readonly repository: string }, Value>(
    keyOf: (key: Key) => string,
    load: (repository: Repository, keys: readonly Key[]) => Promise<(key: Key) => Value>,
  ) =>
    new DataLoader<Key, Value, string>(
      async (keys) => {
        const groups = Map.groupBy(keys, (key) => key.repository);
        const answers = new Map(
          await Promise.all(
            [...groups].map(async ([name, group]) => {
              const answer = load(repositories.get(name).repository, group).catch(asError);
              return [name, await answer] as const;
            }),
          ),
        );
        return keys.map((key) => {
          const answer = answers.get(key.repository)!;
          return answer instanceof Error ? answer : answer(key);
        });
      },
      { cacheKeyFn: keyOf, maxBatchSize: Infinity },
    );
  const byUuid = (row: DatasetRow) => `${row.repository} ${row.uuid}`;

  return {
    files: perRepository(byUuid, async (repository, rows) => {
      const files = await repository.files([...new Set(rows.map((row) => row.uuid))], ctx);
      return (row) => files.get(row.uuid) ?? [];
    }),
    collectionsOf: perRepository(byUuid, async (repository, rows) => {
      const collections = await collectionsOfDatasets(repository, rows, ctx);
      return (row) => collections.get(row.uuid) ?? [];
    }),
    records: perRepository(byUuid, async (repository, rows) => {
      const records = await recordsOfRows(repository, rows, ctx);
      return (row) => records.get(row.uuid) ?? [];
    }),
    grantsOn: new DataLoader(async (resources) => servicesOf({ services }).sharing.allOn(resources)),
    universe: new DataLoader((all) => Promise.all(all.map((r) => r.universe(ctx).catch(asError)))),
    collection: perRepository(
      (key) => `${key.repository} ${key.name}`,
      async (repository, keys) => {
        const search = keys.map((key) => key.name);
        const query = { search, includeChains: true, includeParents: true, includeSummary: true };
        const byName = new Map((await repository.collections(query, ctx)).map((info) => [info.name, info]));
        return (key) => {
          const info = byName.get(key.name);
          return info ? { ...info, repository: repository.name } : null;
        };
      },
    ),
  };
}

async function recordsOfRows(
  repository: Repository,
  rows: readonly DatasetRow[],
  ctx: QueryContext,
): Promise<ReadonlyMap<string, readonly DimensionRecordRow[]>> {
  const groups = Map.groupBy(rows, (row): DimensionGroup => row.datasetType.dimensions);
  const found = await Promise.all(
    [...groups].map(async ([group, members]) => {
      const dataIds = members.map((row) => row.values);
      const records = await recordsOfDataIds(repository, group, dataIds, ctx);
      return members.map((row, i) => [row.uuid, records[i]!] as const);
    }),
  );
  return new Map(found.flat());
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('Something that is not an error was thrown.', { cause: error });
}
