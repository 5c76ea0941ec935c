/** Streams of a RemoteButler server: JSON lines, kept alive while the first rows are being found. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { publicError } from '../public-error.ts';
import { userErrorAnswer } from './failures.ts';

/** Silence after which the client is told that the query still runs, as the real server does. */
const KEEP_ALIVE_MS = 15_000;
/** Time after which a client that takes nothing has gone, whatever its connection says: what is read for it is wanted by others. */
const STALLED_MS = 600_000;
const KEEP_ALIVE = '{"type":"keep-alive"}\n';

/**
 * Sends lines as they come.  A user's error is a line of its own, with status 200, as clients expect; any other error
 * before the first line has a status of its own.  What breaks later breaks the connection too, so that nobody takes the
 * rows so far for all of them.
 */
export async function sendLines(reply: FastifyReply, lines: AsyncIterator<string>): Promise<FastifyReply> {
  let next = inBand(lines);
  const first = await orSilence(next);
  const stream = Readable.from(
    (async function* () {
      if (first === undefined) yield KEEP_ALIVE;
      try {
        for (;;) {
          const result = await orSilence(next);
          if (result === undefined) {
            yield KEEP_ALIVE;
            continue;
          }
          if (result.done) return;
          const stalled = setTimeout(() => reply.raw.destroy(), STALLED_MS).unref();
          try {
            yield `${result.value}\n`;
          } finally {
            clearTimeout(stalled);
          }
          next = inBand(lines);
        }
      } finally {
        await lines.return?.();
      }
    })(),
    { objectMode: false },
  );
  stream.on('error', (error) => {
    publicError(error);
    reply.raw.destroy();
  });
  return reply.type('application/jsonlines').header('x-accel-buffering', 'no').send(stream);
}

/** The next line; a user's error is the last one. */
async function inBand(lines: AsyncIterator<string>): Promise<IteratorResult<string>> {
  try {
    return await lines.next();
  } catch (error) {
    const answer = userErrorAnswer(error);
    if (!answer) throw error;
    return { done: false, value: JSON.stringify({ type: 'error', error: answer }) };
  }
}

/** The line, or undefined where it is long in coming. */
async function orSilence<T>(line: Promise<T>): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), KEEP_ALIVE_MS).unref();
  try {
    return await Promise.race([line, promise]);
  } finally {
    clearTimeout(timer);
  }
}
