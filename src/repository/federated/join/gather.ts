/**
 * Brings together what a query needs of several repositories, so that it can be answered in one place: the datasets that
 * its searches may find, and the dimension records of all its rows.  Which side is asked first is decided by counting:
 * what the smallest search gives travels as data IDs into the next ones (quantum-graph.md section 5).
 */
import type { DataIdValue } from '../../../butler/data-id.ts';
import type { DatasetType } from '../../../butler/dataset-type.ts';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { QueryTooCostlyError } from '../../../butler/errors.ts';
import type { Predicate } from '../../../butler/query/predicate.ts';
import type { DimensionRecordSpec, GeneralSpec, ResultSpec } from '../../../butler/query/result-spec.ts';
import type { DataCoordinateUpload, Query } from '../../../butler/query/tree.ts';
import { decodeRegion } from '../../../butler/region/codec.ts';
import { htmEnvelope } from '../../../butler/region/envelope.ts';
import type { Timespan } from '../../../butler/timespan.ts';
import type { DimensionElement, Universe } from '../../../butler/universe.ts';
import type { QueryContext } from '../../repository.ts';
import type { DimensionRecordRow, GeneralRow } from '../../rows.ts';
import { recordsOfDataIds } from '../../search/records-of-data-ids.ts';
import { conformQuery } from '../conform-query.ts';
import { dataIdKey, recordDataId } from '../identity.ts';
import { membersOnPath, type Member } from '../members.ts';
import { joined, upload } from '../probe.ts';
import type { SearchPath } from '../search-path.ts';
import { conjunctsOf, constrainedQuery } from './constraints.ts';

/** Rows that are brought together at most. */
const MOST_ROWS = 1_000_000;

/** Data IDs that travel into another search at most; more of them are not sent, and their rows are sorted out here. */
const MOST_UPLOADED = 50_000;

/** Records of an element beyond which it pays to ask only for those near the others' regions. */
const MANY_RECORDS = 5_000;

/** A dataset in a collection. */
export interface Membership {
  readonly uuid: string;
  readonly datasetType: DatasetType;
  readonly run: string;
  readonly collection: string;
  /** When it was registered there, ns TAI. */
  readonly ingested: bigint;
  /** Of a certification; null in other collections. */
  readonly timespan: Timespan | null;
  /** Values of the required dimensions of `datasetType`, in order. */
  readonly values: readonly DataIdValue[];
  /** Name of the repository that it was found in. */
  readonly repository: string;
}

/** What a query was found to need, in the universe that it is said in. */
export interface Gathered {
  readonly datasetTypes: readonly DatasetType[];
  /** In search order; the same one may come from several repositories: the first counts. */
  readonly memberships: readonly Membership[];
  /** One a key, the earliest repository's. */
  readonly records: readonly DimensionRecordRow[];
}

/** @throws QueryTooCostlyError where too many rows would have to be brought together; what the repositories throw */
export async function gather(
  members: readonly Member[],
  query: Query,
  paths: ReadonlyMap<string, SearchPath>,
  ctx: QueryContext,
): Promise<Gathered> {
  const gathering = new Gathering(members, query, ctx);
  const searches = [...query.tree.datasets].map(([name, { dimensions }]) => {
    const type = members.find((member) => member.datasetTypes.has(name))!.datasetTypes.get(name)!;
    return { type: { ...type, dimensions }, path: paths.get(name)! };
  });
  await gathering.searches(searches);
  await gathering.remainingRecords(searches.map(({ type }) => type.dimensions));
  return {
    datasetTypes: searches.map(({ type }) => type),
    memberships: gathering.memberships,
    records: [...gathering.records.values()].flatMap((of) => [...of.values()]),
  };
}

interface Search {
  /** With its dimensions in the query's universe. */
  readonly type: DatasetType;
  readonly path: SearchPath;
}

/** Data IDs that every row of the answer has one of. */
interface KnownDataIds {
  readonly names: readonly string[];
  readonly rows: readonly (readonly DataIdValue[])[];
}

class Gathering {
  readonly memberships: Membership[] = [];
  /** Element → key → record. */
  readonly records = new Map<string, Map<string, DimensionRecordRow>>();
  readonly #members: readonly Member[];
  readonly #query: Query;
  readonly #universe: Universe;
  readonly #ctx: QueryContext;
  /** What all rows fulfil. */
  readonly #conjuncts: readonly Predicate[];
  readonly #known: KnownDataIds[] = [];
  #rows = 0;

  constructor(members: readonly Member[], query: Query, ctx: QueryContext) {
    this.#members = members;
    this.#query = query;
    this.#universe = query.tree.dimensions.universe;
    this.#ctx = ctx;
    this.#conjuncts = conjunctsOf(query);
    for (const { dimensions, rows } of query.uploads) this.#known.push({ names: dimensions.required, rows });
  }

