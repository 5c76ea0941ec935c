/** Work that nobody waits for makes room while users ask: they share its processors, and often those of its stores. */

/** Who has just asked is likely to ask again, as clients do that walk through pages. */
const LATELY_MILLISECONDS = 200;

let askedAt = -Infinity;

/** To be called when a request comes in. */
export function noteAsked(): void {
  askedAt = performance.now();
}

/** Whether anybody has asked this process for anything lately. */
export function isAskedLately(): boolean {
  return performance.now() - askedAt < LATELY_MILLISECONDS;
}
