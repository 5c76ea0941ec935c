import { describe, expect, it } from 'vitest';
import type { KeyValue } from '../../../src/repository/repository.ts';
import { checkPageSize, CursorBook } from '../../../src/repository/search/cursor.ts';
import fc from '../../sample.ts';

const value: fc.Arbitrary<KeyValue> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double().map((number) => number + 0), // -0 is 0 in every order
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.boolean(),
  fc.constant(null),
);
const name = fc.stringMatching(/^[a-zA-Z][\w/~.-]*$/u);
const bookmark = fc.dictionary(name, fc.dictionary(name, fc.array(value)));
const terms = { datasetTypes: ['raw'], collections: ['run1'], findFirst: true };
const book = (of: object = terms) => new CursorBook([], of);

describe('A cursor', () => {
  it('keeps every value of a key', () => {
    fc.assert(
      fc.property(bookmark, (place) => {
        expect(book().read(book().write(place))).toEqual(place);
      }),
    );
  });

  it('is short', () => {
    expect(book().write({ raw: { official: ['LSSTCam', 2025120300004, 189] } }).length).toBeLessThan(120);
  });

  it('fits the same query with another page size only', () => {
    const cursor = book({ ...terms, first: 10 }).write({});
    expect(book({ first: 20, after: cursor, ...terms }).read(cursor)).toEqual({});
    expect(() => book({ ...terms, where: 'detector = 1' }).read(cursor)).toThrow(/another query/u);
  });

  it.each(['', 'x', 'W10', Buffer.from('[1,"",{"a":{"b":[{"i":"x"}]}}]').toString('base64url')])(
    'is refused where it is none: %j',
    (garbage) => {
      expect(() => book().read(garbage)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
    },
  );

  it('goes with a page of 1 to 10 000 rows', () => {
    for (const first of [1, 10_000]) expect(() => checkPageSize(first)).not.toThrow();
    for (const first of [0, -1, 1.5, NaN, 10_001]) expect(() => checkPageSize(first)).toThrow(/between 1 and 10000/u);
  });
});
