/**
 * A repository over arrays, for tests: it answers the queries that the laws of federation need by looking at every row,
 * in pages of a few rows, and counts what it is asked.  Never used outside tests.
 */
import type { CollectionInfo, CollectionSummary, CollectionType } from '../../../src/butler/collection.ts';
import type { DataId, DataIdValue } from '../../../src/butler/data-id.ts';
import type { DatasetType } from '../../../src/butler/dataset-type.ts';
import { ButlerUserError, RepositoryUnavailableError } from '../../../src/butler/errors.ts';
import { globToRegExp, isGlob } from '../../../src/butler/glob.ts';
import type { Expression } from '../../../src/butler/query/expression.ts';
import type { Predicate } from '../../../src/butler/query/predicate.ts';
import type { ResultSpec } from '../../../src/butler/query/result-spec.ts';
import type { Query } from '../../../src/butler/query/tree.ts';
import type { Universe } from '../../../src/butler/universe.ts';
import { dataIdKey } from '../../../src/repository/federated/identity.ts';
import { keyComparator } from '../../../src/repository/federated/key-order.ts';
import type {
  CollectionQuery,
  FindDatasetRequest,
  Key,
  KeyValue,
  Page,
  PageOptions,
  Repository,
} from '../../../src/repository/repository.ts';
import type {
  DatasetRow,
  FieldValue,
  FileRecord,
  FileSource,
  StoreObject,
  RepositoryUsage,
  RowsByResult,
} from '../../../src/repository/rows.ts';

export interface ArrayDataset {
  readonly uuid: string;
  readonly datasetType: string;
  readonly dataId: DataId;
  readonly run: string;
}

export interface ArrayCollection {
  readonly type: CollectionType;
  readonly children?: readonly string[];
  /** Members, other than those of a RUN; one of a CALIBRATION comes as often as it has validity ranges. */
  readonly uuids?: readonly string[];
}

export interface ArrayContent {
  readonly universe: Universe;
  readonly datasetTypes: readonly DatasetType[];
  readonly collections: Readonly<Record<string, ArrayCollection>>;
  readonly datasets: readonly ArrayDataset[];
  /** Element → records, with dimensions by name. */
  readonly records?: Readonly<Record<string, readonly Readonly<Record<string, FieldValue>>[]>>;
}

/** What one row is made of: values by dimension, the dataset where there is one, and the collection it was found in. */
interface Match {
  readonly values: Readonly<Record<string, FieldValue>>;
  readonly dataset?: ArrayDataset;
  readonly collection?: string;
}

export class ArrayRepository implements Repository {
  readonly name: string;
  /** Kinds of calls so far. */
  readonly calls: string[] = [];
  /** Set: every call fails after so many more. */
  failsAfter = Infinity;
  readonly #content: ArrayContent;
  readonly #pageSize: number;
  /** Text is compared backwards, as a foreign collation might. */
  readonly #isBackwards: boolean;

  constructor(name: string, content: ArrayContent, options: { pageSize?: number; isBackwards?: boolean } = {}) {
    this.name = name;
    this.#content = content;
    this.#pageSize = options.pageSize ?? 3;
    this.#isBackwards = options.isBackwards ?? false;
  }

  async universe(): Promise<Universe> {
    this.#called('universe');
    return this.#content.universe;
  }

