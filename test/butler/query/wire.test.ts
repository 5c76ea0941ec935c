import { describe, expect, it } from 'vitest';
import { InvalidQueryError, QueryTooCostlyError, SatelliteError } from '../../../src/butler/errors.ts';
import { parseJson, stringifyJson, type Json, type JsonObject } from '../../../src/butler/json.ts';
import { buildQuery } from '../../../src/butler/query/build.ts';
import {
  decodeQuery,
  decodeQueryTree,
  decodeResultSpec,
  encodeQuery,
  encodeQueryTree,
  encodeResultSpec,
} from '../../../src/butler/query/wire.ts';
import { readCases, readRepository, readWire, type CorpusRepository } from '../../conformance/corpus.ts';
import fc, { runs } from '../../sample.ts';

const repositories = { satellite: readRepository('satellite'), official: readRepository('official') };
const repositoryOf = new Map(readCases().map(({ id, repo }): [string, CorpusRepository] => [id, repositories[repo]]));

/** Trees that stock Butler makes and then fails to run: timespans compared with `=`. */
const refused = new Set(['sat-pub-239', 'off-pub-240']);
/** A boolean bind, which Python writes as `true` where an int is due. */
const booleanAsInteger = new Set(['sat-pub-174', 'off-pub-174']);

describe('the wire JSON of the real client', () => {
  it.each([...readWire().values()])('$id is read and written back the same', ({ id, tree, result_spec }) => {
    const { universe } = repositoryOf.get(id)!;
    if (refused.has(id)) {
      expect(() => decodeQueryTree(tree, universe)).toThrow(InvalidQueryError);
      return;
    }
    const expected = booleanAsInteger.has(id)
      ? parseJson(stringifyJson(tree).replace('"value":true', '"value":1'))
      : tree;
    const writtenTree = stringifyJson(encodeQueryTree(decodeQueryTree(tree, universe)));
    expect(parseJson(writtenTree)).toEqual(expected);
    const writtenSpec = stringifyJson(encodeResultSpec(decodeResultSpec(result_spec, universe)));
    expect(parseJson(writtenSpec)).toEqual(result_spec);
  });
});

describe('the wire JSON of a query', () => {
  const { universe } = repositories.satellite;
  const trees = [...readWire().values()].filter(({ id }) => id.startsWith('sat-')).map(({ tree }) => tree);

  it('carries data IDs that the client sends along, and its default data ID', () => {
    const { query } = buildQuery(universe, {
      result: { type: 'data_coordinate', dimensions: ['detector'] },
      uploads: [
        {
          dimensions: ['detector', 'instrument'],
          rows: [
            [1, 'Cam1'],
            [9007199254740993n, 'Cam1'],
            [1, 'Cam1'],
          ],
        },
      ],
      defaultDataId: { instrument: 'Cam1' },
    });
    expect(query.uploads[0]!.rows).toEqual([
      ['Cam1', 1],
      ['Cam1', 9007199254740993n],
    ]);
    const { query: read, materialized } = decodeQuery(parseJson(stringifyJson(encodeQuery(query))), universe);
    expect({ read, materialized }).toEqual({ read: query, materialized: [] });
  });

  it('is read or refused with an error for the user, whatever is changed in it', () => {
    const replacement = fc.oneof(fc.jsonValue(), fc.constantFrom(...trees));
    fc.assert(
      fc.property(fc.constantFrom(...trees), fc.nat(40), replacement, (tree, position, value) => {
        try {
          const read = decodeQueryTree(replaceAt(tree, position, value as Json), universe);
          expect(decodeQueryTree(parseJson(stringifyJson(encodeQueryTree(read))), universe)).toEqual(read);
        } catch (error) {
          expect(error).toBeInstanceOf(SatelliteError);
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('does not nest without end', () => {
    const column = { expression_type: 'dimension_key', dimension: 'detector' };
    const deep = Array.from({ length: 5000 }).reduce<JsonObject>(
      (operand) => ({ expression_type: 'unary', operator: '-', operand }),
      column,
    );
    const predicate = { operands: [[{ predicate_type: 'is_null', operand: deep }]] };
    expect(() => decodeQueryTree({ dimensions: ['detector'], predicate }, universe)).toThrow(QueryTooCostlyError);
  });
});

/** The JSON with the nth of its values, depth first, replaced. */
function replaceAt(json: Json, position: number, value: Json): Json {
  let n = 0;
  return JSON.parse(stringifyJson(json), (_key, old: unknown) => (n++ === position ? value : old)) as Json;
}
