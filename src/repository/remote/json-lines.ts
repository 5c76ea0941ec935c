/** JSON lines, as they come over the network. */

const NEWLINE = 0x0a;

/**
 * The lines of a byte stream, without their ends; a last line without an end is given too.  Each byte is looked at once
 * and copied once, whatever the size of the pieces.
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  let pieces: Uint8Array[] = [];
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pieces.push(chunk.subarray(start, end));
      yield textOf(pieces);
      pieces = [];
      start = end + 1;
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
  }
  if (pieces.length > 0) yield textOf(pieces);
}

function textOf(pieces: readonly Uint8Array[]): string {
  return pieces.length === 1
    ? Buffer.from(pieces[0]!.buffer, pieces[0]!.byteOffset, pieces[0]!.length).toString('utf8')
    : Buffer.concat(pieces).toString('utf8');
}
