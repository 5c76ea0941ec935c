/** The changes that a user makes by hand in a satellite: dataset types, collections, tags, validity ranges. */
import type { Principal } from '../access/principal.ts';
import type { CollectionInfo, CollectionType } from '../butler/collection.ts';
import type { DataId } from '../butler/data-id.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Timespan } from '../butler/timespan.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { ChainEdit, DatasetTypeDefinition, WriteableRepository } from '../repository/writeable-repository.ts';
import type { SatelliteDirectory } from './satellite.ts';
import { selectedUuids, type SelectedDatasets } from './selection.ts';

/** Who changes which satellite, by its bare or full name. */
export interface Curated {
  readonly satellite: string;
  readonly principal: Principal;
  readonly query: QueryContext;
  /** Whether the same call was begun before and may have been done: then it is no error that it was. */
  readonly isRepeat?: boolean;
}

/** A new collection; children are of a CHAINED one, and of one that is there no others. */
export interface NewCollection {
  readonly name: string;
  readonly type: CollectionType;
  readonly doc: string | undefined;
  readonly children: readonly string[] | undefined;
}

/** A collection after a change, by the repository's name. */
export interface ChangedCollection {
  readonly repository: string;
  readonly name: string;
  /** How many datasets were chosen, where some were. */
  readonly datasets: number;
}

/** Every method throws what `forWriting` of the directory and the repository's method throw. */
export class Curation {
  readonly #directory: Pick<SatelliteDirectory, 'forWriting'>;

  constructor(directory: Pick<SatelliteDirectory, 'forWriting'>) {
    this.#directory = directory;
  }

  /** @returns the repository's name */
  async registerDatasetType(definition: DatasetTypeDefinition, at: Curated): Promise<string> {
    const repository = await this.#open(at);
    await repository.registerDatasetTypes([definition], at.query);
    return repository.name;
  }

  async createCollection(collection: NewCollection, at: Curated): Promise<ChangedCollection> {
    const { name, type, doc, children } = collection;
    if (children !== undefined && type !== 'CHAINED') {
      throw new SatelliteError(
        'BAD_USER_INPUT',
        `"children" are of a CHAINED collection, but '${name}' is to be ${type}.`,
      );
    }
    const repository = await this.#open(at);
    const options = { ...(doc !== undefined && { doc }), ...(children && { children }) };
    const isNew = await repository.registerCollection({ name, type, ...options }, at.query);
    if (!isNew && doc !== undefined) await repository.setCollectionDoc(name, doc, at.query);
    return changed(repository, name);
  }

  async setChain(name: string, children: readonly string[], edit: ChainEdit, at: Curated): Promise<ChangedCollection> {
    const repository = await this.#open(at);
    await repository.setCollectionChain(name, children, edit, at.query);
    return changed(repository, name);
  }

  async associate(name: string, datasets: SelectedDatasets, at: Curated): Promise<ChangedCollection> {
    const repository = await this.#open(at);
    const uuids = await selectedUuids(repository, datasets, at.query);
    await repository.associate(name, uuids, at.query);
    return changed(repository, name, uuids.length);
  }

  async disassociate(name: string, datasets: SelectedDatasets, at: Curated): Promise<ChangedCollection> {
    const repository = await this.#open(at);
    const uuids = await selectedUuids(repository, datasets, at.query);
    await repository.disassociate(name, uuids, at.query);
    return changed(repository, name, uuids.length);
  }

  async certify(name: string, datasets: SelectedDatasets, span: Timespan, at: Curated): Promise<ChangedCollection> {
    const repository = await this.#open(at);
    const uuids = await selectedUuids(repository, datasets, at.query);
    await repository.certify(name, uuids, span, at.query, at.isRepeat ? 'SKIP' : 'FAIL');
    return changed(repository, name, uuids.length);
  }

  /** @param dataIds null: all of the dataset type */
  async decertify(
    name: string,
    { datasetType, timespan, dataIds }: DecertifiedRange,
    at: Curated,
  ): Promise<ChangedCollection> {
    const repository = await this.#open(at);
    await repository.decertify(name, datasetType, timespan, dataIds, at.query);
    return changed(repository, name);
  }

  async #open({ satellite, principal }: Curated): Promise<WriteableRepository> {
    return (await this.#directory.forWriting(satellite, principal)).repository;
  }
}

/** What is good no more. */
export interface DecertifiedRange {
  readonly datasetType: string;
  readonly timespan: Timespan;
  /** Null: all of the dataset type. */
  readonly dataIds: readonly DataId[] | null;
}

function changed(repository: WriteableRepository, name: string, datasets = 0): ChangedCollection {
  return { repository: repository.name, name, datasets };
}

/** A collection by its exact name. @throws SatelliteError MISSING_COLLECTION */
export async function collectionNamed(
  repository: WriteableRepository,
  name: string,
  query: QueryContext,
): Promise<CollectionInfo> {
  const search = { search: [name], includeChains: true, includeParents: true, includeSummary: true };
  const found = (await repository.collections(search, query)).find((info) => info.name === name);
  if (found) return found;
  throw new SatelliteError('MISSING_COLLECTION', `Collection '${name}' does not exist in '${repository.name}'.`);
}
