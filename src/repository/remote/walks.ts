/**
 * Walks: clients that page through the rows of one query.
 *
 * A page costs the server a sort of all that is left, so that a walk of n pages would cost n sorts.  Therefore the first
 * page of a query is asked as it is, and from the second on rows are read ahead in one stream, into a spool from which
 * later pages are served without any request: ten pages at first, in case the client soon stops, then as much as the
 * bounds allow.  The stream runs at the server's speed and gives its slot back when it ends, whatever the client does
 * meanwhile; and it stops early when others wait for the slot.  Spools belong to one user and are dropped at a stated
 * age, which is therefore also how old a walk's rows may be.
 */
import { createHash } from 'node:crypto';
import { rightsOf, type Key, type QueryContext } from '../repository.ts';
import type { RawRow } from './column-layout.ts';
import type { Slot } from './fair-slots.ts';
import { ReadAhead } from './read-ahead.ts';
import type { RemoteLimits } from './settings.ts';

/** Pages that the first read-ahead of a walk reads. */
const FIRST_PAGES = 10;

/** Rows that a stream gives at least before it makes room for others. */
const PREEMPTION_ROWS = 10_000;

export interface PageRequest {
  /** Equal for pages of the same query in the same order, and only for these; without the user. */
  readonly query: string;
  readonly after: Key | undefined;
  readonly limit: number;
  readonly keyOf: (row: RawRow) => Key;
  /** Asks the server for a page. */
  readonly open: (after: Key | undefined, limit: number, ctx: QueryContext) => AsyncIterable<readonly RawRow[]>;
  /** Asks the server for many rows. @param slotTaken see `ButlerHttp.lines` */
  readonly readOn: (
    after: Key,
    maxRows: number,
    ctx: QueryContext,
    slotTaken: (slot: Slot) => void,
  ) => AsyncIterable<readonly RawRow[]>;
}

interface Walk {
  readonly readAheads: ReadAhead[];
  readonly expiry: NodeJS.Timeout;
}

export class Walks {
  readonly #limits: Pick<RemoteLimits, 'readAheadRows' | 'readAheadSeconds' | 'readAheadBytes'>;
  readonly #walks = new Map<string, Walk>();

  constructor(limits: Pick<RemoteLimits, 'readAheadRows' | 'readAheadSeconds' | 'readAheadBytes'>) {
    this.#limits = limits;
  }

  /** The rows of one page. @throws as `request.open` */
  async *page(request: PageRequest, ctx: QueryContext): AsyncGenerator<readonly RawRow[], void, undefined> {
    const name = createHash('sha256')
      .update(JSON.stringify([rightsOf(ctx.caller), request.query]))
      .digest('base64');
    if (request.after === undefined || !this.#walks.has(name)) {
      this.#walkNamed(name);
      yield* request.open(request.after, request.limit, ctx);
      return;
    }
    let { after, limit }: { after: Key; limit: number } = { after: request.after, limit: request.limit };
    while (limit > 0) {
      const { readAhead, index } = await this.#readAheadWith(name, after, request, ctx);
      const rows = readAhead.rows(index, limit, ctx.signal);
      const before = limit;
      let next = await rows.next();
      for (; !next.done; next = await rows.next()) {
        limit -= next.value.length;
        after = request.keyOf(next.value.at(-1)!);
        yield next.value;
      }
      const isLast = next.value;
      if (isLast) return;
      if (limit === before) {
        // No room for rows: without reading ahead, then.
        yield* request.open(after, limit, ctx);
        return;
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#walks.keys()].map((name) => this.#end(name)));
  }

  async #readAheadWith(
    name: string,
    after: Key,
    request: PageRequest,
    ctx: QueryContext,
  ): Promise<{ readonly readAhead: ReadAhead; readonly index: number }> {
    for (const readAhead of this.#walks.get(name)?.readAheads.toReversed() ?? []) {
      const index = await readAhead.indexAfter(after, ctx.signal);
      if (index !== undefined && !readAhead.isSpentAt(index)) return { readAhead, index };
    }
    // The walk may have come of age meanwhile: what is begun now has to belong to one that will be ended.
    const { readAheads } = this.#walkNamed(name);
    const ahead = readAheads.length === 0 ? FIRST_PAGES * request.limit : Infinity;
    // A client who goes forward needs no more than the last one; another stays for a page that is asked again.
    for (const old of readAheads.splice(0, readAheads.length - 1)) void old.close();
    const readAhead = this.#readOn(after, Math.min(ahead, this.#limits.readAheadRows), request, ctx);
    readAheads.push(readAhead);
    return { readAhead, index: 0 };
  }

  #readOn(after: Key, maxRows: number, request: PageRequest, { caller }: QueryContext): ReadAhead {
    let slot: Slot | undefined;
    return new ReadAhead(after, {
      open: (signal) =>
        request.readOn(after, maxRows, { caller, signal }, (taken) => {
          slot = taken;
        }),
      keyOf: request.keyOf,
      maxRows,
      mayGrow: (rows) =>
        this.#bytes() < this.#limits.readAheadBytes && !(slot?.wanted === true && rows >= PREEMPTION_ROWS),
    });
  }

  #bytes(): number {
    let bytes = 0;
    for (const { readAheads } of this.#walks.values()) for (const readAhead of readAheads) bytes += readAhead.bytes;
    return bytes;
  }

  #walkNamed(name: string): Walk {
    let walk = this.#walks.get(name);
    if (!walk) {
      const expiry = setTimeout(() => void this.#end(name), this.#limits.readAheadSeconds * 1000);
      expiry.unref();
      walk = { readAheads: [], expiry };
      this.#walks.set(name, walk);
    }
    return walk;
  }

  async #end(name: string): Promise<void> {
    const walk = this.#walks.get(name);
    if (!walk) return;
    this.#walks.delete(name);
    clearTimeout(walk.expiry);
    await Promise.all(walk.readAheads.map((readAhead) => readAhead.close()));
  }
}
