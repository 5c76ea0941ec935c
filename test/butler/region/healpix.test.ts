import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { InvalidQueryError } from '../../../src/butler/errors.ts';
import { decodeRegion, encodeRegion } from '../../../src/butler/region/codec.ts';
import { healpixPixel } from '../../../src/butler/region/healpix.ts';
import type { ConvexPolygon, Vector } from '../../../src/butler/region/region.ts';
import { dot, robustCross, unit } from '../../../src/butler/region/vector.ts';

const pixels = JSON.parse(
  gunzipSync(readFileSync(new URL('../../data/healpix-pixels.json.gz', import.meta.url))).toString(),
) as [level: number, index: number, region: string][];

/** How far the polygon's farthest vertex is outside another, in radians; negative: how deep the shallowest is inside. */
function outside({ vertices }: ConvexPolygon, other: ConvexPolygon): number {
  const sides = other.vertices.map((a, i): Vector =>
    unit(robustCross(a, other.vertices[(i + 1) % other.vertices.length]!)),
  );
  return Math.max(...vertices.flatMap((v) => sides.map((side) => -dot(side, v))));
}

describe('a HEALPix pixel', () => {
  it('is the polygon of sphgeom, nearly always to the last bit', () => {
    let same = 0;
    for (const [level, index, text] of pixels) {
      const [ours, theirs] = [healpixPixel(level, index), decodeRegion(Buffer.from(text, 'hex')) as ConvexPolygon];
      if (Buffer.from(encodeRegion(ours)).toString('hex') === text) same += 1;
      // Sines of numpy are not those of the C library, by which sides that are nearly straight have a vertex more or less.
      expect(outside(ours, theirs), `${level} ${index}`).toBeLessThan(1e-14);
      expect(outside(theirs, ours), `${level} ${index}`).toBeLessThan(1e-14);
    }
    expect(same).toBeGreaterThan(0.9 * pixels.length);
  });

  it('is refused for a number that is no index of its level', () => {
    for (const [level, index] of [
      [0, 12],
      [9, -1],
      [9, 12 * 4 ** 9],
      [9, 0.5],
      [18, 0],
      [-1, 0],
    ] as const) {
      expect(() => healpixPixel(level, index), `${level} ${index}`).toThrow(InvalidQueryError);
    }
  });
});
