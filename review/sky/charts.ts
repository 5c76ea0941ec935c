/** Which maps show some regions: one of where they are or, where they are far from each other, all the sky and its parts. */
import type { Vector } from '../../src/butler/region/region.ts';
import {
  angleBetween,
  degreesFromRadians,
  latitudeOf,
  longitudeOf,
  radiansFromDegrees,
} from '../../src/butler/region/vector.ts';
import type { Chart } from './chart.ts';
import { extentOf, type Extent } from './outline.ts';
import { partOfSky } from './part-of-sky.ts';
import { wholeSky } from './whole-sky.ts';

const WIDTH = 560;
/** Of the parts beside a map of all the sky. */
const PART_WIDTH = 360;
/** Radius of a part, in radians. */
const WIDEST = radiansFromDegrees(25);
/** Regions so far from each other, in radians, are on one map. */
const NEAR = radiansFromDegrees(3);
const MOST_PARTS = 6;

interface Part extends Extent {
  readonly members: readonly number[];
}

/** @param outlines at least one */
export function chartsOf(outlines: readonly (readonly Vector[])[]): readonly Chart[] {
  const all = extentOf(outlines.flat());
  const parts = partsOf(outlines);
  const of = ({ members }: Part) => members.map((i) => outlines[i]!);
  if (parts.length === 1 && all.radius <= WIDEST) {
    return [{ ...partOfSky(outlines, all.center, WIDTH), name: '', ...circleOf(all) }];
  }
  const named = parts
    .filter(({ radius }) => radius <= WIDEST)
    .slice(0, MOST_PARTS)
    .map((part, i) => ({ ...part, name: String.fromCharCode('A'.charCodeAt(0) + i) }));
  return [
    { ...wholeSky(outlines, all.center, named, WIDTH), name: '', ...circleOf(all) },
    ...named.map((part): Chart => {
      const drawing = partOfSky(of(part), part.center, PART_WIDTH);
      const regions = drawing.regions.map(({ index, path }) => ({ index: part.members[index]!, path }));
      return { ...drawing, regions, name: part.name, ...circleOf(part) };
    }),
  ];
}

/** Regions that are near each other, the most first. */
function partsOf(outlines: readonly (readonly Vector[])[]): readonly Part[] {
  const extents = outlines.map((outline) => extentOf(outline));
  const left = new Set(extents.keys());
  const parts: Part[] = [];
  for (const first of extents.keys()) {
    if (!left.delete(first)) continue;
    const members = [first];
    // Grows while it is gone through.
    for (const member of members) {
      for (const other of left) {
        const [a, b] = [extents[member]!, extents[other]!];
        if (angleBetween(a.center, b.center) > a.radius + b.radius + NEAR) continue;
        left.delete(other);
        members.push(other);
      }
    }
    parts.push({ members, ...extentOf(members.flatMap((i) => outlines[i]!)) });
  }
  return parts.sort((a, b) => b.members.length - a.members.length);
}

function circleOf({ center, radius }: Extent): Pick<Chart, 'center' | 'radius'> {
  return {
    center: [degreesFromRadians(longitudeOf(center)), degreesFromRadians(latitudeOf(center))],
    radius: degreesFromRadians(radius),
  };
}
