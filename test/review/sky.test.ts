/** Maps of the sky, as the page for reviewers draws them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chartsOf } from '../../review/sky/charts.ts';
import { centerOf, outlineOf } from '../../review/sky/outline.ts';
import { auxiliaryAngle, Mollweide, TangentPlane, type Point } from '../../review/sky/projection.ts';
import type { Vector } from '../../src/butler/region/region.ts';
import { angleBetween, radiansFromDegrees, unitVector } from '../../src/butler/region/vector.ts';

const at = (ra: number, dec: number) => unitVector(radiansFromDegrees(ra), radiansFromDegrees(dec));
const arbitraryRa = fc.double({ min: 0, max: 360, noNaN: true });
const arbitraryDec = fc.double({ min: -89, max: 89, noNaN: true });

/** Whether a point is within a closed line, as SVG fills it. */
function isInside([x, y]: Point, line: readonly Point[]): boolean {
  let winding = 0;
  for (const [i, [x1, y1]] of line.entries()) {
    const [x2, y2] = line[(i + 1) % line.length]!;
    const side = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1);
    if (y1 <= y && y2 > y && side > 0) winding++;
    if (y1 > y && y2 <= y && side < 0) winding--;
  }
  return winding !== 0;
}

/** The numbers of a path, as points. */
function pointsOf(path: string): readonly Point[] {
  return [...path.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]): Point => [Number(x), Number(y)]);
}

describe('the plane that touches the sky', () => {
  test('has its center in the middle, east left and north up', () => {
    const plane = new TangentPlane(at(30, -40));
    expect(Math.hypot(...plane.at(at(30, -40)))).toBeCloseTo(0, 12);
    expect(plane.at(at(31, -40))[0]).toBeLessThan(0);
    expect(plane.at(at(30, -39))[1]).toBeGreaterThan(0);
    // Distances from the middle are the tangents of angles.
    expect(Math.hypot(...plane.at(at(30, -20)))).toBeCloseTo(Math.tan(radiansFromDegrees(20)), 12);
  });

  test('leads back to where it was drawn from', () => {
    fc.assert(
      fc.property(arbitraryRa, arbitraryDec, fc.double({ min: 0, max: 20, noNaN: true }), (ra, dec, up) => {
        const plane = new TangentPlane(at(ra, dec));
        const drawn = at(ra + up / 3, Math.min(90, dec + up));
        expect(angleBetween(plane.directionAt(plane.at(drawn)), drawn)).toBeLessThan(1e-12);
      }),
    );
  });
});

describe('Mollweide’s map', () => {
  test('has the poles at the ends, and half of each hemisphere where it belongs', () => {
    const map = new Mollweide(0);
    expect(map.at(0, Math.PI / 2)[1]).toBeCloseTo(1, 9);
    expect(map.at(Math.PI, 0)[0]).toBeCloseTo(-2, 9);
    expect(map.at(-Math.PI / 2, 0)[0]).toBeCloseTo(1, 9);
    // Half of a hemisphere's area lies below 30 degrees.
    const theta = auxiliaryAngle(radiansFromDegrees(30));
    expect(2 * theta + Math.sin(2 * theta)).toBeCloseTo(Math.PI / 2, 9);
  });

  test('draws a circle around what is in it and nothing else, also over its edges and around poles', () => {
    const arbitraryRadius = fc.double({ min: 1, max: 70, noNaN: true });
    const arbitraryPoint = fc.tuple(arbitraryRa, fc.double({ min: -90, max: 90, noNaN: true }));
    const isRight = (
      middle: number,
      [ra, dec]: readonly [number, number],
      radius: number,
      tried: readonly (readonly [number, number])[],
    ) => {
      const map = new Mollweide(radiansFromDegrees(middle));
      const drawn = map.drawn(outlineOf(`CIRCLE ${ra} ${dec} ${radius}`)!, true);
      for (const point of tried) {
        const distance = (angleBetween(at(ra, dec), at(...point)) * 180) / Math.PI;
        // Edges are drawn as lines of many short ones.
        if (Math.abs(distance - radius) < 1) continue;
        const [[place]] = map.drawn([at(...point)], false) as [[Point]];
        expect(
          drawn.some((copy) => isInside(place, copy)),
          JSON.stringify(point),
        ).toBe(distance < radius);
      }
    };
    const tried = Array.from({ length: 120 }, (_, i): [number, number] => [(i * 137.5) % 360, ((i * 7.3) % 180) - 90]);
    isRight(180, [0, 0], 10, tried);
    isRight(0, [180, 89], 10, tried);
    isRight(90, [300, -90], 25, tried);
    fc.assert(
      fc.property(arbitraryRa, arbitraryPoint, arbitraryRadius, (middle, center, radius) =>
        isRight(middle, center, radius, tried),
      ),
      { seed: 8, numRuns: 25, endOnFailure: true },
    );
  });
});

