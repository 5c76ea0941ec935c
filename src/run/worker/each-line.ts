/** Lines of a stream that somebody else writes, who may never end one. */
import type { Readable } from 'node:stream';

/**
 * Gives each whole line as it comes, and null once where one is longer than it may be: then nothing more.
 * @param most bytes
 */
export function eachLine(stream: Readable, most: number, take: (line: string | null) => void): void {
  let pieces: Buffer[] = [];
  let bytes = 0;
  const add = (piece: Buffer) => {
    pieces.push(piece);
    bytes += piece.length;
  };
  const read = (chunk: Buffer) => {
    let begin = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, begin)) {
      add(chunk.subarray(begin, end));
      begin = end + 1;
      const line = bytes > most ? null : Buffer.concat(pieces).toString();
      pieces = [];
      bytes = 0;
      take(line);
      if (line === null) return stop();
    }
    add(chunk.subarray(begin));
    if (bytes <= most) return;
    take(null);
    stop();
  };
  const stop = () => {
    pieces = [];
    // What follows is read and forgotten: the stream has to end.
    stream.off('data', read).resume();
  };
  stream.on('data', read);
}
