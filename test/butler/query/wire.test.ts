import { describe, expect, it } from 'vitest';
import { InvalidQueryError } from '../../../src/butler/errors.ts';
import { parseJson, stringifyJson } from '../../../src/butler/json.ts';
import {
  decodeQueryTree,
  decodeResultSpec,
  encodeQueryTree,
  encodeResultSpec,
} from '../../../src/butler/query/wire.ts';
import { readCases, readRepository, readWire, type CorpusRepository } from '../../conformance/corpus.ts';

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
