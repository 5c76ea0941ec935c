import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { InvalidQueryError, QueryTooCostlyError } from '../../../src/butler/errors.ts';
import { decodeRegionText, encodeRegionText } from '../../../src/butler/region/codec.ts';
import { circle, point, polygon } from '../../../src/butler/region/construct.ts';
import { htmEnvelope, type PixelRange } from '../../../src/butler/region/envelope.ts';
import { htmPixel } from '../../../src/butler/region/htm.ts';
import { overlaps } from '../../../src/butler/region/overlap.ts';
import type { Circle, Vector } from '../../../src/butler/region/region.ts';
import fc from '../../sample.ts';

const { envelopes, pixels } = JSON.parse(
  gunzipSync(readFileSync(new URL('../../data/envelopes.json.gz', import.meta.url))).toString(),
) as {
  envelopes: [region: string, level: number, ranges: [number, number][]][];
  pixels: [vector: Vector, level: number, index: number, pixel: string][];
};

const position = fc.tuple(fc.double({ min: 0, max: 360, noNaN: true }), fc.double({ min: -90, max: 90, noNaN: true }));

/** The point in a direction. */
function at(center: Vector): Circle {
  return { kind: 'circle', center, squaredChordLength: 0, openingAngle: 0 };
}

function containsPixel(ranges: readonly PixelRange[], index: number): boolean {
  return ranges.some(({ begin, end }) => begin <= index && index < end);
}

describe('the HTM envelope of a region', () => {
  it('is the one of sphgeom, also where the region has edges in common with pixels', () => {
    const wrong = envelopes.filter(([text, level, expected]) => {
      const ranges = htmEnvelope(decodeRegionText(text), level).map(({ begin, end }) => [begin, end]);
      return JSON.stringify(ranges) !== JSON.stringify(expected);
    });
    expect(wrong).toEqual([]);
  });

  it('holds the pixel of every vertex of a polygon', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 359 }),
        fc.integer({ min: -80, max: 79 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 9 }),
        (ra, dec, width, level) => {
          const triangle = polygon([
            [ra, dec],
            [ra + width, dec],
            [ra, dec + width],
          ]);
          const ranges = htmEnvelope(triangle, level);
          for (const vertex of triangle.vertices) {
            const own = htmEnvelope(at(vertex), level);
            expect(own.some(({ begin }) => containsPixel(ranges, begin))).toBe(true);
          }
        },
      ),
    );
  });

  it('of one level holds the pixels of the next', () => {
    fc.assert(
      fc.property(position, fc.double({ min: 0, max: 5, noNaN: true }), (center, radius) => {
        const region = circle(center, radius);
        const coarse = htmEnvelope(region, 5);
        for (const { begin, end } of htmEnvelope(region, 6)) {
          expect(containsPixel(coarse, Math.floor(begin / 4))).toBe(true);
          expect(containsPixel(coarse, Math.floor((end - 1) / 4))).toBe(true);
        }
      }),
    );
  });

  it('is refused where it would have millions of pixels', () => {
    expect(() => htmEnvelope(circle([0, 0], 10), 24)).toThrow(QueryTooCostlyError);
    expect(htmEnvelope(circle([0, 0], 90), 7).length).toBeGreaterThan(0);
  });

  it('is refused at a level that HTM does not have', () => {
    for (const level of [-1, 25, 1.5, NaN]) {
      expect(() => htmEnvelope(point([0, 0]), level)).toThrow(InvalidQueryError);
    }
  });
});

describe('an HTM pixel', () => {
  it('that sphgeom has for a point is in its envelope, and has the vertices that it has there', () => {
    for (const [vector, level, index, text] of pixels) {
      expect(containsPixel(htmEnvelope(at(vector), level), index)).toBe(true);
      expect(encodeRegionText(htmPixel(index))).toBe(text);
    }
  });

  it('holds the point whose envelope it is', () => {
    fc.assert(
      fc.property(position, fc.integer({ min: 0, max: 20 }), (place, level) => {
        const ranges = htmEnvelope(point(place), level);
        expect(ranges.length).toBeGreaterThan(0);
        for (const { begin } of ranges) expect(overlaps(htmPixel(begin), point(place))).toBe(true);
      }),
    );
  });

  it('is refused for a number that is no index', () => {
    for (const index of [0, 7, 16, 31, 64, 2 ** 52, -8, 8.5]) {
      expect(() => htmPixel(index), String(index)).toThrow(InvalidQueryError);
    }
  });
});
