/**
 * On which side of a great circle a point lies, exactly (butler-schema.md section 8.3): in doubles where their error bound
 * decides, else in integers.  Pixels of regions that share edges with trixels depend on the exact sign.
 */
import type { Vector } from './region.ts';
import { equalVectors } from './vector.ts';

const X_AXIS: Vector = [1, 0, 0];
const Y_AXIS: Vector = [0, 1, 0];
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

/** `orientation(x, b, c)` of the first axis. */
export function orientationX(b: Vector, c: Vector): -1 | 0 | 1 {
  return difference(b[1] * c[2], b[2] * c[1]) || exactOrientation(X_AXIS, b, c);
}

/** `orientation(y, b, c)` of the second axis. */
export function orientationY(b: Vector, c: Vector): -1 | 0 | 1 {
  return difference(b[2] * c[0], b[0] * c[2]) || exactOrientation(Y_AXIS, b, c);
}

/** `orientation(z, b, c)` of the third axis, the north pole. */
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

/** The integer `x` · 2^1074: every finite double is one. */
function scaledInteger(x: number): bigint {
  SCRATCH.setFloat64(0, x);
  const bits = SCRATCH.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | 0x10000000000000n) << (exponent - 1n);
  return bits >> 63n ? -magnitude : magnitude;
}

function exactOrientation(a: Vector, b: Vector, c: Vector): -1 | 0 | 1 {
  const [ax, ay, az] = [scaledInteger(a[0]), scaledInteger(a[1]), scaledInteger(a[2])];
  const [bx, by, bz] = [scaledInteger(b[0]), scaledInteger(b[1]), scaledInteger(b[2])];
  const [cx, cy, cz] = [scaledInteger(c[0]), scaledInteger(c[1]), scaledInteger(c[2])];
  const determinant = ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
  return determinant > 0n ? 1 : determinant < 0n ? -1 : 0;
}
