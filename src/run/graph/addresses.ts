/**
 * The table of a graph's blocks by UUID: one byte with the size of an integer, the number of rows, the number of addresses
 * in a row; then rows in the order of their UUIDs, of a UUID, its index, and an offset and a size for each address.  All
 * integers are big-endian.
 */
import type { GraphArchive } from './archive.ts';
import { unreadable } from './unreadable.ts';

/** Where a block is in its member; its size includes the integer before it. */
export interface Address {
  readonly offset: number;
  /** 0: there is no such block. */
  readonly size: number;
}

const UUID_SIZE = 16;
/** Rows that are read at once, when few enough are left to look through. */
const PAGE = 256;

/** Reads the table by bisection: of a million rows it reads a few kB. */
export class AddressTable {
  readonly rows: number;
  readonly #archive: GraphArchive;
  readonly #member: string;
  readonly #intSize: number;
  readonly #addresses: number;

  private constructor(archive: GraphArchive, member: string, intSize: number, addresses: number, rows: number) {
    this.#archive = archive;
    this.#member = member;
    this.#intSize = intSize;
    this.#addresses = addresses;
    this.rows = rows;
  }

  /** @throws SatelliteError BAD_USER_INPUT where the table is not of that kind, or has not the size that it says */
  static async open(archive: GraphArchive, member: string, intSize: number, addresses: number): Promise<AddressTable> {
    const head = await archive.readAt(member, 0, 1 + 2 * intSize);
    if (head[0] !== intSize) throw unreadable(`${member} has integers of ${head[0]} bytes, not of ${intSize}`);
    const rows = readInteger(head, 1, intSize);
    const found = readInteger(head, 1 + intSize, intSize);
    if (found !== addresses) throw unreadable(`${member} has ${found} addresses in a row, not ${addresses}`);
    const table = new AddressTable(archive, member, intSize, addresses, rows);
    if (archive.sizeOf(member) !== head.length + rows * table.#rowSize) {
      throw unreadable(`${member} has not the size of the ${rows} rows that it says it has`);
    }
    return table;
  }

  /** Its addresses, in order; undefined where the UUID is not in the table. */
  async find(uuid: string): Promise<readonly Address[] | undefined> {
    const wanted = uuidBytes(uuid);
    let first = 0;
    let past = this.rows;
    while (past - first > PAGE) {
      const middle = Math.floor((first + past) / 2);
      const [row] = await this.#read(middle, middle + 1);
      if (Buffer.compare(wanted, row!.subarray(0, UUID_SIZE)) < 0) past = middle;
      else first = middle;
    }
    const row = (await this.#read(first, past)).find((bytes) => bytes.subarray(0, UUID_SIZE).equals(wanted));
    if (!row) return undefined;
    return Array.from({ length: this.#addresses }, (_, i) => {
      const at = UUID_SIZE + this.#intSize * (1 + 2 * i);
      return {
        offset: readInteger(row, at, this.#intSize),
        size: readInteger(row, at + this.#intSize, this.#intSize),
      };
    });
  }

  get #rowSize(): number {
    return UUID_SIZE + this.#intSize * (1 + 2 * this.#addresses);
  }

  async #read(first: number, past: number): Promise<readonly Buffer[]> {
    const size = this.#rowSize;
    const bytes = await this.#archive.readAt(this.#member, 1 + 2 * this.#intSize + first * size, (past - first) * size);
    return Array.from({ length: past - first }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
  }
}

/** Bytes of a table with one address in a row. */
export function addressTable(blocks: readonly (Address & { readonly uuid: string })[], intSize: number): Buffer {
  const rows = blocks
    .map(({ uuid, offset, size }) => ({ uuid: uuidBytes(uuid), offset, size }))
    .sort((a, b) => Buffer.compare(a.uuid, b.uuid));
  const integer = (value: number) => integerBytes(value, intSize);
  return Buffer.concat([
    Buffer.from([intSize]),
    integer(rows.length),
    integer(1),
    ...rows.flatMap(({ uuid, offset, size }, i) => [uuid, integer(i), integer(offset), integer(size)]),
  ]);
}

/** @throws SatelliteError BAD_USER_INPUT where it is more than a number can hold */
export function readInteger(bytes: Buffer, at: number, size: number): number {
  // Of 8 bytes, a number holds the lower 53 bits.
  const high = size > 6 ? bytes.readUIntBE(at, size - 6) : 0;
  const low = bytes.readUIntBE(at + Math.max(size - 6, 0), Math.min(size, 6));
  const value = high * 2 ** 48 + low;
  if (!Number.isSafeInteger(value)) throw unreadable('it has an address or a size that cannot be');
  return value;
}

/** @throws RangeError where the value does not fit into so many bytes */
export function integerBytes(value: number, size: number): Buffer {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
    throw new RangeError(`${value} does not fit into ${size} bytes of a graph file.`);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes.subarray(8 - size);
}

function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}
