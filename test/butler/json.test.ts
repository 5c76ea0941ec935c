import { describe, expect, it } from 'vitest';
import { InvalidQueryError } from '../../src/butler/errors.ts';
import { jsonInteger, parseJson, stringifyJson } from '../../src/butler/json.ts';
import fc from '../sample.ts';

describe('JSON without loss', () => {
  it('keeps every integer', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        expect(parseJson(`[${value}, 1.5, "${value}"]`)).toEqual([jsonInteger(value), 1.5, value.toString()]);
        expect(stringifyJson({ value })).toBe(`{"value":${value}}`);
      }),
    );
  });

  it('gives back whatever JSON can say', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(stringifyJson(parseJson(text)))).toEqual(parseJson(text));
      }),
    );
  });

  it.each(['', '{', '[1,]', '[1234567890123456789', `${'['.repeat(100_000)}12345678901234567`])(
    'is an error for the user where the text is none',
    (text) => expect(() => parseJson(text)).toThrow(InvalidQueryError),
  );
});
