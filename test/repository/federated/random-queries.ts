/** Random queries that mean something in a repository: any result of any joins of its datasets, data IDs and records. */
import type { DataIdValue } from '../../../src/butler/data-id.ts';
import type { DatasetType } from '../../../src/butler/dataset-type.ts';
import { buildQuery, type BuiltQuery, type QueryRequest, type ResultRequest } from '../../../src/butler/query/build.ts';
import type { DatasetField, Expression } from '../../../src/butler/query/expression.ts';
import { allOf, negation, type Predicate } from '../../../src/butler/query/predicate.ts';
import type { Universe } from '../../../src/butler/universe.ts';
import { decodeRegion } from '../../../src/butler/region/codec.ts';
import { latitudeOf, longitudeOf } from '../../../src/butler/region/vector.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import type { DimensionRecordRow } from '../../../src/repository/rows.ts';
import { ctx } from '../../conformance/answers.ts';
import fc from '../../sample.ts';

/** What queries are made of: the names and values of a repository. */
export interface Vocabulary {
  readonly universe: Universe;
  readonly datasetTypes: readonly DatasetType[];
  /** Name → the types that it holds. */
  readonly collections: ReadonlyMap<string, readonly string[]>;
  /** Element → its records. */
  readonly records: ReadonlyMap<string, readonly DimensionRecordRow[]>;
  /** Literals of times, ISO. */
  readonly times: readonly string[];
  readonly directions: readonly (readonly [ra: number, dec: number])[];
}

const INGESTED = ['2026-01-01T00:00:00', '2026-01-02T07:00:00', '2026-01-03T12:00:00', '2026-01-06T05:00:00'];
const DATASET_FIELDS: readonly DatasetField[] = ['dataset_id', 'run', 'collection', 'ingest_date', 'timespan'];

/** Dimensions of data IDs that somebody may ask for. */
const DIMENSIONS: readonly (readonly string[])[] = [
  ...[[], ['instrument'], ['detector'], ['visit'], ['exposure'], ['band'], ['physical_filter'], ['skymap'], ['tract']],
  ...[['patch'], ['visit', 'detector'], ['exposure', 'visit'], ['visit', 'tract'], ['visit', 'patch'], ['day_obs']],
  ...[['visit', 'detector', 'patch'], ['visit', 'detector', 'tract'], ['exposure', 'detector'], ['group']],
  ...[['visit_system', 'visit'], ['visit_system'], ['subfilter'], ['band', 'tract'], ['physical_filter', 'detector']],
  ...[
    ['detector', 'skymap'],
    ['visit', 'htm7'],
    ['tract', 'htm7'],
    ['exposure', 'day_obs'],
    ['band', 'visit'],
  ],
  ...[
    ['instrument', 'skymap'],
    ['patch', 'band', 'visit'],
    ['exposure', 'tract'],
    ['physical_filter', 'skymap'],
  ],
];

