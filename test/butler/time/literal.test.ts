import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { InvalidQueryError } from '../../../src/butler/errors.ts';
import { parseTimeLiteral } from '../../../src/butler/time/literal.ts';
import { formatTai, parseTai } from '../../../src/butler/time/nanoseconds.ts';
import { EMPTY_TIMESPAN, MAX_NSEC, MIN_NSEC, timespanBetween } from '../../../src/butler/timespan.ts';
import fc from '../../sample.ts';

const literals = JSON.parse(
  gunzipSync(readFileSync(new URL('../../data/times.json.gz', import.meta.url))).toString(),
) as [body: string, nsec: string | null][];

function nsecOf(body: string): string | null {
  try {
    return parseTimeLiteral(body).nsec.toString();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidQueryError);
    return null;
  }
}

describe('a time literal', () => {
  it('means the nanosecond that stock Butler makes of it, or is refused as there', () => {
    const wrong = literals
      .map(([body, expected]) => ({ body, expected, got: nsecOf(body) }))
      .filter(({ expected, got }) => got !== expected);
    expect(wrong).toEqual([]);
  });

  it('says when it was clipped to the years that can be stored', () => {
    expect(parseTimeLiteral('1969-01-01')).toEqual({ nsec: MIN_NSEC, clipped: true });
    expect(parseTimeLiteral('2100-01-02')).toEqual({ nsec: MAX_NSEC, clipped: true });
    expect(parseTimeLiteral('2100-01-01/tai')).toEqual({ nsec: MAX_NSEC, clipped: false });
  });

  it.each(['ut1', 'tdb', 'tcb', 'local'])('is refused in scale %s, which needs data from elsewhere', (scale) => {
    expect(() => parseTimeLiteral(`2020-01-01/${scale}`)).toThrow(/tai, utc, tt or tcg/);
  });
});

describe('a TAI time', () => {
  it('is written in full to the nanosecond', () => {
    expect(formatTai(0n)).toBe('1970-01-01T00:00:00.000000000');
    expect(formatTai(1577836800000000001n)).toBe('2020-01-01T00:00:00.000000001');
    expect(formatTai(MAX_NSEC)).toBe('2100-01-01T00:00:00.000000000');
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: MIN_NSEC, max: MAX_NSEC }), (nsec) => {
        expect(parseTai(formatTai(nsec))).toBe(nsec);
      }),
    );
  });

  it('is refused where it is not one', () => {
    for (const text of ['', 'now', '2020-01-01T00:00:00Z', '1969-12-31', '2100-01-01T00:00:01', '2020-02-30']) {
      expect(() => parseTai(text), text).toThrow(InvalidQueryError);
    }
  });
});

describe('a timespan', () => {
  it('is open towards null', () => {
    expect(timespanBetween(null, null)).toEqual({ begin: MIN_NSEC, end: MAX_NSEC });
    expect(timespanBetween(5n, null)).toEqual({ begin: 5n, end: MAX_NSEC });
  });

  it('lasts a nanosecond from an instant to itself, and is empty when reversed', () => {
    expect(timespanBetween(5n, 5n)).toEqual({ begin: 5n, end: 6n });
    expect(timespanBetween(6n, 5n)).toEqual(EMPTY_TIMESPAN);
  });

  it('is refused as a single instant at an end of time', () => {
    for (const instant of [MIN_NSEC, MAX_NSEC - 1n, MAX_NSEC]) {
      expect(() => timespanBetween(instant, instant)).toThrow(InvalidQueryError);
    }
  });
});
