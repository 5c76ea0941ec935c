/** Collections that were read of a server, by name, each as old as they may be (`collectionsSeconds`). */
import { LRUCache } from 'lru-cache';
import type { CollectionInfo } from '../../butler/collection.ts';
import { isGlob } from '../../butler/glob.ts';
import { ButlerUserError } from '../../butler/errors.ts';
import type { CollectionsRequest } from './client.ts';

/** Of all users together. */
const MOST = 20_000;

export class KnownCollections {
  /** By whose rights the name was read, and the name; an error for a name that does not exist. */
  readonly #known: LRUCache<string, CollectionInfo | ButlerUserError>;

  constructor(seconds: number) {
    // A time to live of 0 would mean for ever.
    // By size, not `max`, for which room is made at once.
    this.#known = new LRUCache({ maxSize: MOST, sizeCalculation: () => 1, ttl: Math.max(1, seconds * 1000) });
  }

  /**
   * What the server would answer, where all of it is known: names of collections, but not what chains lead to.
   * @param takesAsMissing as `CollectionQuery` has it
   * @throws ButlerUserError MISSING_COLLECTION as the server did
   */
  answer(owner: string, request: CollectionsRequest, takesAsMissing: boolean): readonly CollectionInfo[] | undefined {
    const found = new Map<string, CollectionInfo>();
    for (const name of request.expression) {
      const known = isGlob(name) ? undefined : this.#known.get(keyOf(owner, name));
      if (known instanceof ButlerUserError && takesAsMissing) throw known;
      if (!known || known instanceof ButlerUserError) return undefined;
      if ((request.includeSummary && !known.datasetTypes) || (request.includeParents && !known.parents)) {
        return undefined;
      }
      if (request.flattenChains && known.type === 'CHAINED') return undefined;
      found.set(name, known);
    }
    return [...found.values()].filter(
      ({ type }) => request.types.includes(type) && (request.includeChains || type !== 'CHAINED'),
    );
  }

  add(owner: string, collections: readonly CollectionInfo[]): void {
    for (const info of collections) {
      const key = keyOf(owner, info.name);
      const before = this.#known.get(key);
      const isLess =
        before &&
        !(before instanceof ButlerUserError) &&
        ((before.datasetTypes && !info.datasetTypes) || (before.parents && !info.parents));
      if (!isLess) this.#known.set(key, info);
    }
  }

  /** Remembers that one name does not exist; of several, the error does not say which. */
  addFailure(owner: string, { expression }: CollectionsRequest, error: unknown): void {
    const [name, ...others] = expression;
    const isMissing = error instanceof ButlerUserError && error.code === 'MISSING_COLLECTION';
    if (isMissing && others.length === 0) this.#known.set(keyOf(owner, name!), error);
  }
}

function keyOf(owner: string, name: string): string {
  return `${owner}\n${name}`;
}
