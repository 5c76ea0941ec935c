/** Rows of a query that is sent in parts, as those of one answer. */
import type { Query } from '../../butler/query/tree.ts';
import type { Key, QueryContext } from '../repository.ts';
import { keyComparator, type KeyComparator } from '../federated/key-order.ts';
import { mergeOrdered, type Batch } from '../federated/ordered-merge.ts';
import type { RawRow } from './column-layout.ts';
import type { Slot } from './fair-slots.ts';
import type { ButlerHttp } from './http.ts';
import type { NullOrder } from './null-order.ts';
import { continuation, keyReader } from './order.ts';
import { orderedRows, type OrderedRequest } from './ordered-rows.ts';
import { Spool } from './spool.ts';

/** Rows that are looked at at once of a part that was read before. */
const ROWS_AT_ONCE = 2000;

export interface PartsRequest extends Omit<OrderedRequest, 'query'> {
  /** Alike but for the data IDs that they join; no two have a row in common. */
  readonly parts: readonly Query[];
}

/**
 * One part after the other, as the server may not be asked for several at once; where there is an order, each is read into a
 * file first, so that they can be merged in bounded memory.
 */
export async function* rowsInParts(
  http: ButlerHttp,
  nulls: NullOrder,
  { parts, plan, after, limit }: PartsRequest,
  ctx: QueryContext,
  slotTaken?: (slot: Slot) => void,
): AsyncGenerator<readonly RawRow[], void, undefined> {
  const keyOf = keyReader(plan.terms, plan.layout);
  const compare = keyComparator(plan.spec.orderBy);
  // What comes after a row is known to every part where the order alone tells it, else only to the part that has the row.
  const isTold = after === undefined || continuation(plan.terms, after, plan.spec).strict;
  const asked = { plan, after: isTold ? after : undefined, limit: isTold ? limit : null };
  const streams = parts.map((query) => orderedRows(http, nulls, { query, ...asked }, ctx, slotTaken));
  let missing = limit ?? Infinity;
  for await (const page of plan.spec.orderBy.length > 0 ? merged(streams, keyOf, compare) : inSequence(streams)) {
    const further = after === undefined ? page : page.filter((row) => compare(keyOf(row), after) > 0);
    const rows = further.slice(0, missing);
    missing -= rows.length;
    if (rows.length > 0) yield rows;
    if (missing === 0) return;
  }
}

type Rows = AsyncIterable<readonly RawRow[]>;

async function* inSequence(streams: readonly Rows[]): AsyncGenerator<readonly RawRow[], void, undefined> {
  for (const stream of streams) yield* stream;
}

async function* merged(
  streams: readonly Rows[],
  keyOf: (row: RawRow) => Key,
  compare: KeyComparator,
): AsyncGenerator<readonly RawRow[], void, undefined> {
  const spools: Spool[] = [];
  try {
    for (const stream of streams) {
      const spool = await Spool.create();
      spools.push(spool);
      for await (const rows of stream) {
        await spool.append(
          rows,
          rows.map(() => 0),
        );
      }
    }
    const sources = spools.map((spool, i) => ({
      name: String(i),
      after: undefined,
      batches: batchesOf(spool, keyOf),
    }));
    for await (const { rows } of mergeOrdered(sources, compare)) yield rows;
  } finally {
    await Promise.all(spools.map((spool) => spool.close()));
  }
}

async function* batchesOf(spool: Spool, keyOf: (row: RawRow) => Key): AsyncGenerator<Batch<RawRow, undefined>> {
  for (let first = 0; first < spool.rows;) {
    const rows = await spool.read(first, ROWS_AT_ONCE);
    first += rows.length;
    yield { rows, keyAt: (i) => keyOf(rows[i]!), positionAt: () => undefined };
  }
}