  async datasetTypes(): Promise<ReadonlyMap<string, DatasetType>> {
    this.#called('datasetTypes');
    return new Map(this.#content.datasetTypes.map((type) => [type.name, type]));
  }

  async collections(query: CollectionQuery): Promise<readonly CollectionInfo[]> {
    this.#called('collections');
    const { collections } = this.#content;
    for (const name of query.search) if (!isGlob(name)) this.#collection(name);
    const matches = Object.keys(collections).filter((name) =>
      query.search.some((glob) => isGlob(glob) && globToRegExp(glob).test(name)),
    );
    const names = [...matches, ...query.search.filter((name) => !isGlob(name))];
    const found = query.flattenChains ? this.#flat(names) : [...new Set(names)];
    const includeChains = query.includeChains ?? !query.flattenChains;
    return found
      .map((name) => this.#info(name))
      .filter((info) => (includeChains || info.type !== 'CHAINED') && (query.types?.includes(info.type) ?? true));
  }

  async summary(collection: string): Promise<CollectionSummary> {
    this.#called('summary');
    const { datasetTypes } = this.#info(collection);
    return { datasetTypes: datasetTypes ?? [], governors: {} };
  }

  async *query<S extends ResultSpec>(
    query: Query,
    spec: S,
    _: unknown,
    options: PageOptions = {},
  ): AsyncGenerator<Page<RowsByResult[S['type']]>> {
    this.#called('query');
    const rows = this.#rows(query, spec);
    const after = options.after?.[this.name];
    const compare = this.#comparator(spec);
    const left = after ? rows.filter((row) => compare(row.key, after) > 0) : rows;
    const limited = spec.limit === null ? left : left.slice(0, spec.limit);
    for (let start = 0; start < limited.length; start += this.#pageSize) {
      if (start > 0) this.#called('page');
      const page = limited.slice(start, start + this.#pageSize);
      yield {
        rows: page.map(({ row }) => row as RowsByResult[S['type']]),
        ...(options.positions && { positionAt: (i) => ({ [this.name]: page[i]!.key }) }),
        ...(options.foundIn && { collectionAt: (i) => page[i]!.collection! }),
      };
    }
  }

  async count(query: Query, spec: ResultSpec): Promise<number> {
    this.#called('count');
    return this.#rows(query, { ...spec, orderBy: [] }).length;
  }

  async any(query: Query): Promise<boolean> {
    this.#called('any');
    return this.#matches(query, false).length > 0;
  }

  async explain(): Promise<readonly string[]> {
    this.#called('explain');
    return [];
  }

  async findDataset({ datasetType, dataId, collections }: FindDatasetRequest): Promise<DatasetRow | null> {
    this.#called('findDataset');
    for (const name of this.#leaves(collections)) {
      const found = this.#held(name, datasetType).find((d) =>
        Object.entries(d.dataId).every(([dimension, value]) => dataId[dimension] === value),
      );
      if (found) return this.#datasetRow(found);
    }
    return null;
  }

  async datasets(uuids: readonly string[]): Promise<ReadonlyMap<string, DatasetRow>> {
    this.#called('datasets');
    const found = this.#content.datasets.filter((d) => uuids.includes(d.uuid));
    return new Map(found.map((d) => [d.uuid, this.#datasetRow(d)]));
  }

  async files(_uuids: readonly string[]): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    return new Map();
  }

  async storeObjects(): Promise<ReadonlyMap<string, readonly StoreObject[]>> {
    return new Map();
  }

  async fileSource(_uuid: string, _component: string | null): Promise<FileSource | null> {
    return null;
  }

  async usage(): Promise<RepositoryUsage | null> {
    return null;
  }

  async close(): Promise<void> {
    // nothing is open
  }

  #called(kind: string): void {
    this.calls.push(kind);
    this.failsAfter -= 1;
    if (this.failsAfter < 0) throw new RepositoryUnavailableError(this.name, `Repository '${this.name}' is down.`);
  }

  #collection(name: string): ArrayCollection {
    const collection = this.#content.collections[name];
    if (!collection) throw new ButlerUserError('MISSING_COLLECTION', `No collection with name '${name}' found.`);
    return collection;
  }

  #info(name: string): CollectionInfo {
    const { type, children = [] } = this.#collection(name);
    const { datasetTypes } = this.#content;
    const held = datasetTypes.map((t) => t.name).filter((t) => type !== 'CHAINED' && this.#held(name, t).length > 0);
    return { name, type, doc: '', children, datasetTypes: held };
  }

  #flat(names: readonly string[]): readonly string[] {
    const visited = new Set<string>();
    const visit = (name: string): void => {
      if (visited.has(name)) return;
      visited.add(name);
      this.#collection(name).children?.forEach(visit);
    };
    names.forEach(visit);
    return [...visited];
  }

  #leaves(names: readonly string[]): readonly string[] {
    return this.#flat(names).filter((name) => this.#collection(name).type !== 'CHAINED');
  }

