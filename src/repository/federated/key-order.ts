/** The order of merged answers: code points for text, nulls first (descending: the reverse of that). */
import type { OrderExpression } from '../../butler/query/expression.ts';
import type { Key, KeyValue } from '../repository.ts';

/** Negative: `a` comes first. */
export type KeyComparator = (a: Key, b: Key) => number;

/** Compares the values of `orderBy`'s expressions, in their directions; what follows in a longer key is not looked at. */
export function keyComparator(orderBy: readonly OrderExpression[]): KeyComparator {
  const signs = orderBy.map((term) => (term.type === 'reversed' ? -1 : 1));
  return (a, b) => {
    for (let i = 0; i < signs.length; i += 1) {
      const order = compareValues(a[i]!, b[i]!);
      if (order !== 0) return order * signs[i]!;
    }
    return 0;
  };
}

function compareValues(a: KeyValue, b: KeyValue): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Order of code points, which is that of UTF-8 bytes and of the databases' binary collations. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others, but sit below U+E000 in UTF-16. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
