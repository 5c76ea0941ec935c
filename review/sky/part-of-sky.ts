/** A map of the part of the sky where some regions are, in the plane that touches it there. */
import type { Vector } from '../../src/butler/region/region.ts';
import {
  degreesFromRadians,
  latitudeOf,
  longitudeOf,
  radiansFromDegrees,
  unitVector,
} from '../../src/butler/region/vector.ts';
import { degreesText, MARGIN, pathOf, type Chart, type Label } from './chart.ts';
import { halfTurn, TangentPlane, type Point } from './projection.ts';

/** Radians from the middle to an edge, at least. */
const NARROWEST = radiansFromDegrees(0.02);
const STEPS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 45, 90].map(radiansFromDegrees);
/** In each direction, at most one more. */
const LINES = 4;
const SAMPLES = 60;
const INSIDE = 20;

type Drawing = Omit<Chart, 'name' | 'center' | 'radius'>;

/** @param outlines at least one, all of them less than a right angle from the center */
export function partOfSky(outlines: readonly (readonly Vector[])[], center: Vector, width: number): Drawing {
  const plane = new TangentPlane(center);
  const drawn = outlines.map((outline) => outline.map((vector) => plane.at(vector)));
  const window = windowAround(drawn.flat());
  const [right, scale] = [width - MARGIN.right, (width - MARGIN.left - MARGIN.right) / (2 * window.half[0])];
  const bottom = MARGIN.top + 2 * window.half[1] * scale;
  const place = ([x, y]: Point): Point => [
    MARGIN.left + (x - window.middle[0] + window.half[0]) * scale,
    MARGIN.top + (window.middle[1] + window.half[1] - y) * scale,
  ];
  const grid = gridIn(window, plane);
  const placed = (line: readonly Vector[]) => line.map((vector) => place(plane.at(vector)));
  return {
    kind: 'part',
    width,
    height: bottom + MARGIN.bottom,
    regions: drawn.map((outline, index) => ({ index, path: pathOf(outline.map(place), true) })),
    lines: [...grid.parallels, ...grid.meridians].map(({ line }) => pathOf(placed(line), false)),
    frame: pathOf(
      [
        [MARGIN.left, MARGIN.top],
        [right, MARGIN.top],
        [right, bottom],
        [MARGIN.left, bottom],
      ],
      true,
    ),
    labels: [
      ...grid.parallels.flatMap(({ text, line }): readonly Label[] => {
        const y = crossingOf(placed(line), 0, MARGIN.left);
        const isIn = y !== null && y > MARGIN.top && y < bottom;
        return isIn ? [{ at: [MARGIN.left - 6, y + 5], text, anchor: 'end' }] : [];
      }),
      ...grid.meridians.flatMap(({ text, line }): readonly Label[] => {
        const x = crossingOf(placed(line), 1, bottom);
        const isIn = x !== null && x > MARGIN.left + 14 && x < right - 14;
        return isIn ? [{ at: [x, bottom + 18], text, anchor: 'middle' }] : [];
      }),
    ],
    marks: [],
  };
}

interface Window {
  readonly middle: Point;
  readonly half: Point;
}

/** With a margin, and neither a stripe nor a tower. */
function windowAround(points: readonly Point[]): Window {
  const bounds = ([0, 1] as const).map((axis) => {
    const [least, most] = rangeOf(points.map((point) => point[axis]));
    return { middle: (least + most) / 2, half: ((most - least) / 2) * 1.1 };
  });
  const [x, y] = bounds as [(typeof bounds)[number], (typeof bounds)[number]];
  const half: Point = [Math.max(x.half, y.half, NARROWEST), Math.max(y.half, x.half / 2, NARROWEST / 2)];
  return { middle: [x.middle, y.middle], half };
}

interface GridLine {
  readonly text: string;
  readonly line: readonly Vector[];
}

function gridIn({ middle, half }: Window, plane: TangentPlane) {
  const steps = Array.from({ length: INSIDE + 1 }, (_, i) => (2 * i) / INSIDE - 1);
  const inside = steps.flatMap((x) =>
    steps.map((y) => plane.directionAt([middle[0] + x * half[0], middle[1] + y * half[1]])),
  );
  const middleLon = longitudeOf(plane.directionAt(middle));
  const beyond = Math.max(...half) / 10;
  const lats = rangeOf(inside.map((vector) => latitudeOf(vector)));
  const lons = rangeOf(inside.map((vector) => halfTurn(longitudeOf(vector) - middleLon)));
  const lat: Range = [Math.max(-Math.PI / 2, lats[0] - beyond), Math.min(Math.PI / 2, lats[1] + beyond)];
  const lon: Range = [middleLon + lons[0] - beyond, middleLon + lons[1] + beyond];
  const [latStep, lonStep] = [stepIn(lats), stepIn(lons)];
  return {
    parallels: multiplesIn(lat, latStep).map((value): GridLine => ({
      text: degreesText(degreesFromRadians(value), degreesFromRadians(latStep)),
      line: samplesOf(lon).map((other) => unitVector(other, value)),
    })),
    meridians: multiplesIn(lon, lonStep).map((value): GridLine => ({
      text: degreesText((degreesFromRadians(value) + 720) % 360, degreesFromRadians(lonStep)),
      line: samplesOf(lat).map((other) => unitVector(value, other)),
    })),
  };
}

type Range = readonly [least: number, most: number];

function rangeOf(values: readonly number[]): Range {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

function stepIn([least, most]: Range): number {
  return STEPS.find((step) => (most - least) / step <= LINES) ?? STEPS.at(-1)!;
}

function multiplesIn([least, most]: Range, step: number): number[] {
  const first = Math.ceil(least / step);
  return Array.from({ length: Math.max(0, Math.floor(most / step) - first + 1) }, (_, i) => (first + i) * step);
}

function samplesOf([least, most]: Range): number[] {
  return Array.from({ length: SAMPLES + 1 }, (_, i) => least + ((most - least) * i) / SAMPLES);
}

/** The other coordinate of a line where one is `value`; null where it never is. */
function crossingOf(line: readonly Point[], axis: 0 | 1, value: number): number | null {
  for (const [i, point] of line.entries()) {
    const before = line[i - 1];
    if (!before || before[axis] === point[axis] || (before[axis] - value) * (point[axis] - value) > 0) continue;
    const part = (value - before[axis]) / (point[axis] - before[axis]);
    const other = axis === 0 ? 1 : 0;
    return before[other] + part * (point[other] - before[other]);
  }
  return null;
}
