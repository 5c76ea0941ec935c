/** The exact test of regions that share sky pixels, made on rows as they come. */
import { decodeRegionText } from '../../../butler/region/codec.ts';
import { overlaps } from '../../../butler/region/overlap.ts';
import type { Region } from '../../../butler/region/region.ts';
import type { SqlRow, SqlValue } from '../database.ts';
import type { Analysis } from './analysis.ts';
import type { RegionColumns } from './projection.ts';
import type { ColumnReader, Statement } from './statement.ts';

/** Regions kept decoded; neighbouring rows share many. */
const MAX_DECODED = 4096;

/** A test of rows: false where regions that must overlap certainly do not. */
export function regionTest(
  tests: readonly RegionColumns[],
  read: Statement['read'],
  { overlaps: { constraints } }: Analysis,
): (row: SqlRow) => boolean {
  const decoded = new Map<string, Region>();
  const region = (text: SqlValue | undefined): Region => {
    const key = String(text ?? '');
    let result = decoded.get(key);
    if (!result) {
      if (decoded.size >= MAX_DECODED) decoded.clear();
      decoded.set(key, (result = decodeRegionText(key)));
    }
    return result;
  };
  const mayOverlap = (a: SqlValue | undefined, b: SqlValue | undefined) => overlaps(region(a), region(b)) !== false;
  const checks = tests.map((test): ((row: SqlRow) => boolean) => {
    switch (test.kind) {
      case 'pair': {
        const [a, b] = test.regions.map(read) as [ColumnReader, ColumnReader];
        return (row) => mayOverlap(a(row), b(row));
      }
      case 'pairs': {
        const list = read(test.list);
        return (row) =>
          String(list(row))
            .split('|')
            .some((pair) => {
              const [a, b] = pair.split('&');
              return mayOverlap(a, b);
            });
      }
      case 'element': {
        const own = read(test.region);
        const given = constraints.filter(({ element }) => element === test.element).map((c) => c.region);
        return (row) => given.every((other) => overlaps(region(own(row)), other) !== false);
      }
    }
  });
  return (row) => checks.every((check) => check(row));
}