  /** Smallest first. */
  async searches(searches: readonly Search[]): Promise<void> {
    const sized = await Promise.all(
      searches.map(async (search) => ({ search, size: searches.length === 1 ? 0 : await this.#size(search) })),
    );
    for (const { search } of sized.sort((a, b) => a.size - b.size)) await this.#search(search);
  }

  /** Records of elements that no dataset's data ID names, such as tracts that visits overlap. */
  async remainingRecords(searched: readonly DimensionGroup[]): Promise<void> {
    const isCovered = (element: DimensionElement) =>
      searched.some((group) => element.required.every((name) => group.has(name)));
    for (const element of this.#query.tree.dimensions.elements) {
      if (element.skypix || isCovered(element)) continue;
      const group = this.#universe.groupOf(element.name);
      const constrained = joined(this.#constrained(group), this.#uploadsInto(group));
      if (element.hasTable) await this.#recordsOf(element, constrained);
      // Its values are those that the records of another have, whichever these are.
      else
        await this.#recordsOf(
          this.#universe.element(element.viewOf!),
          withDimensions(constrained, this.#universe.groupOf(element.viewOf!)),
        );
    }
  }

  async #size({ type, path }: Search): Promise<number> {
    const counts = await Promise.all(
      this.#holders(type.name, path).map((member) => {
        const { query, spec } = this.#ask(member, this.#searchQuery(type, path, member), datasetSpec(type));
        return member.repository.count(query, spec, this.#ctx, { exact: false });
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  #holders(name: string, path: SearchPath): readonly Member[] {
    return membersOnPath(this.#members, name, path);
  }

  async #search({ type, path }: Search): Promise<void> {
    const { dimensions } = type;
    const dataIds = new Map<string, readonly DataIdValue[]>();
    for (const member of this.#holders(type.name, path)) {
      const question = joined(this.#searchQuery(type, path, member), this.#uploadsInto(dimensions));
      const { query, spec } = this.#ask(member, question, datasetSpec(type));
      for await (const { rows } of member.repository.query(query, spec, this.#ctx)) {
        this.#counting(rows.length);
        for (const row of rows) {
          this.memberships.push(membershipOf(row, type));
          const values = dimensions.dataCoordinateKeys.map((name) => row.fields[name] as DataIdValue);
          dataIds.set(dataIdKey(values.slice(0, dimensions.required.length)), values);
        }
      }
    }
    this.#known.push({ names: dimensions.dataCoordinateKeys, rows: [...dataIds.values()] });
    await this.#recordsOfDataIds(dimensions, [...dataIds.values()]);
  }

  #searchQuery(type: DatasetType, path: SearchPath, member: Member): Query {
    const { dimensions } = type;
    const query = this.#constrained(dimensions);
    const collections = path.collectionsIn(member.repository, type.name);
    const datasets = new Map([[type.name, { dimensions, collections }]]);
    return { ...query, tree: { ...query.tree, datasets } };
  }

  #constrained(group: DimensionGroup): Query {
    return constrainedQuery(group, this.#conjuncts);
  }

  /** What is known already of data IDs that the group shares. */
  #uploadsInto(group: DimensionGroup): readonly DataCoordinateUpload[] {
    return this.#known.flatMap(({ names, rows }) => {
      const shared = new Set(names.filter((name) => group.has(name)));
      const closed = [...shared].filter((name) => this.#universe.groupOf(name).names.every((n) => shared.has(n)));
      const of = this.#universe.conform(closed);
      if (of.required.length === 0) return [];
      const made = upload(of, names, rows);
      return made.rows.length > MOST_UPLOADED ? [] : [made];
    });
  }

  async #recordsOf(element: DimensionElement, constrained: Query): Promise<void> {
    const group = this.#universe.groupOf(element.name);
    const spec = recordSpec(element);
    const rows: (readonly DataIdValue[])[] = [];
    for (const member of this.#members) {
      if (!member.universe.find(element.name)) continue;
      const question = await this.#nearKnownRegions(member, constrained, element);
      const asked = this.#ask(member, question, spec);
      const found: (readonly DataIdValue[])[] = [];
      for await (const page of member.repository.query(asked.query, asked.spec, this.#ctx)) {
        this.#counting(page.rows.length);
        for (const row of page.rows) {
          this.#add(row);
          found.push(recordDataId(row, element.required));
        }
      }
      await this.#recordsOfDataIds(group, found, [member]);
      rows.push(...found);
    }
    if (constrained.tree.dimensions === group) this.#known.push({ names: element.required, rows });
  }

  /** Asks only for what may overlap the regions of another family, where there is much to ask for. */
  async #nearKnownRegions(member: Member, question: Query, element: DimensionElement): Promise<Query> {
    const { commonSkypix } = this.#universe;
    const others = this.#query.tree.dimensions.elements.filter(
      (e) => !e.skypix && e.spatialFamily !== undefined && e.spatialFamily !== element.spatialFamily,
    );
    const records = others.flatMap(({ name }) => [...(this.records.get(name)?.values() ?? [])]);
    if (element.spatialFamily === undefined || records.length === 0) return question;
    const { query, spec } = this.#ask(member, question, recordSpec(element));
    if ((await member.repository.count(query, spec, this.#ctx, { exact: false })) < MANY_RECORDS) return question;
    const pixels = new Set<number>();
    for (const { fields } of records) {
      if (!(fields['region'] instanceof Uint8Array)) continue;
      const { level } = this.#universe.element(commonSkypix).skypix!;
      for (const { begin, end } of htmEnvelope(decodeRegion(fields['region']), level)) {
        for (let pixel = begin; pixel < end; pixel += 1) pixels.add(pixel);
      }
    }
    if (pixels.size > MOST_UPLOADED) return question;
    const group = this.#universe.conform([commonSkypix]);
    const near = upload(
      group,
      [commonSkypix],
      [...pixels].map((pixel) => [pixel]),
    );
    return joined(withDimensions(question, group), [near]);
  }

  /** Records that data IDs refer to, each from the earliest repository that has it. */
  async #recordsOfDataIds(
    group: DimensionGroup,
    dataIds: readonly (readonly DataIdValue[])[],
    members: readonly Member[] = this.#members,
  ): Promise<void> {
    const tables = group.elements.filter((element) => element.hasTable && !element.skypix);
    let missing = dataIds;
    for (const { repository, universe } of members) {
      if (missing.length === 0 || !group.names.every((name) => universe.isDimension(name))) continue;
      const own = universe.conform(group.required);
      const values = missing.map((row) => own.required.map((name) => row[group.required.indexOf(name)]!));
      const found = await recordsOfDataIds(repository, own, values, this.#ctx);
      for (const records of found) for (const record of records) this.#add(record);
      missing = missing.filter((_, i) => {
        const there = new Set(found[i]!.map(({ element }) => element.name));
        return tables.some(({ name }) => !there.has(name));
      });
    }
  }

  #add(record: DimensionRecordRow): void {
    const element = this.#universe.find(record.element.name);
    if (!element?.hasTable) return;
    let of = this.records.get(element.name);
    if (!of) this.records.set(element.name, (of = new Map<string, DimensionRecordRow>()));
    const key = dataIdKey(recordDataId(record, element.required));
    if (!of.has(key)) of.set(key, record);
  }

  #ask<S extends ResultSpec>(member: Member, query: Query, spec: S): { readonly query: Query; readonly spec: S } {
    return conformQuery(query, spec, member.universe);
  }

  #counting(rows: number): void {
    this.#rows += rows;
    if (this.#rows <= MOST_ROWS) return;
    const names = this.#members.map(({ repository }) => `'${repository.name}'`).join(' and ');
    throw new QueryTooCostlyError(
      `More than ${MOST_ROWS} rows of ${names} would have to be joined for this query: narrow it by data ID (a visit, a ` +
        "tract, a day), or ask one of them alone with 'repositories'.",
    );
  }
}

function withDimensions({ tree, ...query }: Query, group: DimensionGroup): Query {
  return { ...query, tree: { ...tree, dimensions: tree.dimensions.union(group) } };
}

function membershipOf({ fields, repository }: GeneralRow, datasetType: DatasetType): Membership {
  const field = (name: string) => fields[`${datasetType.name}.${name}`];
  return {
    uuid: field('dataset_id') as string,
    datasetType,
    run: field('run') as string,
    collection: field('collection') as string,
    ingested: BigInt(field('ingest_date') as bigint | number),
    timespan: (field('timespan') as Timespan | null | undefined) ?? null,
    values: datasetType.dimensions.required.map((name) => fields[name] as DataIdValue),
    repository,
  };
}

function datasetSpec({ name, dimensions, isCalibration }: DatasetType): GeneralSpec {
  const fields = [
    'dataset_id',
    'run',
    'collection',
    'ingest_date',
    ...(isCalibration ? (['timespan'] as const) : []),
  ] as const;
  return {
    type: 'general',
    dimensions,
    dimensionFields: new Map(),
    datasetFields: new Map([[name, fields]]),
    findFirst: false,
    includeDimensionRecords: false,
    ...UNORDERED,
  };
}

function recordSpec(element: DimensionElement): DimensionRecordSpec {
  return { type: 'dimension_record', element: element.name, ...UNORDERED };
}

const UNORDERED = { orderBy: [], limit: null, allowDuplicateOverlaps: false } as const;
