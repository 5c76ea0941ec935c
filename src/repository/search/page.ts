/** Cuts a page from the rows of a search. */
import { InvalidQueryError } from '../../butler/errors.ts';
import type { Batch } from '../federated/ordered-merge.ts';

/** The first rows of a search. */
export interface TakenRows<Row, P> {
  readonly rows: readonly Row[];
  readonly positionAt: (i: number) => P;
  readonly hasNextPage: boolean;
}

/** Takes `first` rows, reading no further than is needed to know whether there are more. */
export async function takeRows<Row, P>(
  batches: AsyncIterable<Batch<Row, P>>,
  first: number,
): Promise<TakenRows<Row, P>> {
  const taken: { readonly batch: Batch<Row, P>; readonly start: number }[] = [];
  let count = 0;
  for await (const batch of batches) {
    taken.push({ batch, start: count });
    count += batch.rows.length;
    if (count > first) break;
  }
  const rows = taken.length === 1 ? taken[0]!.batch.rows : taken.flatMap(({ batch }) => batch.rows);
  const positionAt = (i: number): P => {
    const { batch, start } = taken.findLast((t) => t.start <= i)!;
    return batch.positionAt(i - start);
  };
  return { rows: count > first ? rows.slice(0, first) : rows, positionAt, hasNextPage: count > first };
}

/** @throws InvalidQueryError where warnings are not wanted */
export function refuseWarnings(warnings: readonly string[], strict: boolean | null | undefined): void {
  if (strict && warnings.length > 0) throw new InvalidQueryError(`Refused, for 'strict' is set: ${warnings.join(' ')}`);
}
