/** The endpoints of a RemoteButler server that answer at once, typed; streams are in `row-stream.ts`. */
import type { z } from 'zod';
import {
  COLLECTION_TYPE_NUMBERS,
  type CollectionInfo,
  type CollectionSummary,
  type CollectionType,
} from '../../butler/collection.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import { ButlerUserError } from '../../butler/errors.ts';
import { inBatches } from '../../butler/in-batches.ts';
import type { Query } from '../../butler/query/tree.ts';
import { encodeQuery } from '../../butler/query/wire.ts';
import { Universe } from '../../butler/universe.ts';
import type { FindDatasetRequest, QueryContext } from '../repository.ts';
import type { DatasetRow, FileRecord, FileSource } from '../rows.ts';
import {
  collectionsAnswer,
  datasetsAnswer,
  datasetTypeAnswer,
  datasetTypesAnswer,
  explainAnswer,
  filesOfTransfer,
  findDatasetAnswer,
  getFileAnswer,
  summaryAnswer,
  toCollectionInfo,
  toDatasetRow,
  toDatasetType,
  universeAnswer,
} from './answers.ts';
import type { ButlerHttp } from './http.ts';

/** Largest number of datasets in one request (`MAX_ITEMS_PER_REQUEST` of the server's models). */
const BATCH = 10_000;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface CollectionsRequest {
  readonly expression: readonly string[];
  readonly types: readonly CollectionType[];
  readonly flattenChains: boolean;
  readonly includeChains: boolean;
  readonly includeParents: boolean;
  readonly includeSummary: boolean;
}

export class RemoteClient {
  readonly http: ButlerHttp;

  constructor(http: ButlerHttp) {
    this.http = http;
  }

  async universe(ctx: QueryContext): Promise<Universe> {
    return Universe.fromJson(this.#read(universeAnswer, await this.http.get('universe', ctx)).universe);
  }

  async datasetTypes(universe: Universe, ctx: QueryContext): Promise<ReadonlyMap<string, DatasetType>> {
    const answer = await this.http.post('query_dataset_types', { search: ['*'] }, ctx);
    const types = this.#read(datasetTypesAnswer, answer).dataset_types;
    return new Map(types.map((type) => [type.name, toDatasetType(type, universe)]));
  }

  /** @throws ButlerUserError MISSING_DATASET_TYPE */
  async datasetType(name: string, universe: Universe, ctx: QueryContext): Promise<DatasetType> {
    const answer = await this.http.get(`dataset_type/${encodeURIComponent(name)}`, ctx);
    return toDatasetType(this.#read(datasetTypeAnswer, answer).dataset_type, universe);
  }

  /** In the server's order. @throws ButlerUserError MISSING_COLLECTION for a plain name that does not exist */
  async collections(request: CollectionsRequest, ctx: QueryContext): Promise<readonly CollectionInfo[]> {
    const answer = await this.http.post(
      'query_collection_info',
      {
        expression: request.expression,
        collection_types: request.types.map((type) => COLLECTION_TYPE_NUMBERS[type]),
        flatten_chains: request.flattenChains,
        include_chains: request.includeChains,
        include_parents: request.includeParents,
        include_summary: request.includeSummary,
        include_doc: true,
        summary_datasets: null,
      },
      ctx,
    );
    return this.#read(collectionsAnswer, answer).collections.map(toCollectionInfo);
  }

  /** @throws ButlerUserError MISSING_COLLECTION */
  async summary(collection: string, ctx: QueryContext): Promise<CollectionSummary> {
    const answer = await this.http.get(`collection_summary?name=${encodeURIComponent(collection)}`, ctx);
    const { dataset_types, governors } = this.#read(summaryAnswer, answer).summary;
    return { datasetTypes: dataset_types.map(({ name }) => name), governors };
  }

  async explain(query: Query, execute: boolean, ctx: QueryContext): Promise<readonly string[]> {
    const answer = await this.http.post('query/explain', { query: encodeQuery(query), execute }, ctx);
    return this.#read(explainAnswer, answer).messages;
  }

  async findDataset(request: FindDatasetRequest, universe: Universe, ctx: QueryContext): Promise<DatasetRow | null> {
    const { timespan } = request;
    const answer = await this.http.post(
      'find_dataset',
      {
        dataset_type: request.datasetType,
        data_id: request.dataId,
        default_data_id: request.defaultDataId ?? {},
        collections: request.collections,
        timespan: timespan && [timespan.begin, timespan.end],
        dimension_records: false,
      },
      ctx,
    );
    const ref = this.#read(findDatasetAnswer, answer).dataset_ref;
    return ref && toDatasetRow(ref, (wire) => toDatasetType(wire, universe), this.http.repository);
  }

  /** With required values only; unknown ones are absent. */
  async datasets(
    uuids: readonly string[],
    universe: Universe,
    ctx: QueryContext,
  ): Promise<ReadonlyMap<string, DatasetRow>> {
    const found = new Map<string, DatasetRow>();
    const types = new Map<string, DatasetType>();
    for (const dataset_ids of batches(uuids)) {
      const answer = this.#read(datasetsAnswer, await this.http.post('datasets', { dataset_ids }, ctx));
      for (const ref of answer.rows) {
        const row = toDatasetRow(
          ref,
          (wire) => {
            const known = types.get(wire.name) ?? toDatasetType(wire, universe);
            types.set(wire.name, known);
            return known;
          },
          this.http.repository,
        );
        found.set(row.uuid, row);
      }
    }
    return found;
  }

  /** @param answering called when the server begins to answer the last request: it has made the answer then */
  async files(
    uuids: readonly string[],
    ctx: QueryContext,
    answering?: () => void,
  ): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    let found: ReadonlyMap<string, readonly FileRecord[]> = new Map();
    const requests = [...batches(uuids)];
    for (const dataset_ids of requests) {
      const begun = dataset_ids === requests.at(-1) ? answering : undefined;
      const files = filesOfTransfer(await this.http.post('file_transfer', { dataset_ids }, ctx, begun));
      if (!files) throw this.http.unreadable();
      if (found.size === 0) found = files;
      else found = new Map([...found, ...files]);
    }
    return found;
  }

  /** The signed address of a file, good for an hour. */
  async fileSource(uuid: string, component: string | null, ctx: QueryContext): Promise<FileSource | null> {
    if (!UUID.test(uuid)) return null;
    try {
      const { artifact } = this.#read(getFileAnswer, await this.http.get(`get_file/${uuid}`, ctx));
      const file = artifact?.file_info.find((info) => info.datastoreRecords.component === component);
      if (!file) return null;
      const size = file.datastoreRecords.file_size;
      return { kind: 'url', url: file.url, size: size < 0 ? null : size };
    } catch (error) {
      if (error instanceof ButlerUserError && error.code === 'DATASET_NOT_FOUND') return null;
      throw error;
    }
  }

  #read<S extends z.ZodType>(schema: S, answer: unknown): z.infer<S> {
    const result = schema.safeParse(answer);
    if (!result.success) throw this.http.unreadable(result.error);
    return result.data;
  }
}

/** What is a UUID, in lower case and once, in parts that one request may hold. */
function batches(uuids: readonly string[]): Iterable<readonly string[]> {
  const ids = [...new Set(uuids.filter((uuid) => UUID.test(uuid)).map((uuid) => uuid.toLowerCase()))];
  return inBatches(ids, BATCH);
}
