/** A map that is to be drawn, in units of its own as SVG has them. */
import type { Point } from './projection.ts';

export interface Chart {
  readonly kind: 'part' | 'all';
  readonly width: number;
  readonly height: number;
  readonly regions: readonly { readonly index: number; readonly path: string }[];
  /** Of equal right ascension, and of equal declination. */
  readonly lines: readonly string[];
  /** Around everything; what is beyond it is not shown. */
  readonly frame: string;
  readonly labels: readonly Label[];
  /** Where on a map of all the sky the other maps are; '' on those. */
  readonly marks: readonly { readonly at: Point; readonly name: string }[];
  /** As the other map marks it; '' where there is none. */
  readonly name: string;
  /** Of a circle around all regions: right ascension, declination and radius in degrees. */
  readonly center: Point;
  readonly radius: number;
}

export interface Label {
  readonly at: Point;
  readonly text: string;
  readonly anchor: 'middle' | 'end';
}

/** Room for labels. */
export const MARGIN = { left: 56, right: 16, top: 12, bottom: 26 } as const;

/** With the decimals that a step needs. */
export function degreesText(degrees: number, step: number): string {
  const decimals = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return `${degrees
    .toFixed(decimals)
    .replace(/^-(0(?:\.0*)?)$/, '$1')
    .replace('-', '−')}°`;
}

export function pathOf(points: readonly Point[], isClosed: boolean): string {
  const text = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L');
  return `M${text}${isClosed ? 'Z' : ''}`;
}
