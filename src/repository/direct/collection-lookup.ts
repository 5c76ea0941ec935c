/** Looking collections up by name, among those that there are for somebody. */
import { ButlerUserError } from '../../butler/errors.ts';
import type { CollectionRecord } from './registry.ts';

type Collections = ReadonlyMap<string, CollectionRecord>;

/** The collections of these names, in their order. @throws ButlerUserError MISSING_COLLECTION */
export function recordsNamed(collections: Collections, names: readonly string[]): readonly CollectionRecord[] {
  const missing = names.filter((name) => !collections.has(name));
  if (missing.length === 1) {
    throw new ButlerUserError('MISSING_COLLECTION', `No collection with name '${missing[0]}' found.`);
  }
  if (missing.length > 1) {
    throw new ButlerUserError('MISSING_COLLECTION', `No collections with names '${missing.join(' ')}' found.`);
  }
  return names.map((name) => collections.get(name)!);
}

/**
 * Collections other than chains in search order: depth first, each once.
 * @throws ButlerUserError MISSING_COLLECTION
 */
export function flattened(collections: Collections, names: readonly string[]): readonly CollectionRecord[] {
  const visited = new Set<CollectionRecord>();
  const leaves: CollectionRecord[] = [];
  const visit = (record: CollectionRecord) => {
    if (visited.has(record)) return;
    visited.add(record);
    if (record.type === 'CHAINED') recordsNamed(collections, record.children).forEach(visit);
    else leaves.push(record);
  };
  recordsNamed(collections, names).forEach(visit);
  return leaves;
}