describe('the edge of a region', () => {
  test('goes along great circles between the corners of a polygon', () => {
    const edge = outlineOf('POLYGON 0 0 90 0 90 60 0 60')!;
    const isOn = (corner: Vector) => edge.some((point) => angleBetween(point, corner) < 1e-9);
    expect([at(0, 0), at(90, 0), at(90, 60), at(0, 60)].every(isOn)).toBe(true);
    for (const [i, point] of edge.entries()) {
      expect(angleBetween(point, edge[(i + 1) % edge.length]!)).toBeLessThan(radiansFromDegrees(2.01));
    }
    expect(edge.some((point) => point[2] > Math.sin(radiansFromDegrees(65)))).toBe(true);
  });

  test('of a box goes along its parallels, also over right ascension 0', () => {
    const edge = outlineOf('RANGE 350 10 40 50')!;
    const decs = edge.map(([, , z]) => (Math.asin(z) * 180) / Math.PI);
    expect(Math.max(...decs)).toBeCloseTo(50, 9);
    expect(Math.min(...decs)).toBeCloseTo(40, 9);
    const [ra] = centerOf(edge);
    expect(Math.min(ra, 360 - ra)).toBeLessThan(1e-6);
  });

  test('is none of what is empty or no region', () => {
    expect(outlineOf('CIRCLE 0 0 -1')).toBeNull();
    expect(outlineOf('ELLIPSE 0 0 1 1')).toBeNull();
  });
});

describe('maps of some regions', () => {
  const charts = (...regions: readonly string[]) => chartsOf(regions.map((region) => outlineOf(region)!));

  test('that are near each other are one map, with all of them inside and lines with numbers', () => {
    const [chart, ...others] = charts('CIRCLE 0.2 -10 0.1', 'CIRCLE 359.8 -10 0.1');
    expect(others).toEqual([]);
    expect(chart).toMatchObject({ kind: 'part', name: '', marks: [] });
    expect(Math.min(chart!.center[0], 360 - chart!.center[0])).toBeLessThan(1e-6);
    for (const { path } of chart!.regions) {
      for (const [x, y] of pointsOf(path)) {
        expect(x > 0 && x < chart!.width && y > 0 && y < chart!.height).toBe(true);
      }
    }
    expect(chart!.labels.map(({ text }) => text)).toEqual(expect.arrayContaining(['0.0°', '359.8°', '−10.0°']));
  });

  test('that are far from each other are marked on all the sky, with a map of each part, the fullest first', () => {
    const [all, ...parts] = charts('CIRCLE 20 -10 0.5', 'CIRCLE 150 60 0.5', 'CIRCLE 151 60 0.5');
    expect(all).toMatchObject({ kind: 'all', marks: [{ name: 'A' }, { name: 'B' }] });
    expect(parts.map(({ name, regions }) => [name, regions.map(({ index }) => index)])).toEqual([
      ['A', [1, 2]],
      ['B', [0]],
    ]);
    const [a, b] = all!.marks;
    // East is left, north is up.
    expect(a!.at[0]).toBeLessThan(b!.at[0]);
    expect(a!.at[1]).toBeLessThan(b!.at[1]);
  });

  test('at a pole have every right ascension around it', () => {
    const [chart] = charts('CIRCLE 123 90 2');
    expect(chart!.kind).toBe('part');
    expect(chart!.lines.every((line) => !line.includes('NaN'))).toBe(true);
    expect(chart!.lines.length).toBeGreaterThan(4);
  });

  test('never have a number that is none, wherever the regions are', () => {
    const arbitraryCircle = fc.tuple(
      arbitraryRa,
      fc.double({ min: -90, max: 90, noNaN: true }),
      fc.double({ min: 1e-4, max: 60, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(arbitraryCircle, { minLength: 1, maxLength: 6 }), (circles) => {
        const made = charts(...circles.map(([ra, dec, radius]) => `CIRCLE ${ra} ${dec} ${radius}`));
        expect(JSON.stringify(made)).not.toMatch(/NaN|Infinity|null/);
      }),
      { numRuns: 20 },
    );
  });
});
