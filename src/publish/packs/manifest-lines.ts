/** Lines of a pack's manifest, none of which is longer than one that means something. */
import type { Readable } from 'node:stream';
import { PackError } from './pack-format.ts';

/** Bytes. A region or the files of a dataset are some kB, a chain of thousands a part of this. */
const LONGEST_LINE = 2 ** 20;

/** @throws PackError where one is too long, or the last one does not end */
export async function* linesOf(bytes: Readable): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let length = 0;
  const add = (part: Buffer) => {
    begun.push(part);
    length += part.length;
    if (length > LONGEST_LINE) throw new PackError(`A line of the manifest has more than ${LONGEST_LINE} bytes.`);
  };
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      add(chunk.subarray(from, at));
      yield Buffer.concat(begun).toString();
      begun = [];
      length = 0;
      from = at + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) throw new PackError('The manifest of the pack ends within a line.');
}