export async function vocabularyOf(repository: Repository): Promise<Vocabulary> {
  const universe = await repository.universe(ctx);
  const types = [...(await repository.datasetTypes(ctx)).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const search = { search: ['*'], includeChains: true, includeSummary: true };
  const collections = await repository.collections(search, ctx);
  const flattened = new Map<string, readonly string[]>();
  for (const { name } of collections) {
    if (/[*?[]/.test(name)) continue;
    const leaves = await repository.collections({ ...search, search: [name], flattenChains: true }, ctx);
    flattened.set(name, [...new Set(leaves.flatMap(({ datasetTypes }) => datasetTypes ?? []))]);
  }
  const records = new Map<string, DimensionRecordRow[]>();
  for (const element of universe.elements.filter(({ skypix }) => !skypix)) {
    const { query, spec } = buildQuery(universe, { result: { type: 'dimension_record', element: element.name } });
    const of: DimensionRecordRow[] = [];
    for await (const { rows } of repository.query(query, spec, ctx)) of.push(...(rows as DimensionRecordRow[]));
    records.set(element.name, of);
  }
  const all = [...records.values()].flat();
  const begins = all.flatMap(({ fields: { timespan } }) => {
    return timespan !== null && typeof timespan === 'object' && 'begin' in timespan
      ? [timespan.begin, timespan.end]
      : [];
  });
  const times = [...new Set(begins)].map((ns) => new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19));
  const directions = all.flatMap(({ fields: { region } }) => {
    if (!(region instanceof Uint8Array)) return [];
    const decoded = decodeRegion(region);
    if (decoded.kind !== 'polygon') return [];
    const [vertex] = decoded.vertices;
    const degrees = (radians: number) => Number(((radians * 180) / Math.PI).toFixed(3));
    return [[(degrees(longitudeOf(vertex!)) + 360) % 360, degrees(latitudeOf(vertex!))] as const];
  });
  return { universe, datasetTypes: types, collections: flattened, records, times, directions };
}

/** @throws SatelliteError where it is no query */
export function randomQuery(vocabulary: Vocabulary, gen: fc.GeneratorValue): BuiltQuery {
  return new QueryMaker(vocabulary, gen).query();
}

class QueryMaker {
  readonly #of: Vocabulary;
  /** Governor → its value in most of the query, so that most queries find something. */
  readonly #governing: Readonly<Record<string, DataIdValue>>;
  readonly #gen: fc.GeneratorValue;

  constructor(vocabulary: Vocabulary, gen: fc.GeneratorValue) {
    this.#of = vocabulary;
    this.#gen = gen;
    this.#governing = { instrument: this.#governorOf('exposure'), skymap: this.#governorOf('patch') };
  }

  query(depth = 0): BuiltQuery {
    const { universe } = this.#of;
    const joins = Array.from({ length: this.#pick([0, 0, 1, 1, 1, 2, 2, 3]) }, () => {
      const datasetType = this.#pick(this.#of.datasetTypes);
      return { datasetType, collections: this.#collections(datasetType.name) };
    }).filter(({ datasetType }, i, all) => all.findIndex((other) => other.datasetType === datasetType) === i);
    const types = joins.map(({ datasetType }) => datasetType);
    const dimensions = this.#chance(joins.length === 0 ? 1 : 0.3) ? this.#pick(DIMENSIONS) : [];
    const group = universe.conform([...dimensions, ...types.flatMap((type) => type.dimensions.names)]);
    const result = this.#result(types, group.names);
    const isRanked = result.type === 'dataset_ref' && result.findFirst;
    const keys = this.#keys(result, universe);
    const orderBy = this.#chance(0.3) && keys ? keys.map((key) => (this.#chance(0.4) ? `-${key}` : key)) : [];
    const request: QueryRequest = {
      result,
      joins,
      dimensions,
      where: Array.from({ length: this.#pick([0, 0, 1, 1, 2]) }, () => this.#term(group.names, types)),
      dataId: this.#governors(group.names),
      uploads: depth === 0 && this.#chance(0.25) ? this.#upload(group.names) : [],
      orderBy,
      limit:
        orderBy.length > 0 && this.#chance(0.5) && (isRanked || result.type !== 'dataset_ref')
          ? this.#pick([1, 2, 5, 1000])
          : null,
    };
    const built = buildQuery(universe, request);
    return depth === 0 && this.#chance(0.12) ? this.#withSearchInside(built) : built;
  }

  #result(types: readonly DatasetType[], names: readonly string[]): ResultRequest {
    const { universe } = this.#of;
    const kind = this.#pick([
      'dataset_ref',
      'dataset_ref',
      'data_coordinate',
      'data_coordinate',
      'dimension_record',
      'general',
    ] as const);
    if (kind === 'dataset_ref' && types.length > 0) {
      return { type: kind, datasetType: this.#pick(types), findFirst: this.#chance(0.6) };
    }
    const within = universe.elements.filter(
      (element) => !element.skypix && universe.groupOf(element.name).names.every((name) => names.includes(name)),
    );
    if (kind === 'dimension_record' && within.length > 0) return { type: kind, element: this.#pick(within).name };
    const dimensions = this.#chance(0.6) ? [...names] : this.#pick(DIMENSIONS).filter((name) => names.includes(name));
    if (kind !== 'general') return { type: 'data_coordinate', dimensions };
    const group = universe.conform(dimensions);
    const described = group.elements.filter(({ fields, skypix }) => fields.size > 0 && !skypix);
    const element = described.length > 0 && this.#chance(0.5) ? this.#pick(described) : undefined;
    const type = types.length > 0 && this.#chance(0.6) ? this.#pick(types) : undefined;
    const fields = type ? DATASET_FIELDS.filter(() => this.#chance(0.5)) : [];
    return {
      type: kind,
      dimensions,
      ...(element && {
        dimensionFields: { [element.name]: [...element.fields.keys()].filter(() => this.#chance(0.5)) },
      }),
      ...(type && fields.length > 0 && { datasetFields: { [type.name]: fields } }),
      ...(type && fields.length > 0 && { findFirst: this.#chance(0.4) && !fields.includes('timespan') }),
    };
  }

  /** Names of columns that tell rows apart. */
  #keys(result: ResultRequest, universe: Universe): readonly string[] | undefined {
    switch (result.type) {
      case 'dataset_ref':
        return [...result.datasetType.dimensions.required, ...(result.findFirst ? [] : ['run'])];
      case 'data_coordinate':
        return universe.conform(result.dimensions ?? []).required;
      case 'dimension_record':
        return universe.element(result.element).required;
      case 'general':
        return undefined;
    }
  }

  #collections(datasetType: string): readonly string[] {
    const names = [...this.#of.collections.keys()];
    const holding = names.filter((name) => this.#of.collections.get(name)!.includes(datasetType));
    const picked = Array.from({ length: this.#pick([1, 1, 2, 3]) }, () => {
      return this.#pick(holding.length > 0 && this.#chance(0.9) ? holding : names);
    });
    return [...new Set(picked)];
  }

  #governors(names: readonly string[]): Record<string, DataIdValue> {
    const governors = ['instrument', 'skymap'].filter((name) => names.includes(name) && this.#chance(0.8));
    return Object.fromEntries(governors.map((name) => [name, this.#governing[name]!]));
  }

  #governorOf(element: string): DataIdValue {
    const { fields } = this.#pick(this.#of.records.get(element)!);
    return (fields['instrument'] ?? fields['skymap']) as DataIdValue;
  }

  /** Records of an element, nearly always of the governors that the query is about. */
  #recordsOf(element: string): readonly DimensionRecordRow[] {
    const all = this.#of.records.get(element)!;
    const own = all.filter(({ fields }) =>
      Object.entries(this.#governing).every(([name, value]) => fields[name] === undefined || fields[name] === value),
    );
    return own.length > 0 && this.#chance(0.95) ? own : all;
  }

  /** Data IDs of one element, a few of them of none. */
  #upload(names: readonly string[]) {
    const element = this.#pick([
      'detector',
      'visit',
      'exposure',
      'tract',
      'patch',
      'physical_filter',
      'band',
      ...names,
    ]);
    const { required, skypix } = this.#of.universe.element(element);
    if (skypix) return [];
    const dimensions = this.#of.universe.groupOf(element).required;
    const records = this.#recordsOf(element);
    if (records.length === 0) return [];
    const rows = Array.from({ length: this.#pick([1, 3, 8]) }, () => {
      const { fields } = this.#pick(records);
      return dimensions.map((name) => {
        const value =
          fields[
            name === element && required.length > 0
              ? (this.#of.universe.element(element).primaryKey?.name ?? name)
              : name
          ];
        const known = (value ?? fields[name]) as DataIdValue;
        return typeof known === 'number' && this.#chance(0.1) ? known + 1 : known;
      });
    });
    return [{ dimensions, rows }];
  }

  /** One more condition: that a dimension's value is among those of another query. */
  #withSearchInside({ query, spec, warnings }: BuiltQuery): BuiltQuery {
    const inner = this.query(1).query.tree;
    const shared = query.tree.dimensions.names.filter((name) => inner.dimensions.has(name));
    if (shared.length === 0) return { query, spec, warnings };
    const column: Expression = { type: 'dimension_key', dimension: this.#pick(shared) };
    const leaf: Predicate = { type: 'in_query', member: column, column, tree: inner };
    const predicate = allOf(query.tree.predicate, this.#chance(0.3) ? negation(leaf) : leaf);
    return { query: { ...query, tree: { ...query.tree, predicate } }, spec, warnings };
  }

  #term(names: readonly string[], types: readonly DatasetType[]): string {
    const draw = this.#pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    if (draw < 4) return this.#comparison(names);
    if (draw === 4 && types.length > 0) return this.#ofDataset(this.#pick(types));
    if (draw === 5) return this.#ofRegion(names) ?? this.#comparison(names);
    if (draw === 6) return this.#ofTime(names, types) ?? this.#comparison(names);
    if (draw === 7)
      return `(${this.#comparison(names)} OR ${types.length > 0 ? this.#ofDataset(this.#pick(types)) : this.#comparison(names)})`;
    if (draw === 8) return `NOT (${this.#comparison(names)})`;
    return this.#comparison(this.#chance(0.3) ? [...names, 'visit', 'patch', 'detector', 'exposure'] : names);
  }

  #comparison(names: readonly string[]): string {
    const elements = this.#of.universe.elements.filter(
      ({ skypix, required, name }) =>
        !skypix && required.every((key) => names.includes(key)) && this.#of.records.get(name)!.length > 0,
    );
    const plain = elements.filter(({ isGovernor }) => !isGovernor);
    if (elements.length === 0) return '';
    const { name, primaryKey } = this.#pick(plain.length > 0 && this.#chance(0.9) ? plain : elements);
    const { fields } = this.#pick(this.#recordsOf(name));
    const columns = Object.entries(fields).filter(
      ([, value]) => typeof value === 'number' || typeof value === 'string',
    );
    if (columns.length === 0) return '';
    const [field, value] = this.#pick(columns);
    const column = field === primaryKey?.name ? name : `${name}.${field}`;
    const literal = typeof value === 'string' ? `'${value}'` : String(value);
    if (typeof value === 'string' && value.includes("'")) return '';
    if (this.#chance(0.1)) return `${column} = NULL`;
    if (this.#chance(0.2)) return `${column} IN (${literal})`;
    return `${column} ${this.#pick(['=', '!=', '!=', '<=', '>=', '>='])} ${literal}`;
  }

  #ofDataset({ name }: DatasetType): string {
    const run = this.#pick([...this.#of.collections.keys()].filter((collection) => !collection.includes("'")));
    return this.#pick([
      `${name}.run = '${run}'`,
      `${name}.run != '${run}'`,
      `${name}.collection = '${run}'`,
      `${name}.ingest_date < T'${this.#pick(INGESTED)}'`,
      `${name}.ingest_date >= T'${this.#pick(INGESTED)}'`,
      `${name}.timespan OVERLAPS (T'${this.#pick(this.#of.times)}', NULL)`,
    ]);
  }

  #ofRegion(names: readonly string[]): string | undefined {
    const elements = ['visit_detector_region', 'visit', 'patch', 'tract'].filter((name) =>
      this.#of.universe.groupOf(name).required.every((key) => names.includes(key)),
    );
    if (elements.length === 0) return undefined;
    const element = this.#pick(elements);
    const [ra, dec] = this.#pick(this.#of.directions);
    const skies = elements.filter(
      (name) => (name === 'patch' || name === 'tract') !== (element === 'patch' || element === 'tract'),
    );
    if (skies.length > 0 && this.#chance(0.4)) return `${element}.region OVERLAPS ${this.#pick(skies)}.region`;
    const shape = this.#pick([
      `REGION('CIRCLE ${ra} ${dec} 0.3')`,
      `REGION('CIRCLE ${ra} ${dec} 1.5')`,
      `POINT(${ra}, ${dec})`,
    ]);
    return `${element}.region OVERLAPS ${shape}`;
  }

  #ofTime(names: readonly string[], types: readonly DatasetType[]): string | undefined {
    const elements = ['exposure', 'visit', 'day_obs'].filter((name) => names.includes(name));
    const calibrations = types.filter(({ isCalibration }) => isCalibration);
    if (elements.length === 0) return undefined;
    const element = this.#pick(elements);
    if (calibrations.length > 0 && this.#chance(0.6)) {
      return `${this.#pick(calibrations).name}.timespan OVERLAPS ${element}.timespan`;
    }
    const [begin, end] = [this.#pick(this.#of.times), this.#pick(this.#of.times)].sort();
    return `${element}.timespan OVERLAPS (T'${begin}', T'${end}')`;
  }

  #chance(probability: number): boolean {
    return this.#gen(fc.integer, { min: 0, max: 99 }) < probability * 100;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#gen(fc.nat, { max: from.length - 1 })]!;
  }
}
