/** Regions as text of the POS parameter of IVOA SIAv2: CIRCLE, RANGE and POLYGON, in degrees. */
import { InvalidQueryError } from '../errors.ts';
import { boxBetween, circle, polygon, type SkyPosition } from './construct.ts';
import type { Region, Vector } from './region.ts';
import { atan2 } from './trigonometry.ts';
import { degreesFromRadians, latitudeOf, longitudeOf } from './vector.ts';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;

/**
 * Reads `CIRCLE ra dec radius`, `RANGE ra1 ra2 dec1 dec2` (with -Inf and +Inf for open ends) or `POLYGON ra1 dec1 ra2
 * dec2 ra3 dec3 …`.  @throws InvalidQueryError if it is none of them.
 */
export function parseIvoaPos(text: string): Region {
  const [shape, ...words] = text.trim().split(/\s+/);
  const numbers = words.map((word) => parseNumber(word, text));
  switch (shape) {
    case 'CIRCLE': {
      const [ra, dec, radius] = exactly(3, numbers, text) as [number, number, number];
      return circle([ra, dec], radius);
    }
    case 'RANGE': {
      const [ra1, ra2, dec1, dec2] = exactly(4, numbers, text) as [number, number, number, number];
      return boxBetween([bounded(ra1, 0, 360), bounded(dec1, -90, 90)], [bounded(ra2, 0, 360), bounded(dec2, -90, 90)]);
    }
    case 'POLYGON':
      return polygon(positionsOf(numbers, text));
    default:
      throw new InvalidQueryError(`'${text}' is not an IVOA POS region: it starts with CIRCLE, RANGE or POLYGON.`);
  }
}

/** The POS text of a circle, box or polygon; null for other regions, which have none. */
export function formatIvoaPos(region: Region): string | null {
  switch (region.kind) {
    case 'circle':
      return joined('CIRCLE', [...anglesOf(region.center), region.openingAngle]);
    case 'box':
      return joined('RANGE', [region.lon.a, region.lon.b, region.lat.a, region.lat.b]);
    case 'polygon':
      return joined('POLYGON', region.vertices.flatMap(anglesOf));
    default:
      return null;
  }
}

function parseNumber(word: string, text: string): number {
  if (NUMBER.test(word)) {
    return Number(word);
  }
  const infinity = INFINITY.exec(word);
  if (infinity === null) {
    throw new InvalidQueryError(`'${word}' in the IVOA POS region '${text}' is not a number.`);
  }
  return infinity[1] === '-' ? -Infinity : Infinity;
}

function exactly(count: number, numbers: readonly number[], text: string): readonly number[] {
  if (numbers.length !== count) {
    throw new InvalidQueryError(`The IVOA POS region '${text}' needs ${count} numbers and has ${numbers.length}.`);
  }
  return numbers;
}

function positionsOf(numbers: readonly number[], text: string): SkyPosition[] {
  if (numbers.length % 2 !== 0 || numbers.length < 6) {
    throw new InvalidQueryError(
      `The IVOA POS region '${text}' needs at least three pairs of numbers and has ${numbers.length} numbers.`,
    );
  }
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i] as number, numbers[2 * i + 1] as number]);
}

function bounded(value: number, low: number, high: number): number {
  return value === Infinity ? high : value === -Infinity ? low : value;
}

function anglesOf(vector: Vector): [lon: number, lat: number] {
  return [longitudeOf(vector, atan2), latitudeOf(vector, atan2)];
}

function joined(shape: string, radians: readonly number[]): string {
  return [shape, ...radians.map((angle) => formatDouble(degreesFromRadians(angle)))].join(' ');
}

/** A double as Python writes it: the same digits as here, but always with a fraction or exponent. */
function formatDouble(value: number): string {
  if (Number.isNaN(value)) {
    return 'nan';
  }
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.includes('.') ? text : `${text}.0`;
}