  #held(collection: string, datasetType: string): readonly ArrayDataset[] {
    const { type, uuids = [] } = this.#collection(collection);
    const datasets = this.#content.datasets.filter((d) => d.datasetType === datasetType);
    if (type === 'RUN') return datasets.filter((d) => d.run === collection);
    return uuids.flatMap((uuid) => datasets.find((d) => d.uuid === uuid) ?? []);
  }

  #datasetRow(dataset: ArrayDataset): DatasetRow {
    const datasetType = this.#type(dataset.datasetType);
    const values = datasetType.dimensions.required.map((name) => dataset.dataId[name]!);
    return { uuid: dataset.uuid, datasetType, run: dataset.run, values, repository: this.name };
  }

  #comparator(spec: ResultSpec): (a: Key, b: Key) => number {
    const backwards = (key: Key): Key => key.map((v) => (typeof v === 'string' ? [...v].map(mirrored).join('') : v));
    const compare = keyComparator(spec.orderBy);
    return this.#isBackwards ? (a, b) => compare(backwards(a), backwards(b)) : compare;
  }

  #rows(query: Query, spec: ResultSpec): { row: unknown; key: Key; collection: string | undefined }[] {
    const matches = this.#given(this.#matches(query, 'findFirst' in spec && spec.findFirst), spec);
    const rows = matches.map((match) => ({
      row: this.#row(match, spec),
      key: spec.orderBy.map((term) =>
        this.#value(term.type === 'reversed' ? term.operand : term, match),
      ) as readonly KeyValue[],
      collection: match.collection,
    }));
    const compare = this.#comparator(spec);
    return rows.sort((a, b) => compare(a.key, b.key));
  }

  /** A dataset comes once, unless it is a calibration or the order tells its collections apart. */
  #given(matches: readonly Match[], spec: ResultSpec): readonly Match[] {
    const isApart = spec.orderBy.some((term) => term.type === 'dataset_field' && term.field === 'collection');
    const uuids = new Set<string>();
    return matches.filter(({ dataset }) => {
      if (!dataset || isApart || this.#type(dataset.datasetType).isCalibration) return true;
      const isNew = !uuids.has(dataset.uuid);
      uuids.add(dataset.uuid);
      return isNew;
    });
  }

  #type(name: string): DatasetType {
    return this.#content.datasetTypes.find((type) => type.name === name)!;
  }

  #row(match: Match, spec: ResultSpec): unknown {
    const { universe } = this.#content;
    const repository = this.name;
    switch (spec.type) {
      case 'dataset_ref':
        return this.#datasetRow(match.dataset!);
      case 'data_coordinate':
        return {
          dimensions: spec.dimensions,
          values: spec.dimensions.required.map((name) => match.values[name] as DataIdValue),
          repository,
        };
      case 'dimension_record': {
        const element = universe.element(spec.element);
        const own = this.#content.records![spec.element]!.find((record) =>
          element.required.every((name) => record[name] === match.values[name]),
        )!;
        const { [spec.element]: id, ...fields } = own;
        return { element, fields: { ...fields, [element.primaryKey!.name]: id }, repository };
      }
      case 'general':
        return { fields: match.values, repository };
    }
  }

  #matches(query: Query, findFirst: boolean): readonly Match[] {
    const joined = [...query.tree.datasets].map(([name, search]) => this.#search(name, search.collections));
    const matches = joined.length > 0 ? joined[0]! : this.#dataIds(query.tree.dimensions.required);
    const uploads = query.uploads.map((upload) => {
      const keys = new Set(upload.rows.map((row) => dataIdKey(row)));
      const { required } = upload.dimensions;
      return (values: Match['values']) => keys.has(dataIdKey(required.map((name) => values[name] as DataIdValue)));
    });
    const found = matches.filter(
      (match) => this.#holds(query.tree.predicate, match) && uploads.every((holds) => holds(match.values)),
    );
    if (!findFirst) return found;
    const first = new Map<string, Match>();
    for (const match of found) {
      const id = Object.values(match.dataset!.dataId).join('|');
      if (!first.has(id)) first.set(id, match);
    }
    return [...first.values()];
  }

  /** In the order of the path; what RUN and TAGGED collections hold comes once. */
  #search(datasetType: string, collections: readonly string[]): readonly Match[] {
    return this.#leaves(collections).flatMap((collection) =>
      this.#held(collection, datasetType).map((dataset) => ({ values: dataset.dataId, dataset, collection })),
    );
  }

  /** Every combination of the records of the dimensions. */
  #dataIds(required: readonly string[]): readonly Match[] {
    let ids: Readonly<Record<string, FieldValue>>[] = [{}];
    for (const name of required) {
      ids = ids.flatMap((id) =>
        (this.#content.records?.[name] ?? [])
          .filter((record) => Object.entries(id).every(([k, v]) => !(k in record) || record[k] === v))
          .map((record) => ({ ...record, ...id })),
      );
    }
    return ids.map((values) => ({ values }));
  }

  #holds(predicate: Predicate, match: Match): boolean {
    switch (predicate.type) {
      case 'and':
        return predicate.operands.every((p) => this.#holds(p, match));
      case 'or':
        return predicate.operands.some((p) => this.#holds(p, match));
      case 'comparison':
        return predicate.operator === '==' && this.#value(predicate.a, match) === this.#value(predicate.b, match);
      case 'in_container':
        return predicate.container.some((x) => this.#value(x, match) === this.#value(predicate.member, match));
      default:
        throw new Error(`The arrays cannot answer ${predicate.type}.`);
    }
  }

  #value(expression: Expression, { values, dataset, collection }: Match): FieldValue {
    switch (expression.type) {
      case 'dimension_key':
        return values[expression.dimension]!;
      case 'dimension_field':
        return values[expression.field] ?? null;
      case 'dataset_field':
        return expression.field === 'collection' ? collection! : dataset!.run;
      case 'string':
        return expression.value;
      case 'int':
        return Number(expression.value);
      default:
        throw new Error(`The arrays cannot answer ${expression.type}.`);
    }
  }
}

function mirrored(character: string): string {
  return String.fromCodePoint(0x10ffff - character.codePointAt(0)!);
}
