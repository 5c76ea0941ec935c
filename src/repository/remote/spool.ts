/** Rows on disk, read ahead for the pages of a walk that are still to be asked. */
import { mkdtemp, open, rm, rmdir, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson, stringifyJson } from '../../butler/json.ts';
import type { RawRow } from './column-layout.ts';

interface Chunk {
  readonly offset: number;
  readonly bytes: number;
  readonly firstRow: number;
  readonly rows: number;
}

/**
 * Rows in a temporary file that only this process can reach: its name is taken away as soon as it is open, so that it
 * goes with the process, however that ends.  In memory there are only a few bytes a row.
 */
export class Spool {
  readonly #file: FileHandle;
  readonly #chunks: Chunk[] = [];
  #hashes = new Uint32Array(1024);
  #rows = 0;
  #bytes = 0;
  /** The chunk read last: pages are smaller than chunks and follow each other. */
  #last: { readonly chunk: Chunk; readonly rows: readonly RawRow[] } | undefined;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(): Promise<Spool> {
    const directory = await mkdtemp(join(tmpdir(), 'satellite-spool-'));
    const path = join(directory, 'rows');
    const file = await open(path, 'wx+', 0o600);
    await rm(path);
    await rmdir(directory);
    return new Spool(file);
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds rows; `hashes` are of whatever they will be looked for by. */
  async append(rows: readonly RawRow[], hashes: readonly number[]): Promise<void> {
    const data = Buffer.from(stringifyJson(rows), 'utf8');
    const chunk = { offset: this.#bytes, bytes: data.length, firstRow: this.#rows, rows: rows.length };
    await this.#file.write(data, 0, data.length, chunk.offset);
    if (this.#rows + rows.length > this.#hashes.length) {
      const larger = new Uint32Array(Math.max(2 * this.#hashes.length, this.#rows + rows.length));
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes.set(hashes, this.#rows);
    this.#chunks.push(chunk);
    this.#bytes += data.length;
    this.#rows += rows.length;
  }

  /** The next row at or after `from` with that hash; -1 for none. */
  indexOf(hash: number, from: number): number {
    const i = this.#hashes.subarray(0, this.#rows).indexOf(hash, from);
    return i;
  }

  /** Some rows from `first` on: at least one where there is one, at most `limit`. */
  async read(first: number, limit: number): Promise<readonly RawRow[]> {
    const chunk = this.#chunks.findLast((c) => c.firstRow <= first);
    if (!chunk || first >= this.#rows) return [];
    let rows = this.#last?.chunk === chunk ? this.#last.rows : undefined;
    if (!rows) {
      const data = Buffer.allocUnsafe(chunk.bytes);
      await this.#file.read(data, 0, chunk.bytes, chunk.offset);
      rows = parseJson(data.toString('utf8')) as readonly RawRow[];
      this.#last = { chunk, rows };
    }
    const start = first - chunk.firstRow;
    return rows.slice(start, start + limit);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
