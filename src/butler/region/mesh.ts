/** The trixels of the Hierarchical Triangular Mesh as a tree, whose upper part is kept: every search begins there. */
import { ROOT_TRIXELS, subdivide, type Trixel } from './htm.ts';
import type { Vector } from './region.ts';
import { robustCross } from './vector.ts';

/** Down to this level, trixels are kept once they were needed: 11 000 at most, a few megabytes. */
const KEPT_LEVEL = 5;

/** How a trixel is divided. */
interface Division {
  /** The four of the next level, in the order of their indices: one at each vertex, and the one between these. */
  readonly children: readonly [MeshTrixel, MeshTrixel, MeshTrixel, MeshTrixel];
  /** Unit normals of the planes that cut off those at the vertices, towards these; good to a few units in the last place. */
  readonly cuts: readonly [Vector, Vector, Vector];
}

export class MeshTrixel {
  readonly vertices: Trixel;
  readonly #level: number;
  #division: Division | undefined;

  constructor(vertices: Trixel, level: number) {
    this.vertices = vertices;
    this.#level = level;
  }

  divide(): Division {
    if (this.#division) return this.#division;
    const level = this.#level + 1;
    const [a, b, c, d] = subdivide(this.vertices);
    const [m0, m1, m2] = d;
    const division: Division = {
      children: [
        new MeshTrixel(a, level),
        new MeshTrixel(b, level),
        new MeshTrixel(c, level),
        new MeshTrixel(d, level),
      ],
      cuts: [planeThrough(m2, m1), planeThrough(m0, m2), planeThrough(m1, m0)],
    };
    if (level <= KEPT_LEVEL) this.#division = division;
    return division;
  }
}

/** Those of level 0, whose indices are 8 and on. */
export const MESH_ROOTS: readonly MeshTrixel[] = ROOT_TRIXELS.map((vertices) => new MeshTrixel(vertices, 0));

/** Unit normal of the plane of the great circle from a to b, to its left. */
export function planeThrough(a: Vector, b: Vector): Vector {
  const [x, y, z] = robustCross(a, b);
  const length = Math.sqrt(x * x + y * y + z * z);
  return [x / length, y / length, z / length];
}
