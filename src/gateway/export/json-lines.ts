import { publicError } from '../public-error.ts';
import type { ExportedRows } from './exported-rows.ts';

/**
 * One JSON object a line, and a last line that tells how it ended: `{"count": N}`, or `{"errors": […]}` where something
 * went wrong on the way.  An export without such a line was cut off.
 */
export async function* jsonLines({ objects }: ExportedRows): AsyncIterable<string> {
  let count = 0;
  try {
    for await (const page of objects()) {
      count += page.length;
      if (page.length > 0) yield page.map((row) => `${JSON.stringify(row)}\n`).join('');
    }
    yield `${JSON.stringify({ count })}\n`;
  } catch (error) {
    // Before the first row there is still a status to answer with.
    if (count === 0) throw error;
    yield `${JSON.stringify({ errors: [publicError(error)] })}\n`;
  }
}
