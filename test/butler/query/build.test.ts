import { describe, expect, it } from 'vitest';
import { ButlerUserError, QueryTooCostlyError, SatelliteError } from '../../../src/butler/errors.ts';
import { isGlob } from '../../../src/butler/glob.ts';
import { parseJson, stringifyJson, type Json, type JsonObject } from '../../../src/butler/json.ts';
import { buildQuery } from '../../../src/butler/query/build.ts';
import { encodeQueryTree, encodeResultSpec } from '../../../src/butler/query/wire.ts';
import { readCases, readWire, type Case, type WireEntry } from '../../conformance/corpus.ts';
import { repositories, requestOf } from '../../conformance/requests.ts';

const wire = readWire();
const cases = readCases().filter(({ kind }) =>
  ['query', 'query_datasets', 'query_data_ids', 'query_dimension_records'].includes(kind),
);

/** What the real client takes from a database before it builds a query, by case. */
const inferredDefaults = new Map([
  ['sat-pub-662', { instrument: 'Cam1' }],
  ['sat-pub-663', { instrument: 'Cam1' }],
  ['off-pub-662', { instrument: 'LSSTCam' }],
  ['off-pub-663', { instrument: 'LSSTCam' }],
]);

/** Trees that the real client sends and that cannot be run; here they are refused before anything is sent. */
const refused = new Map([
  ['sat-pub-050', 'an integer beyond 64 bits'],
  ['off-pub-050', 'an integer beyond 64 bits'],
  ['sat-pub-239', 'timespans compared with ='],
  ['off-pub-240', 'timespans compared with ='],
]);

function build(c: Case) {
  const request = requestOf(repositories[c.repo], c);
  const defaultDataId = inferredDefaults.get(c.id) ?? request.defaultDataId ?? {};
  const sent = wire.get(c.id);
  if (request.result.type !== 'dataset_ref' || !request.result.collections?.some(isGlob) || !sent) {
    return buildQuery(repositories[c.repo].universe, { ...request, defaultDataId });
  }
  // The caller expands globs; the corpus has the expansion.
  const search = (sent.tree['datasets'] as JsonObject)[request.result.datasetType.name] as JsonObject;
  const collections = search['collections'] as readonly string[];
  return buildQuery(repositories[c.repo].universe, { ...request, result: { ...request.result, collections } });
}

/** Keys of uploads are random, Python writes a boolean bind as `true`, and orders a `set` by hash. */
function canonical(json: unknown): Json {
  const keys = new Map<string, string>();
  return JSON.parse(stringifyJson(json), (name, value: unknown) => {
    if (name === 'data_coordinate_uploads') {
      return Object.fromEntries(
        Object.entries(value as JsonObject).map(([key, dimensions]) => {
          keys.set(key, `upload ${keys.size}`);
          return [keys.get(key), dimensions];
        }),
      );
    }
    if (name === 'container') return (value as Json[]).map(stringifyJson).sort();
    return value === true && name === 'value' ? 1 : value;
  }) as Json;
}

describe('a query of the corpus', () => {
  it.each(cases.filter(({ id, expected }) => wire.has(id) && !refused.has(id) && !isGovernorError(expected.error)))(
    '$id is built as the real client builds it',
    (c) => {
      const sent: WireEntry = wire.get(c.id)!;
      const { query, spec } = build(c);
      expect(canonical(encodeQueryTree(query.tree))).toEqual(canonical(sent.tree));
      expect(parseJson(stringifyJson(encodeResultSpec(spec)))).toEqual(sent.result_spec);
      const uploads = query.uploads.map(({ dimensions, rows }) => ({
        dimensions: dimensions.names,
        rows: rows.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
      }));
      expect(uploads).toEqual(sent.uploads ?? []);
    },
  );
});

describe('a query that cannot be answered', () => {
  /** Errors that only a database knows of. */
  const needDatabase = ['MissingCollectionError', 'CollectionExpressionError', 'NoDefaultCollectionError'];
  /** Limits of stock Butler that are not ours: long lists on SQLite, and normal forms without a bound. */
  const notOurs = ['OperationalError', 'NotRun'];
  const elsewhere = new Set([...needDatabase, ...notOurs]);
  const failing = cases.filter(({ id, expected, args }) => {
    if (refused.has(id) || isGovernorError(expected.error)) return true;
    return expected.error && !wire.has(id) && !elsewhere.has(expected.error.error_type) && args['terminal'] !== 'count';
  });

  it.each(failing)('$id is refused with the code of stock Butler', (c) => {
    const error = errorOf(() => build(c));
    const { error_type, butler_error_type } = c.expected.error!;
    if (butler_error_type !== undefined) expect(error.code).toBe(butler_error_type.toUpperCase());
    else if (error_type === 'RecursionError') expect(error).toBeInstanceOf(QueryTooCostlyError);
    else expect(error).toBeInstanceOf(ButlerUserError);
  });

  const { universe, datasetTypes } = repositories.satellite;
  const detectors = (where: string) => ({ result: { type: 'dimension_record', element: 'detector' } as const, where });

  it.each([
    ["detektor = 1 AND instrument = 'Cam1'", "Did you mean 'detector'?"],
    ["detector.full_nam = 'Ab'", "Did you mean 'full_name'?"],
    ["visti.exposure_time > 3 AND instrument = 'Cam1'", "Did you mean 'visit'?"],
    ['CIRCEL(1, 2, 3) OVERLAPS visit.region', "Did you mean 'CIRCLE'?"],
  ])('%s names what was probably meant', (where, suggestion) => {
    expect(errorOf(() => buildQuery(universe, detectors(where))).message).toContain(suggestion);
  });

  it('names the dimension that a misspelt data ID key probably means', () => {
    const request = { ...detectors(''), dataId: { instrumnet: 'Cam1' } };
    expect(errorOf(() => buildQuery(universe, request)).message).toContain("Did you mean 'instrument'?");
  });

  it('refuses globs in a find-first search', () => {
    const datasetType = datasetTypes.get('bias')!;
    const result = { type: 'dataset_ref', datasetType, collections: ['imported_*'], findFirst: true } as const;
    expect(errorOf(() => buildQuery(universe, { result })).message).toContain('wildcards');
  });
});

describe('what does not mean what it seems to', () => {
  const { universe } = repositories.satellite;
  const warningsOf = (where: string, bind = {}) =>
    buildQuery(universe, { result: { type: 'dimension_record', element: 'visit' }, where, bind }).warnings;

  it.each([
    ['a doubled radius', 'visit.region OVERLAPS CIRCLE(1, 2, 3)', {}, /doubles its radius.*6 degrees/],
    ['a clipped time', "visit.timespan OVERLAPS T'1969-07-20T20:17:40'", {}, /clipped/],
    ['a bind in place of a column', 'exposure_time > 1', { exposure_time: 2 }, /takes the place of the column/],
    ['a reversed timespan', "visit.timespan OVERLAPS (T'2021-01-02', T'2021-01-01')", {}, /empty/],
    ['a bind named null', 'exposure_time = null', { null: 1 }, /is not used/],
  ])('%s is told', (_, where, bind, warning) => {
    expect(warningsOf(where, bind)).toEqual([expect.stringMatching(warning)]);
  });

  it('nothing is told of a plain query', () => {
    expect(warningsOf("instrument = 'Cam1' AND visit = :v", { v: 1 })).toEqual([]);
  });
});

function isGovernorError(error: Case['expected']['error']): boolean {
  return error?.message.includes('without constraining it directly') ?? false;
}

function errorOf(action: () => unknown): SatelliteError {
  try {
    action();
  } catch (error) {
    if (error instanceof SatelliteError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}
