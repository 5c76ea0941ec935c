/**
 * A repository of what a query needs of several others, in which it is answered as in any: the same compiler, the same
 * joins of regions and times, the same find-first.  It lives in a directory of its own, which goes with it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { COLLECTION_TYPE_NUMBERS, type CollectionType } from '../../../butler/collection.ts';
import { SatelliteError } from '../../../butler/errors.ts';
import type { Universe } from '../../../butler/universe.ts';
import { createRepository } from '../../direct/create.ts';
import { openWriteableRepository } from '../../direct/open-writeable.ts';
import type { QueryContext, Repository } from '../../repository.ts';
import type { WriteableRepository } from '../../writeable-repository.ts';
import { dataIdKey } from '../identity.ts';
import type { Gathered } from './gather.ts';
import type { Membership } from './memberships.ts';

const ROWS_AT_ONCE = 10_000;

export interface Scratch extends AsyncDisposable {
  readonly repository: Repository;
  readonly directory: string;
}

/**
 * @param name that it has in positions and errors
 * @param collections flattened, with their types: those without datasets too
 */
export async function scratchRepository(
  name: string,
  universe: Universe,
  gathered: Gathered,
  collections: ReadonlyMap<string, CollectionType>,
  ctx: QueryContext,
): Promise<Scratch> {
  const directory = await mkdtemp(join(tmpdir(), 'satellite-join-'));
  let repository: WriteableRepository | undefined;
  const dispose = async () => {
    await repository?.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await createRepository({ name, directory, universe, database: { dialect: 'sqlite' }, signal: ctx.signal });
    const runs = gathered.memberships.map(({ run }) => [run, 'RUN'] as const);
    insertCollections(join(directory, 'gen3.sqlite3'), new Map([...runs, ...collections]));
    repository = await openWriteableRepository({ name, path: directory, signal: ctx.signal });
    await fill(repository, gathered, collections, ctx);
    return { repository, directory, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** As they are called, which may be what we would not take as the name of a new one. */
function insertCollections(file: string, collections: ReadonlyMap<string, CollectionType>): void {
  const database = new Sqlite(file);
  try {
    const collection = database.prepare('INSERT INTO collection (name, type) VALUES (?, ?)');
    const run = database.prepare('INSERT INTO run (collection_id) VALUES (?)');
    database.transaction(() => {
      for (const [name, type] of collections) {
        const { lastInsertRowid } = collection.run(name, COLLECTION_TYPE_NUMBERS[type]);
        if (type === 'RUN') run.run(lastInsertRowid);
      }
    })();
  } finally {
    database.close();
  }
}

async function fill(
  repository: WriteableRepository,
  { datasetTypes, memberships, records }: Gathered,
  collections: ReadonlyMap<string, CollectionType>,
  ctx: QueryContext,
): Promise<void> {
  await repository.insertDimensionRecords(records, 'SKIP', ctx);
  await repository.registerDatasetTypes(
    datasetTypes.map((type) => ({ ...type, dimensions: type.dimensions.names })),
    ctx,
  );
  const datasets = firstOfEach(
    firstOfEach(memberships, ({ uuid }) => uuid),
    (m) => keyOf(m, m.run),
  );
  for (const batch of batches(datasets)) {
    await repository.importDatasets(
      batch.map((dataset) => ({ ...dataset, files: [] })),
      ctx,
    );
  }
  const known = new Set(datasets.map(({ uuid }) => uuid));
  const others = memberships.filter(({ uuid, collection, run }) => known.has(uuid) && collection !== run);
  for (const [collection, members] of Map.groupBy(others, (m) => m.collection)) {
    if (collections.get(collection) === 'CALIBRATION') await certifyAll(repository, collection, members, ctx);
    else {
      const tagged = firstOfEach(members, (m) => keyOf(m, collection)).map(({ uuid }) => uuid);
      for (const batch of batches(tagged)) await repository.associate(collection, batch, ctx);
    }
  }
}

/** Ranges of two repositories that contradict each other: the earlier one's count. */
async function certifyAll(
  repository: WriteableRepository,
  collection: string,
  members: readonly Membership[],
  ctx: QueryContext,
): Promise<void> {
  const ranges = Map.groupBy(members, ({ timespan }) => `${timespan?.begin},${timespan?.end}`);
  for (const ofRange of ranges.values()) {
    const { timespan } = ofRange[0]!;
    if (timespan === null) continue;
    const uuids = [...new Set(firstOfEach(ofRange, (m) => keyOf(m, collection)).map(({ uuid }) => uuid))];
    try {
      await repository.certify(collection, uuids, timespan, ctx);
    } catch (error) {
      if (!(error instanceof SatelliteError) || error.code !== 'CONFLICT') throw error;
      for (const uuid of uuids) await certifyUnlessTaken(repository, collection, uuid, timespan, ctx);
    }
  }
}

async function certifyUnlessTaken(
  repository: WriteableRepository,
  collection: string,
  uuid: string,
  timespan: NonNullable<Membership['timespan']>,
  ctx: QueryContext,
): Promise<void> {
  try {
    await repository.certify(collection, [uuid], timespan, ctx);
  } catch (error) {
    if (!(error instanceof SatelliteError) || error.code !== 'CONFLICT') throw error;
  }
}

function keyOf({ datasetType, values }: Membership, collection: string): string {
  return JSON.stringify([collection, datasetType.name, dataIdKey(values)]);
}

function firstOfEach<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  const first = new Map<string, T>();
  for (const item of items) if (!first.has(key(item))) first.set(key(item), item);
  return [...first.values()];
}

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += ROWS_AT_ONCE) yield items.slice(start, start + ROWS_AT_ONCE);
}
