/** A map of all the sky, on which small parts of it are marked. */
import type { Vector } from '../../src/butler/region/region.ts';
import { longitudeOf, radiansFromDegrees, unitVector } from '../../src/butler/region/vector.ts';
import { degreesText, MARGIN, pathOf, type Chart, type Label } from './chart.ts';
import { Mollweide, type Point } from './projection.ts';

type Drawing = Omit<Chart, 'name' | 'center' | 'radius'>;

/** A part of the sky that has a map of its own. */
interface Marked {
  readonly name: string;
  readonly center: Vector;
}

export function wholeSky(
  outlines: readonly (readonly Vector[])[],
  center: Vector,
  marked: readonly Marked[],
  width: number,
): Drawing {
  const middle = Math.round(longitudeOf(center) / radiansFromDegrees(30)) * 30;
  const map = new Mollweide(radiansFromDegrees(middle));
  const radius = (width - 2 * MARGIN.left) / 4;
  const place = ([x, y]: Point): Point => [width / 2 + x * radius, MARGIN.top + (1 - y) * radius];
  const paths = (line: readonly Vector[], isClosed: boolean) =>
    map
      .drawn(line, isClosed)
      .map((copy) => pathOf(copy.map(place), isClosed))
      .join('');
  /** @param lon from the middle */
  const placed = (lon: number, lat: number) => place(map.at(radiansFromDegrees(lon), radiansFromDegrees(lat)));
  const at = (lon: number, lat: number) => unitVector(radiansFromDegrees(middle + lon), radiansFromDegrees(lat));
  const latitudes = every(30, -60, 60);
  const edge = (side: number) => every(3, -90, 90).map((lat) => placed(side * 180, lat));
  return {
    kind: 'all',
    width,
    height: 2 * radius + MARGIN.top + MARGIN.bottom,
    regions: outlines.map((outline, index) => ({ index, path: paths(outline, true) })),
    lines: [
      ...latitudes.map((lat) => pathOf([placed(-180, lat), placed(180, lat)], false)),
      ...every(30, -150, 150).map((lon) =>
        paths(
          every(5, -90, 90).map((lat) => at(lon, lat)),
          false,
        ),
      ),
    ],
    frame: pathOf([...edge(1), ...edge(-1).reverse()], true),
    labels: [
      ...latitudes.map((lat): Label => {
        const [x, y] = placed(180, lat);
        return { at: [x - 6, y + 5], text: degreesText(lat, 30), anchor: 'end' };
      }),
      ...every(60, -120, 120).map((lon): Label => {
        const [x, y] = placed(lon, 0);
        return { at: [x, y + 16], text: degreesText((middle + lon + 360) % 360, 30), anchor: 'middle' };
      }),
    ],
    marks: marked.map(({ name, center: of }) => ({ at: place(map.drawn([of], false)[0]![0]!), name })),
  };
}

function every(step: number, from: number, to: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}
