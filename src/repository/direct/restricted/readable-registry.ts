/** A registry as one sees it who may read only some of its collections. */
import type { Universe } from '../../../butler/universe.ts';
import { flattened, recordsNamed } from '../collection-lookup.ts';
import type { CollectionRecord, CollectionSummary, RegisteredDatasetType, Registry } from '../registry.ts';

/** The readable collections; their chains name no others. */
export interface ReadableCollections {
  readonly collections: ReadonlyMap<string, CollectionRecord>;
  readonly collectionsById: ReadonlyMap<number, CollectionRecord>;
  readonly runs: readonly CollectionRecord[];
}

/** @param allows of `CollectionRule` */
export function readableCollections(whole: Registry, allows: (name: string) => boolean): ReadableCollections {
  const collections = new Map<string, CollectionRecord>();
  const collectionsById = new Map<number, CollectionRecord>();
  const allowed = new Set([...whole.collections.keys()].filter(allows));
  const isAllowed = (name: string) => allowed.has(name);
  for (const name of allowed) {
    const record = whole.collections.get(name)!;
    const { children, parents } = record;
    const readable = { ...record, children: children.filter(isAllowed), parents: parents.filter(isAllowed) };
    collections.set(name, readable);
    collectionsById.set(record.id, readable);
  }
  return { collections, collectionsById, runs: [...collections.values()].filter(({ type }) => type === 'RUN') };
}

/** Summaries of TAGGED and CALIBRATION collections, of readable datasets only. */
export type MembershipSummaries = (
  collections: readonly CollectionRecord[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<number, CollectionSummary>>;

/**
 * Search paths that are resolved here contain no denied collection, so that what is searched in RUNs needs no further
 * condition.  Datasets in TAGGED and CALIBRATION collections may be of denied RUNs: `RestrictedDatabase` leaves them out.
 */
export class ReadableRegistry implements Registry {
  readonly universe: Universe;
  readonly collections: Registry['collections'];
  readonly collectionsById: Registry['collectionsById'];
  /** Those that the summary of a readable RUN has: others are as unknown. */
  readonly datasetTypes: ReadonlyMap<string, RegisteredDatasetType>;
  readonly #runs: ReadonlyMap<number, CollectionSummary>;
  readonly #memberships: MembershipSummaries;
  readonly #known = new Map<number, CollectionSummary>();

  /** @param runs summaries of the readable RUNs */
  constructor(
    whole: Registry,
    { collections, collectionsById }: ReadableCollections,
    runs: ReadonlyMap<number, CollectionSummary>,
    memberships: MembershipSummaries,
  ) {
    this.universe = whole.universe;
    this.collections = collections;
    this.collectionsById = collectionsById;
    this.#runs = runs;
    this.#memberships = memberships;
    const ids = new Set([...runs.values()].flatMap(({ datasetTypes }) => [...datasetTypes]));
    this.datasetTypes = new Map([...whole.datasetTypes].filter(([, type]) => ids.has(type.id)));
  }

  records(names: readonly string[]): readonly CollectionRecord[] {
    return recordsNamed(this.collections, names);
  }

  flatten(names: readonly string[]): readonly CollectionRecord[] {
    return flattened(this.collections, names);
  }

  async summaries(
    collections: readonly CollectionRecord[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, CollectionSummary>> {
    const unknown = new Map(
      collections
        .filter(({ id, type }) => (type === 'TAGGED' || type === 'CALIBRATION') && !this.#known.has(id))
        .map((record) => [record.id, record]),
    );
    if (unknown.size > 0) {
      for (const [id, summary] of await this.#memberships([...unknown.values()], signal)) this.#known.set(id, summary);
    }
    return new Map(collections.map(({ id }) => [id, this.#runs.get(id) ?? this.#known.get(id) ?? NOTHING]));
  }
}

const NOTHING: CollectionSummary = { datasetTypes: new Set(), governors: new Map() };
