/** How far the heap of a gateway may grow before V8 collects all of its garbage. */
import { setFlagsFromString } from 'node:v8';

/** Percent of what lives, where walks of large pages are not to show in resident memory; V8's own choice is up to 300. */
const SMALL = 30;
/** While a job moves much.  Below 60, each 16 MB that pass cause a collection, which finds next to nothing. */
const ROOMY = 70;

let isSmall = false;
let working = 0;

/** Keeps the heap of this process small from now on: for a process that is a gateway. */
export function keepHeapSmall(): void {
  isSmall = true;
  setGrowth();
}

/**
 * Collects all garbage, where this process was started with `--expose-gc`: what a start leaves is as much as what it needs,
 * and V8 reckons from what lives after the first such collection when the next is due.
 */
export function collectNow(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/**
 * Does what takes many bytes or rows from one place to another.  V8 counts what came over a network as growth of the heap,
 * though it is gone as soon as it was written: a third of the time of a copy would go to collections, and a fifth of that of
 * references, which are a page of rows in many shapes one after the other.
 */
export async function withRoomyHeap<T>(work: () => Promise<T>): Promise<T> {
  working += 1;
  setGrowth();
  try {
    return await work();
  } finally {
    working -= 1;
    setGrowth();
  }
}

/**
 * V8 reads these at each collection.  Where the young generation may not grow, a page of rows is copied over and over while it
 * comes: then a third of a job's time goes to collections, and as much again of the threads that help.  A process that was
 * started to be small (`--optimize-for-size` on its command line) would never let it grow: it is said here instead.
 */
function setGrowth(): void {
  if (!isSmall) return;
  const isRoomy = working > 0;
  setFlagsFromString(`--heap-growing-percent=${isRoomy ? ROOMY : SMALL}`);
  setFlagsFromString(isRoomy ? '--no-optimize-for-size' : '--optimize-for-size');
  setFlagsFromString(`--semi-space-growth-factor=${isRoomy ? 2 : 1}`);
}
