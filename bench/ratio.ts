/** One line of the report. */
export interface Measure {
  readonly name: string;
  /** Median of our figures. */
  readonly ours: number;
  /** Median of the peer's figures, where there is a peer. */
  readonly peer?: number;
  readonly unit: string;
  /** Median of the ratios of figures taken one right after the other: ours to the peer's. */
  readonly ratio?: number;
  /** What the ratio, or our figure where there is no peer, must keep to. */
  readonly bound?: { readonly atMost: number } | { readonly atLeast: number };
}

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Takes both figures in turn, so that what else the machine does weighs on both alike; the first pair warms up. */
export async function compare(
  options: { readonly name: string; readonly unit: string; readonly rounds: number; readonly bound?: Measure['bound'] },
  ours: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<Measure> {
  const pairs: (readonly [number, number])[] = [];
  for (let round = 0; round <= options.rounds; round += 1) {
    const pair = [await ours(), await peer()] as const;
    if (round > 0) pairs.push(pair);
  }
  return {
    name: options.name,
    unit: options.unit,
    ours: median(pairs.map(([mine]) => mine)),
    peer: median(pairs.map(([, theirs]) => theirs)),
    ratio: median(pairs.map(([mine, theirs]) => mine / theirs)),
    ...(options.bound && { bound: options.bound }),
  };
}

/** Whether a measure keeps to its bound; one without a bound does. */
export function isKept(measure: Measure): boolean {
  const { bound, ratio = measure.ours } = measure;
  if (!bound) return true;
  return 'atMost' in bound ? ratio <= bound.atMost : ratio >= bound.atLeast;
}

/** A line for people. */
export function line(measure: Measure): string {
  const figure = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
  const { bound } = measure;
  const parts = [
    measure.name.padEnd(66),
    `${figure(measure.ours)} ${measure.unit}`.padStart(12),
    measure.peer === undefined ? '' : `peer ${figure(measure.peer)} ${measure.unit}`.padStart(16),
    measure.ratio === undefined ? '' : `ratio ${measure.ratio.toFixed(2)}`,
    bound ? ('atMost' in bound ? `(at most ${String(bound.atMost)})` : `(at least ${String(bound.atLeast)})`) : '',
    isKept(measure) ? '' : 'MISSED',
  ];
  return parts.filter(Boolean).join('  ');
}
