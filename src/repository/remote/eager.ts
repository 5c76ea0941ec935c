/** Reading ahead of a consumer, in memory. */

/**
 * The values of a source, which is read at its own speed while at most `capacity` values wait for the consumer.  Thus
 * what the source holds (a slot at the server) is given back when it has ended, however slowly its values are taken.
 * @param open gives the source; its signal is aborted when `signal` is, and when the consumer stops early
 */
export async function* eagerly<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  signal: AbortSignal,
  capacity: number,
): AsyncGenerator<T, void, undefined> {
  const stopped = new AbortController();
  const values: T[] = [];
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let change = Promise.withResolvers<void>();
  const changed = () => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  const read = async () => {
    try {
      for await (const value of open(AbortSignal.any([signal, stopped.signal]))) {
        values.push(value);
        changed();
        while (values.length >= capacity && !stopped.signal.aborted) await change.promise;
      }
    } catch (error) {
      failure = { error };
    }
    ended = true;
    changed();
  };
  const reading = read();
  try {
    for (;;) {
      const value = values.shift();
      if (value !== undefined) {
        changed();
        yield value;
      } else if (failure) throw failure.error;
      else if (ended) return;
      else await change.promise;
    }
  } finally {
    stopped.abort();
    changed();
    await reading;
  }
}
