/** The trixels of the Hierarchical Triangular Mesh as a tree, which is kept as far as searches have gone down it. */
import { ROOT_TRIXELS, subdivide, type Trixel } from './htm.ts';
import type { Vector } from './region.ts';

/** Trixels that are kept, a few megabytes: those of the first searches, coarse ones before the finer. */
const MOST_KEPT = 20_000;

let kept = 0;

/** How a trixel is divided. */
interface Division {
  /** The four of the next level, in the order of their indices: one at each vertex, and the one between these. */
  readonly children: readonly [MeshTrixel, MeshTrixel, MeshTrixel, MeshTrixel];
  /** Unit normals of the planes that cut off those at the vertices, towards these; good to a few units in the last place. */
  readonly cuts: readonly [Vector, Vector, Vector];
}

export class MeshTrixel {
  readonly vertices: Trixel;
  #division: Division | undefined;

  constructor(vertices: Trixel) {
    this.vertices = vertices;
  }

  divide(): Division {
    if (this.#division) return this.#division;
    const [a, b, c, d] = subdivide(this.vertices);
    const [m0, m1, m2] = d;
    const division: Division = {
      children: [new MeshTrixel(a), new MeshTrixel(b), new MeshTrixel(c), new MeshTrixel(d)],
      cuts: [planeThrough(m2, m1), planeThrough(m0, m2), planeThrough(m1, m0)],
    };
    if (kept < MOST_KEPT) {
      kept += 4;
      this.#division = division;
    }
    return division;
  }
}

/** Those of level 0, whose indices are 8 and on. */
export const MESH_ROOTS: readonly MeshTrixel[] = ROOT_TRIXELS.map((vertices) => new MeshTrixel(vertices));

/** Unit normals, inwards, of the planes of their sides. */
export const ROOT_SIDES: readonly (readonly Vector[])[] = ROOT_TRIXELS.map(([a, b, c]) => [
  planeThrough(a, b),
  planeThrough(b, c),
  planeThrough(c, a),
]);

/** Unit normal of the plane of the great circle from a to b, to its left: (b + a) × (b - a), as `robustCross`. */
function planeThrough(a: Vector, b: Vector): Vector {
  const px = b[0] + a[0];
  const py = b[1] + a[1];
  const pz = b[2] + a[2];
  const mx = b[0] - a[0];
  const my = b[1] - a[1];
  const mz = b[2] - a[2];
  const x = py * mz - pz * my;
  const y = pz * mx - px * mz;
  const z = px * my - py * mx;
  const length = Math.sqrt(x * x + y * y + z * z);
  return [x / length, y / length, z / length];
}
