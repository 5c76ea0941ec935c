/** What requests of one rule work with, kept while the registry is the same. */
import { LRUCache } from 'lru-cache';
import type { CollectionRule } from '../../repository.ts';
import type { Database } from '../database.ts';
import type { DirectAccess, Registry } from '../registry.ts';
import { summariesOfMemberships } from './membership-summaries.ts';
import { readableCollections, ReadableRegistry, type ReadableCollections } from './readable-registry.ts';
import { ReadableTables } from './readable-tables.ts';
import { RestrictedDatabase } from './restricted-database.ts';

/** Rules remembered for one state of a registry: users who are asking at the same time. */
const RULES = 64;

export class ReadableAccesses {
  readonly #database: Database;
  readonly #recordsTable: string;
  /** By the collections of a registry, which stay the same object while no collection changes. */
  readonly #collections = new WeakMap<Registry['collections'], LRUCache<string, ReadableCollections>>();
  readonly #accesses = new WeakMap<Registry, LRUCache<string, DirectAccess>>();

  constructor(database: Database, recordsTable: string) {
    this.#database = database;
    this.#recordsTable = recordsTable;
  }

  async access(repository: string, whole: Registry, rule: CollectionRule, signal: AbortSignal): Promise<DirectAccess> {
    const known = cacheOf(this.#accesses, whole);
    let access = known.get(rule.key);
    if (!access) known.set(rule.key, (access = await this.#newAccess(repository, whole, rule, signal)));
    return access;
  }

  async #newAccess(
    repository: string,
    whole: Registry,
    rule: CollectionRule,
    signal: AbortSignal,
  ): Promise<DirectAccess> {
    const readable = this.#readable(whole, rule);
    const { collections, runs } = readable;
    const summaries = await whole.summaries(runs, signal);
    const database = new RestrictedDatabase(
      this.#database,
      new ReadableTables(this.#database, {
        whole,
        collections: [...collections.values()],
        runs,
        summaries,
        recordsTable: this.#recordsTable,
      }),
    );
    const registry: ReadableRegistry = new ReadableRegistry(whole, readable, summaries, async (of, asked) => {
      const own = await whole.summaries(of, asked);
      const types = new Map([...registry.datasetTypes.values()].map((type) => [type.id, type]));
      return summariesOfMemberships(database, own, types, of, asked);
    });
    return { repository, database, registry };
  }

  #readable(whole: Registry, rule: CollectionRule): ReadableCollections {
    const known = cacheOf(this.#collections, whole.collections);
    let readable = known.get(rule.key);
    if (!readable) known.set(rule.key, (readable = readableCollections(whole, (name) => rule.allows(name))));
    return readable;
  }
}

function cacheOf<K extends object, V extends object>(
  caches: WeakMap<K, LRUCache<string, V>>,
  key: K,
): LRUCache<string, V> {
  let cache = caches.get(key);
  if (!cache) caches.set(key, (cache = new LRUCache({ max: RULES })));
  return cache;
}
