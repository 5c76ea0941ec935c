/**
 * The byte form of regions, as sphgeom writes it and the registry stores it in base64:
 * a type letter and little-endian doubles; compounds are a type letter and operands, each after its length.
 */
import { InvalidQueryError } from '../errors.ts';
import { boxOf } from './construct.ts';
import { longitudeInterval } from './interval.ts';
import type { Box, Circle, CompoundRegion, ConvexPolygon, Ellipse, Region, Vector } from './region.ts';

const POLYGON = 0x70; // p
const CIRCLE = 0x63; // c
const BOX = 0x62; // b
const ELLIPSE = 0x65; // e
const UNION = 0x75; // u
const INTERSECTION = 0x69; // i

const VECTOR_SIZE = 24;

/** How deep unions and intersections may lie in each other. */
const MAX_DEPTH = 32;

/** Reads an encoded region.  @throws InvalidQueryError if the bytes are not exactly one, or nested out of reason. */
export function decodeRegion(bytes: Uint8Array): Region {
  return decode(bytes, 0);
}

function decode(bytes: Uint8Array, depth: number): Region {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = bytes[0];
  switch (type) {
    case POLYGON:
      return decodePolygon(view);
    case CIRCLE:
      return decodeCircle(view);
    case BOX:
      return decodeBox(view);
    case ELLIPSE:
      return decodeEllipse(view);
    case UNION:
      return decodeCompound('union', bytes, view, depth);
    case INTERSECTION:
      return decodeCompound('intersection', bytes, view, depth);
    default:
      throw new InvalidQueryError('The bytes are not an encoded sphgeom region: the first is no known type.');
  }
}

/**
 * Reads the text of a region column: base64, or several of them joined by ':', their union, which aggregating queries
 * give; the empty text is the empty union.  @throws InvalidQueryError if it is not that.
 */
export function decodeRegionText(text: string): Region {
  const parts = text === '' ? [] : text.split(':');
  const regions = parts.map((part) => decodeRegion(Buffer.from(part, 'base64')));
  const [only] = regions;
  return only !== undefined && regions.length === 1 ? only : compoundOf('union', regions);
}

/** The bytes that sphgeom's `Region.encode` gives for the same region. */
export function encodeRegion(region: Region): Uint8Array {
  const bytes = new Uint8Array(encodedSize(region));
  write(region, bytes, new DataView(bytes.buffer), 0);
  return bytes;
}

/** The base64 text that a region column holds. */
export function encodeRegionText(region: Region): string {
  return Buffer.from(encodeRegion(region)).toString('base64');
}

function checkSize(view: DataView, size: number, shape: string): void {
  if (view.byteLength !== size) {
    throw new InvalidQueryError(
      `The bytes are not an encoded ${shape}: ${view.byteLength} bytes where ${size} belong.`,
    );
  }
}

function readVector(view: DataView, offset: number): Vector {
  return [view.getFloat64(offset, true), view.getFloat64(offset + 8, true), view.getFloat64(offset + 16, true)];
}

function readDoubles(view: DataView, count: number): number[] {
  return Array.from({ length: count }, (_, i) => view.getFloat64(1 + 8 * i, true));
}

function decodePolygon(view: DataView): ConvexPolygon {
  const count = Math.max(3, Math.floor((view.byteLength - 1) / VECTOR_SIZE));
  checkSize(view, 1 + VECTOR_SIZE * count, 'polygon');
  return {
    kind: 'polygon',
    vertices: Array.from({ length: count }, (_, i) => readVector(view, 1 + VECTOR_SIZE * i)),
  };
}

function decodeCircle(view: DataView): Circle {
  checkSize(view, 41, 'circle');
  return {
    kind: 'circle',
    center: readVector(view, 1),
    squaredChordLength: view.getFloat64(25, true),
    openingAngle: view.getFloat64(33, true),
  };
}

function decodeBox(view: DataView): Box {
  checkSize(view, 33, 'box');
  const [lonA, lonB, latA, latB] = readDoubles(view, 4) as [number, number, number, number];
  return boxOf(longitudeInterval(lonA, lonB), { a: latA, b: latB });
}

function decodeEllipse(view: DataView): Ellipse {
  checkSize(view, 113, 'ellipse');
  const doubles = readDoubles(view, 14);
  const [a, b, gamma, tanA, tanB] = doubles.slice(9) as [number, number, number, number, number];
  return { kind: 'ellipse', matrix: doubles.slice(0, 9), a, b, gamma, tanA, tanB };
}

function decodeCompound(
  kind: CompoundRegion['kind'],
  bytes: Uint8Array,
  view: DataView,
  depth: number,
): CompoundRegion {
  if (depth === MAX_DEPTH) {
    throw new InvalidQueryError(`The encoded region has unions or intersections more than ${MAX_DEPTH} deep.`);
  }
  const operands: Region[] = [];
  let offset = 1;
  while (offset < bytes.length) {
    const start = offset + 8;
    const end = start <= bytes.length ? start + Number(view.getBigUint64(offset, true)) : Infinity;
    if (end > bytes.length) {
      throw new InvalidQueryError(`The bytes are not an encoded ${kind} of regions: they end in the middle.`);
    }
    operands.push(decode(bytes.subarray(start, end), depth + 1));
    offset = end;
  }
  return compoundOf(kind, operands);
}

/** A compound with operands of its own kind replaced by theirs, as sphgeom keeps it. */
function compoundOf(kind: CompoundRegion['kind'], operands: readonly Region[]): CompoundRegion {
  return { kind, operands: operands.flatMap((operand) => (operand.kind === kind ? operand.operands : [operand])) };
}

function encodedSize(region: Region): number {
  switch (region.kind) {
    case 'polygon':
      return 1 + VECTOR_SIZE * region.vertices.length;
    case 'circle':
      return 41;
    case 'box':
      return 33;
    case 'ellipse':
      return 113;
    case 'union':
    case 'intersection':
      return region.operands.reduce((size, operand) => size + 8 + encodedSize(operand), 1);
  }
}

function write(region: Region, bytes: Uint8Array, view: DataView, at: number): void {
  switch (region.kind) {
    case 'polygon':
      bytes[at] = POLYGON;
      region.vertices.forEach((vertex, i) => writeDoubles(view, at + 1 + VECTOR_SIZE * i, vertex));
      break;
    case 'circle':
      bytes[at] = CIRCLE;
      writeDoubles(view, at + 1, [...region.center, region.squaredChordLength, region.openingAngle]);
      break;
    case 'box':
      bytes[at] = BOX;
      writeDoubles(view, at + 1, [region.lon.a, region.lon.b, region.lat.a, region.lat.b]);
      break;
    case 'ellipse':
      bytes[at] = ELLIPSE;
      writeDoubles(view, at + 1, [...region.matrix, region.a, region.b, region.gamma, region.tanA, region.tanB]);
      break;
    case 'union':
    case 'intersection': {
      bytes[at] = region.kind === 'union' ? UNION : INTERSECTION;
      let offset = at + 1;
      for (const operand of region.operands) {
        const size = encodedSize(operand);
        view.setBigUint64(offset, BigInt(size), true);
        write(operand, bytes, view, offset + 8);
        offset += 8 + size;
      }
    }
  }
}

function writeDoubles(view: DataView, offset: number, values: readonly number[]): void {
  values.forEach((value, i) => view.setFloat64(offset + 8 * i, value, true));
}
