import { describe, expect, it } from 'vitest';
import { InvalidQueryError, QueryTooCostlyError } from '../../../src/butler/errors.ts';
import { MAX_LIST_LENGTH, readBind } from '../../../src/butler/where/bind.ts';

const read = (input: unknown) => readBind('x', input, () => undefined);
const int = (value: number | bigint) => ({ type: 'int', value: BigInt(value) });

describe('a bind value', () => {
  it.each([
    ['a string', 'Cam1', { type: 'string', value: 'Cam1' }],
    ['a number without a fraction', 3, int(3)],
    ['a number with one', 1.5, { type: 'float', value: 1.5 }],
    ['a boolean', true, int(1)],
    ['a large integer', { $int: '9007199254740993' }, int(9007199254740993n)],
    ['a whole float', { $float: '1.0' }, { type: 'float', value: 1 }],
    [
      'a UUID',
      { $uuid: 'DE305D5475B4431BADB2EB6B9E546014' },
      { type: 'uuid', value: 'de305d54-75b4-431b-adb2-eb6b9e546014' },
    ],
    ['a TAI time', { $time: '2020-01-01T00:00:00' }, { type: 'datetime', nsec: 1577836800000000000n }],
    ['a UTC time', { $time_utc: '2020-01-01T00:00:00' }, { type: 'datetime', nsec: 1577836837000000000n }],
    ['a Python datetime', { $datetime: '2020-01-01T00:00:00' }, { type: 'datetime', nsec: 1577836837000000000n }],
    ['nanoseconds', { $time_nsec: '1577836800000000001' }, { type: 'datetime', nsec: 1577836800000000001n }],
    [
      'a timespan',
      { $timespan: [null, '2020-01-01T00:00:00'] },
      { type: 'timespan', begin: 0n, end: 1577836800000000000n },
    ],
    ['an empty timespan', { $timespan_empty: true }, { type: 'timespan', begin: 4102444800000000000n, end: 0n }],
    ['bytes', { $bytes: '00ff' }, { type: 'hash', bytes: Buffer.from([0, 255]) }],
    ['a list', [1, 2], { type: 'sequence', items: [int(1), int(2)] }],
    ['a set', { $set: [1, 2, 1] }, { type: 'sequence', items: [int(1), int(2)] }],
    ['a range', { $range: [0, 5, 2] }, { type: 'sequence', items: [int(0), int(2), int(4)] }],
    ['a range downwards', { $range: [2, 0, -1] }, { type: 'sequence', items: [int(2), int(1)] }],
  ])('may be %s', (_, input, expected) => expect(read(input)).toEqual(expected));

  it('may be a position or a region', () => {
    expect(read({ $lonlat: [10, 20] })).toMatchObject({ type: 'region', region: { kind: 'circle' } });
    expect(read({ $region_pos: 'RANGE 0 1 0 1' })).toMatchObject({ type: 'region', region: { kind: 'box' } });
  });

  it.each([
    ['null', null, /not null/],
    ['an object', { a: 1 }, /not an object/],
    ['an unknown tag', { $date: '2020-01-01' }, /\$date is none of \$int/],
    ['a tag of objects', { $constructor: 1 }, /none of/],
    ['an inexact integer', 2 ** 60, /\$int/],
    ['an infinite float', { $float: '1e400' }, /finite/],
    ['an integer beyond 64 bits', { $int: '9223372036854775808' }, /64 bits/],
    ['a mixed list', [1, 'a'], /mix of int, string/],
    ['a list of lists', [[1]], /must be/],
    ['a wrong UUID', { $uuid: 'x' }, /not a UUID/],
    ['a time with a scale of its own', { $time: '2020-01-01T00:00:00/utc' }, /not a time/],
    ['a range that stands still', { $range: [0, 1, 0] }, /other than zero/],
    ['odd hexadecimal digits', { $bytes: 'abc' }, /hexadecimal/],
  ])('is not %s', (_, input, reason) => {
    expect(() => read(input)).toThrow(InvalidQueryError);
    expect(() => read(input)).toThrow(reason);
  });

  it('is no list without end', () => {
    expect(() => read({ $range: [0, '9000000000000000000'] })).toThrow(QueryTooCostlyError);
    expect(() => read(Array.from({ length: MAX_LIST_LENGTH + 1 }, () => 1))).toThrow(QueryTooCostlyError);
  });
});
