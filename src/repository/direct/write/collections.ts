/** Registering collections. */
import sql from 'sql-template-tag';
import { COLLECTION_TYPE_NUMBERS, type CollectionType } from '../../../butler/collection.ts';
import { ButlerUserError, SatelliteError } from '../../../butler/errors.ts';
import { dialectOf } from '../compile/dialect.ts';
import type { Transaction } from '../database.ts';
import { checkCollectionName } from './names.ts';
import type { Reads } from './reads.ts';
import { insertCounted } from './sequences.ts';

export interface StoredCollection {
  readonly id: bigint;
  readonly name: string;
  readonly type: CollectionType;
}

const typesByNumber = new Map(
  Object.entries(COLLECTION_TYPE_NUMBERS).map(([type, number]) => [number as number, type as CollectionType]),
);

/** Those of the collections that there are, by name. */
async function storedCollections(
  reads: Reads,
  names: readonly string[],
): Promise<ReadonlyMap<string, StoredCollection>> {
  const isNamed = dialectOf(reads.dialect).memberOf(sql`name`, 'string', [...new Set(names)]);
  const rows = await reads.all(
    sql`SELECT collection_id, name, type FROM ${reads.table('collection')} WHERE ${isNamed}`,
  );
  return new Map(
    rows.map(([id, name, type]) => [
      name as string,
      { id: BigInt(id as number | bigint), name: name as string, type: typesByNumber.get(Number(type))! },
    ]),
  );
}

/** @throws ButlerUserError MISSING_COLLECTION naming the first that is not there */
export async function existingCollections(
  reads: Reads,
  names: readonly string[],
): Promise<readonly StoredCollection[]> {
  const found = await storedCollections(reads, names);
  return names.map((name) => found.get(name) ?? missing(name));
}

/** @throws ButlerUserError MISSING_COLLECTION, COLLECTION_TYPE */
export async function collectionOfType(
  reads: Reads,
  name: string,
  type: CollectionType,
  what: string,
): Promise<StoredCollection> {
  const [collection] = await existingCollections(reads, [name]);
  if (collection!.type === type) return collection!;
  throw new ButlerUserError('COLLECTION_TYPE', `${what} '${name}' of type ${collection!.type}; it must be ${type}.`);
}

function missing(name: string): never {
  throw new ButlerUserError('MISSING_COLLECTION', `No collection with name '${name}' found.`);
}

/**
 * Makes a collection where there is none of the name.
 * @returns whether it is new
 * @throws SatelliteError CONFLICT where it has another type, BAD_USER_INPUT for a name that cannot be
 */
export async function registerCollection(
  tx: Transaction,
  { name, type, doc }: { readonly name: string; readonly type: CollectionType; readonly doc?: string },
): Promise<boolean> {
  const known = (await storedCollections(tx, [name])).get(name);
  if (!known) {
    checkCollectionName(name);
    const row = { name, type: BigInt(COLLECTION_TYPE_NUMBERS[type]), doc: doc ?? null };
    const id = await insertCounted(tx, 'collection', 'collection_id', row, sql`ON CONFLICT DO NOTHING`);
    if (id !== undefined) {
      if (type === 'RUN') await tx.insert({ table: 'run', columns: ['collection_id'], rows: [[id]] });
      return true;
    }
  }
  // Stock Butler would give the one that is there without a word.
  const there = known ?? (await existingCollections(tx, [name]))[0]!;
  if (there.type === type) return false;
  throw new SatelliteError(
    'CONFLICT',
    `There is a collection '${name}' of type ${there.type} already; it cannot be registered as ${type}.`,
  );
}

/** @throws ButlerUserError MISSING_COLLECTION */
export async function setCollectionDoc(tx: Transaction, name: string, doc: string): Promise<void> {
  const changed = await tx.run(sql`UPDATE ${tx.table('collection')} SET doc = ${doc} WHERE name = ${name}`);
  if (changed === 0) missing(name);
}
