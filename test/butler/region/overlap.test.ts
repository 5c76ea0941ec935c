import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { decodeRegionText } from '../../../src/butler/region/codec.ts';
import { box, circle, point, polygon } from '../../../src/butler/region/construct.ts';
import { overlaps } from '../../../src/butler/region/overlap.ts';
import type { Region } from '../../../src/butler/region/region.ts';
import fc from '../../sample.ts';

type Answer = boolean | null;
const pairs = JSON.parse(
  gunzipSync(readFileSync(new URL('../../data/overlaps.json.gz', import.meta.url))).toString(),
) as [a: string, b: string, ab: Answer, ba: Answer][];

it('says of two regions what sphgeom says, for random and for touching ones', () => {
  const wrong = pairs
    .map(([a, b, ab, ba]) => ({ a: decodeRegionText(a), b: decodeRegionText(b), ab, ba }))
    .filter(({ a, b, ab, ba }) => (overlaps(a, b) ?? null) !== ab || (overlaps(b, a) ?? null) !== ba);
  expect(wrong).toEqual([]);
});

const position = fc.tuple(fc.double({ min: 0, max: 360, noNaN: true }), fc.double({ min: -90, max: 90, noNaN: true }));
const size = fc.double({ min: 0, max: 20, noNaN: true });
const simple: fc.Arbitrary<Region> = fc.oneof(
  fc.tuple(position, size).map(([center, radius]) => circle(center, radius)),
  fc.tuple(position, size, size).map(([center, width, height]) => box(center, width, height)),
  fc
    .tuple(fc.integer({ min: 0, max: 359 }), fc.integer({ min: -80, max: 70 }), fc.integer({ min: 1, max: 10 }))
    .map(([ra, dec, width]) =>
      polygon([
        [ra, dec],
        [ra + width, dec],
        [ra, dec + width],
      ]),
    ),
);

it('does not depend on the order of two simple regions', () => {
  fc.assert(
    fc.property(simple, simple, (a, b) => {
      expect(overlaps(a, b)).toBe(overlaps(b, a));
    }),
  );
});

it('never says that a region is apart from itself', () => {
  fc.assert(
    fc.property(simple, (region) => {
      expect(overlaps(region, region)).not.toBe(false);
    }),
  );
});

it('finds the vertices of a polygon on it', () => {
  const square = polygon([
    [10, 10],
    [12, 10],
    [12, 12],
    [10, 12],
  ]);
  for (const vertex of [[10, 10] as const, [12, 12] as const]) {
    expect(overlaps(square, point(vertex))).toBe(true);
  }
  expect(overlaps(square, point([13, 11]))).toBe(false);
});
