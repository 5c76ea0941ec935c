/** Sums and products of doubles together with their rounding errors (Dekker, Knuth, Shewchuk). */

/** An unevaluated sum of two doubles, the second at most half a unit in the last place of the first. */
export type DoubleDouble = readonly [high: number, low: number];

/** a + b exactly. */
export function exactSum(a: number, b: number): DoubleDouble {
  const s = a + b;
  const t = s - a;
  return [s, a - (s - t) + (b - t)];
}

/** a · b exactly. */
export function exactProduct(a: number, b: number): DoubleDouble {
  const p = a * b;
  const ta = 134217729 * a;
  const ah = ta - (ta - a);
  const al = a - ah;
  const tb = 134217729 * b;
  const bh = tb - (tb - b);
  const bl = b - bh;
  return [p, ah * bh - p + ah * bl + al * bh + al * bl];
}
