/** A map of some regions: of the part of the sky where they are, or of all of it where they are far from each other. */
import type { Vector } from '../../src/butler/region/region.ts';
import {
  degreesFromRadians,
  latitudeOf,
  longitudeOf,
  radiansFromDegrees,
  unitVector,
} from '../../src/butler/region/vector.ts';
import { extentOf } from './outline.ts';
import { Mollweide, TangentPlane, type Point } from './projection.ts';

/** Width of the map in its own units, as fonts are measured. */
export const WIDTH = 560;
const MARGIN = { left: 52, right: 16, top: 12, bottom: 26 };
/** Beyond this, in radians, the whole sky is shown. */
const WIDEST = radiansFromDegrees(25);
const NARROWEST = radiansFromDegrees(0.02);
const STEPS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 45, 90].map(radiansFromDegrees);
const LINES = 5;
const SAMPLES = 60;

export interface Label {
  readonly at: Point;
  readonly text: string;
  readonly anchor: 'middle' | 'end';
}

export interface Chart {
  readonly kind: 'part' | 'all';
  readonly height: number;
  /** Paths, as SVG has them; one a region, in the order of the regions. */
  readonly regions: readonly string[];
  readonly lines: readonly string[];
  /** Around everything, and what is beyond it is not shown. */
  readonly frame: string;
  readonly labels: readonly Label[];
  /** Of all regions, degrees. */
  readonly center: Point;
  readonly radius: number;
}

/** @param outlines at least one */
export function chartOf(outlines: readonly (readonly Vector[])[]): Chart {
  const { center, radius } = extentOf(outlines.flat());
  const about = {
    center: [degreesFromRadians(longitudeOf(center)), degreesFromRadians(latitudeOf(center))] as const,
    radius: degreesFromRadians(radius),
  };
  return { ...(radius > WIDEST ? wholeSky(outlines, center) : partOfSky(outlines, center)), ...about };
}

type Drawing = Omit<Chart, 'center' | 'radius'>;

function partOfSky(outlines: readonly (readonly Vector[])[], center: Vector): Drawing {
  const plane = new TangentPlane(center);
  const points = outlines.map((outline) => outline.map((vector) => plane.at(vector)));
  const [x, y] = [0, 1].map((axis) => boundsOf(points.flat().map((point) => point[axis]!))) as [Bounds, Bounds];
  // Neither a stripe nor a tower.
  const half = { x: Math.max(x.half, y.half, NARROWEST), y: Math.max(y.half, x.half * 0.5, NARROWEST * 0.5) };
  const inner = { width: WIDTH - MARGIN.left - MARGIN.right, height: 0 };
  const scale = inner.width / (2 * half.x);
  inner.height = 2 * half.y * scale;
  const place = ([px, py]: Point): Point => [
    MARGIN.left + (px - x.middle + half.x) * scale,
    MARGIN.top + (y.middle + half.y - py) * scale,
  ];
  const corners: Point[] = [-1, 1].flatMap((sx) =>
    [-1, 1].map((sy): Point => [x.middle + sx * half.x, y.middle + sy * half.y]),
  );
  const [right, bottom] = [WIDTH - MARGIN.right, MARGIN.top + inner.height];
  const grid = gridAround(corners, plane, Math.max(half.x, half.y));
  const drawn = (line: readonly Vector[]) => line.map((vector) => place(plane.at(vector)));
  const labels = [
    ...grid.parallels.flatMap(({ text, line }) => {
      const crossing = crossingOf(drawn(line), 0, MARGIN.left);
      const isIn = crossing !== null && crossing > MARGIN.top && crossing < bottom;
      return isIn ? [{ at: [MARGIN.left - 6, crossing + 5] as const, text, anchor: 'end' as const }] : [];
    }),
    ...grid.meridians.flatMap(({ text, line }) => {
      const crossing = crossingOf(drawn(line), 1, bottom);
      const isIn = crossing !== null && crossing > MARGIN.left + 14 && crossing < right - 14;
      return isIn ? [{ at: [crossing, bottom + 18] as const, text, anchor: 'middle' as const }] : [];
    }),
  ];
  return {
    kind: 'part',
    height: bottom + MARGIN.bottom,
    regions: points.map((outline) => pathOf(outline.map(place), true)),
    lines: [...grid.parallels, ...grid.meridians].map(({ line }) => pathOf(drawn(line), false)),
    frame: pathOf(
      [
        [MARGIN.left, MARGIN.top],
        [right, MARGIN.top],
        [right, bottom],
        [MARGIN.left, bottom],
      ],
      true,
    ),
    labels,
  };
}

