/**
 * On which side of a great circle a point lies, exactly: in doubles where their error bound
 * decides, else in integers.  Pixels of regions that share edges with trixels depend on the exact sign.
 */
import type { Vector } from './region.ts';
import { equalVectors } from './vector.ts';

const Z_AXIS: Vector = [0, 0, 1];

/** 1 if the unit vectors a, b, c turn counter-clockwise seen from outside the sphere, -1 if clockwise, 0 if coplanar. */
export function orientation(a: Vector, b: Vector, c: Vector): -1 | 0 | 1 {
  const p = b[1] * c[2];
  const q = b[2] * c[1];
  const r = b[2] * c[0];
  const s = b[0] * c[2];
  const t = b[0] * c[1];
  const u = b[1] * c[0];
  const determinant = a[0] * (p - q) + a[1] * (r - s) + a[2] * (t - u);
  if (determinant > 1.7e-15) {
    return 1;
  }
  if (determinant < -1.7e-15) {
    return -1;
  }
  const permanent =
    Math.abs(a[0]) * (Math.abs(p) + Math.abs(q)) +
    Math.abs(a[1]) * (Math.abs(r) + Math.abs(s)) +
    Math.abs(a[2]) * (Math.abs(t) + Math.abs(u));
  const error = 5.6e-16 * permanent + 4e-307;
  if (determinant > error) {
    return 1;
  }
  if (determinant < -error) {
    return -1;
  }
  if (collinear(a, b) || collinear(b, c) || collinear(a, c)) {
    return 0;
  }
  return exactOrientation(a, b, c);
}

/** `orientation(z, b, c)` of the north pole z. */
export function orientationZ(b: Vector, c: Vector): -1 | 0 | 1 {
  return difference(b[0] * c[1], b[1] * c[0]) || exactOrientation(Z_AXIS, b, c);
}

/** Sign of x - y where rounding errors cannot have changed it, else 0. */
function difference(x: number, y: number): -1 | 0 | 1 {
  const d = x - y;
  if (Math.abs(d) > 1.12e-16 || Math.abs(d) > 1.12e-16 * (Math.abs(x) + Math.abs(y)) + 1e-307) {
    return d > 0 ? 1 : -1;
  }
  return 0;
}

function collinear(a: Vector, b: Vector): boolean {
  return equalVectors(a, b) || (a[0] === -b[0] && a[1] === -b[1] && a[2] === -b[2]);
}

const SCRATCH = new DataView(new ArrayBuffer(8));

/** Biased exponent of a finite double; that of subnormal ones is the same as that of the smallest normal ones. */
function exponentOf(x: number): number {
  SCRATCH.setFloat64(0, x);
  return Math.max(1, (SCRATCH.getUint16(0) >> 4) & 0x7ff);
}

/** The components of a vector as integers, all times the same power of two. */
function scaledIntegers(v: Vector): [bigint, bigint, bigint] {
  let smallest = 0x7ff;
  for (const x of v) {
    smallest = x === 0 ? smallest : Math.min(smallest, exponentOf(x));
  }
  return [scaledInteger(v[0], smallest), scaledInteger(v[1], smallest), scaledInteger(v[2], smallest)];
}

function scaledInteger(x: number, smallestExponent: number): bigint {
  if (x === 0) {
    return 0n;
  }
  const exponent = exponentOf(x);
  const bits = SCRATCH.getBigUint64(0);
  const fraction = bits & 0xfffffffffffffn;
  const isNormal = ((bits >> 52n) & 0x7ffn) !== 0n;
  const magnitude = (isNormal ? fraction | 0x10000000000000n : fraction) << BigInt(exponent - smallestExponent);
  return x < 0 ? -magnitude : magnitude;
}

function exactOrientation(a: Vector, b: Vector, c: Vector): -1 | 0 | 1 {
  const [ax, ay, az] = scaledIntegers(a);
  const [bx, by, bz] = scaledIntegers(b);
  const [cx, cy, cz] = scaledIntegers(c);
  const determinant = ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
  return determinant > 0n ? 1 : determinant < 0n ? -1 : 0;
}
