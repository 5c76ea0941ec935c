/** What the registry of a scratch repository says: kept in memory, as nobody else writes there. */
import type { CollectionType } from '../../../butler/collection.ts';
import type { Universe } from '../../../butler/universe.ts';
import { flattened, recordsNamed } from '../../direct/collection-lookup.ts';
import type { CollectionRecord, CollectionSummary, RegisteredDatasetType, Registry } from '../../direct/registry.ts';
import { calibsTable, tagsTable } from '../../direct/schema/dataset-tables.ts';
import type { Table } from '../../direct/schema/table.ts';
import type { Gathered } from './gather.ts';

/** A collection that a search leads to, which may have no dataset of it. */
export interface SearchedCollection {
  readonly name: string;
  readonly type: CollectionType;
  /** Types that some repository may have datasets of there. */
  readonly datasetTypes: readonly string[];
}

export class ScratchRegistry implements Registry {
  readonly universe: Universe;
  readonly datasetTypes: ReadonlyMap<string, RegisteredDatasetType>;
  readonly collections: ReadonlyMap<string, CollectionRecord>;
  readonly collectionsById: ReadonlyMap<number, CollectionRecord>;
  /** Those of its dataset types. */
  readonly tables: readonly Table[];
  readonly #summaries: ReadonlyMap<number, CollectionSummary>;

  constructor(universe: Universe, { datasetTypes, memberships }: Gathered, searched: readonly SearchedCollection[]) {
    this.universe = universe;
    const groups = [...new Set(datasetTypes.map(({ dimensions }) => dimensions))];
    const tags = groups.map((group, key) => tagsTable(group, key));
    const calibs = groups.map((group, key) => calibsTable(group, key));
    this.tables = [...tags, ...calibs];
    this.datasetTypes = new Map(
      datasetTypes.map((type, id) => {
        const key = groups.indexOf(type.dimensions);
        const tables = { tagsTable: tags[key]!.name, calibsTable: type.isCalibration ? calibs[key]!.name : null };
        return [type.name, { ...type, ...tables, id: id + 1 }];
      }),
    );
    const types = new Map<string, CollectionType>(memberships.map(({ run }) => [run, 'RUN']));
    for (const { name, type } of searched) types.set(name, type);
    const records = [...types].map(([name, type], i): CollectionRecord => {
      return { id: i + 1, name, type, doc: '', children: [], parents: [] };
    });
    this.collections = new Map(records.map((record) => [record.name, record]));
    this.collectionsById = new Map(records.map((record) => [record.id, record]));
    const typesIn = new Map(records.map(({ id }) => [id, new Set<number>()]));
    for (const { name, datasetTypes: held } of searched) {
      for (const type of held) typesIn.get(this.idOf(name))!.add(this.datasetTypes.get(type)!.id);
    }
    this.#summaries = new Map([...typesIn].map(([id, held]) => [id, { datasetTypes: held, governors: new Map() }]));
  }

  idOf(collection: string): number {
    return this.collections.get(collection)!.id;
  }

  records(names: readonly string[]): readonly CollectionRecord[] {
    return recordsNamed(this.collections, names);
  }

  flatten(names: readonly string[]): readonly CollectionRecord[] {
    return flattened(this.collections, names);
  }

  async summaries(): Promise<ReadonlyMap<number, CollectionSummary>> {
    return this.#summaries;
  }
}