function wholeSky(outlines: readonly (readonly Vector[])[], center: Vector): Drawing {
  const middle = Math.round(longitudeOf(center) / radiansFromDegrees(30)) * 30;
  const map = new Mollweide(radiansFromDegrees(middle));
  const radius = (WIDTH - 2 * MARGIN.left) / 4;
  const place = ([x, y]: Point): Point => [WIDTH / 2 + x * radius, MARGIN.top + (1 - y) * radius];
  const paths = (line: readonly Vector[], isClosed: boolean) =>
    map
      .drawn(line, isClosed)
      .map((copy) => pathOf(copy.map(place), isClosed))
      .join('');
  const degrees = (from: number, to: number, step: number) =>
    Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
  // A little less than half a turn, so that each line stays on its side.
  const parallel = (lat: number) => degrees(-179.99, 180, 359.98 / SAMPLES).map((lon) => at(middle + lon, lat));
  const meridian = (lon: number) => degrees(-90, 90, 5).map((lat) => at(lon, lat));
  const latitudes = degrees(-60, 60, 30);
  const longitudes = degrees(-120, 120, 60);
  const edge = (side: number) =>
    degrees(-90, 90, 3).map((lat) => place(map.at(side * Math.PI, radiansFromDegrees(lat))));
  return {
    kind: 'all',
    height: 2 * radius + MARGIN.top + MARGIN.bottom,
    regions: outlines.map((outline) => paths(outline, true)),
    lines: [
      ...latitudes.map((lat) => paths(parallel(lat), false)),
      ...degrees(-150, 150, 30).map((lon) => paths(meridian(middle + lon), false)),
    ],
    frame: pathOf([...edge(1), ...edge(-1).reverse()], true),
    labels: [
      ...latitudes.map((lat): Label => {
        const [x, y] = place(map.at(Math.PI, radiansFromDegrees(lat)));
        return { at: [x - 6, y + 5], text: degreesText(lat, 30), anchor: 'end' };
      }),
      ...longitudes.map((lon): Label => {
        const [x, y] = place(map.at(radiansFromDegrees(lon), 0));
        return { at: [x, y + 16], text: degreesText((middle + lon + 360) % 360, 30), anchor: 'middle' };
      }),
    ],
  };
}

interface GridLine {
  readonly text: string;
  readonly line: readonly Vector[];
}

/** Lines of right ascension and declination in a part of the sky. */
function gridAround(corners: readonly Point[], plane: TangentPlane, half: number) {
  const [west, east] = [Math.min(...corners.map(([x]) => x)), Math.max(...corners.map(([x]) => x))];
  const [south, north] = [Math.min(...corners.map(([, y]) => y)), Math.max(...corners.map(([, y]) => y))];
  const inside = Array.from({ length: 21 * 21 }, (_, i): Point => [
    west + ((east - west) * (i % 21)) / 20,
    south + ((north - south) * Math.floor(i / 21)) / 20,
  ]).map((point) => plane.directionAt(point));
  const { center } = extentOf(inside);
  const middle = longitudeOf(center);
  const lons = inside.map((vector) => {
    const lon = longitudeOf(vector) - middle;
    return lon - 2 * Math.PI * Math.round(lon / (2 * Math.PI));
  });
  const lats = inside.map((vector) => latitudeOf(vector));
  const lat = {
    a: Math.max(-Math.PI / 2, Math.min(...lats) - half / 10),
    b: Math.min(Math.PI / 2, Math.max(...lats) + half / 10),
  };
  const lon = { a: middle + Math.min(...lons) - half / 10, b: middle + Math.max(...lons) + half / 10 };
  const along = (range: Range, of: (value: number) => Vector) =>
    Array.from({ length: SAMPLES + 1 }, (_, i) => of(range.a + ((range.b - range.a) * i) / SAMPLES));
  const latStep = stepFor(lat.b - lat.a);
  const lonStep = stepFor(lon.b - lon.a);
  return {
    parallels: multiplesIn(lat, latStep).map((value): GridLine => ({
      text: degreesText(degreesFromRadians(value), degreesFromRadians(latStep)),
      line: along(lon, (other) => unitVector(other, value)),
    })),
    meridians: multiplesIn(lon, lonStep).map((value): GridLine => ({
      text: degreesText((degreesFromRadians(value) + 720) % 360, degreesFromRadians(lonStep)),
      line: along(lat, (other) => unitVector(value, other)),
    })),
  };
}

interface Range {
  readonly a: number;
  readonly b: number;
}

function stepFor(width: number): number {
  return STEPS.find((step) => width / step <= LINES) ?? STEPS.at(-1)!;
}

function multiplesIn({ a, b }: Range, step: number): number[] {
  const first = Math.ceil(a / step);
  return Array.from({ length: Math.max(0, Math.floor(b / step) - first + 1) }, (_, i) => (first + i) * step);
}

interface Bounds {
  readonly middle: number;
  /** With a margin. */
  readonly half: number;
}

function boundsOf(values: readonly number[]): Bounds {
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return { middle: (least + most) / 2, half: ((most - least) / 2) * 1.1 };
}

/** The other coordinate of a line where one is `value`; null where it never is. */
function crossingOf(line: readonly Point[], axis: 0 | 1, value: number): number | null {
  for (const [i, point] of line.entries()) {
    const before = line[i - 1];
    if (!before || (before[axis] - value) * (point[axis] - value) > 0 || before[axis] === point[axis]) continue;
    const part = (value - before[axis]) / (point[axis] - before[axis]);
    const other = axis === 0 ? 1 : 0;
    return before[other] + part * (point[other] - before[other]);
  }
  return null;
}

function at(lon: number, lat: number): Vector {
  return unitVector(radiansFromDegrees(lon), radiansFromDegrees(lat));
}

/** With the decimals that a step needs. */
function degreesText(degrees: number, step: number): string {
  const decimals = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return `${degrees
    .toFixed(decimals)
    .replace(/^-(0(?:\.0*)?)$/, '$1')
    .replace('-', '−')}°`;
}

function pathOf(points: readonly Point[], isClosed: boolean): string {
  const text = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L');
  return `M${text}${isClosed ? 'Z' : ''}`;
}
