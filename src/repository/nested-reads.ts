/**
 * Reads that are made while another answer of the same request is still open, which keeps the place that it was read with: a
 * stream of a server, a worker process, a connection.  Who waited for such a place in the usual queue could wait for itself, for
 * ever; so there are a few more for these reads, which go on to their ends and wait for nobody.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const nested = new AsyncLocalStorage<true>();

/** Reads something all of which is taken, whatever else is open.  Only one such read goes on within another. */
export function readNested<T>(read: () => Promise<T>): Promise<T> {
  return nested.run(true, read);
}

/** Whether the read that is asked for now is one of those. */
export function isNestedRead(): boolean {
  return nested.getStore() === true;
}
