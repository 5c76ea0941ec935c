/** Instants and timespans: integer nanoseconds since 1970-01-01T00:00:00 TAI, as bigint. */
import { InvalidQueryError } from './errors.ts';

/** The begin of an unbounded timespan. */
export const MIN_NSEC = 0n;
/** The end of an unbounded timespan: 2100-01-01T00:00:00 TAI. */
export const MAX_NSEC = 4102444800000000000n;

/** Half-open [begin, end), ns TAI.  Unbounded ends are MIN_NSEC and MAX_NSEC; the empty one is (MAX_NSEC, MIN_NSEC). */
export interface Timespan {
  readonly begin: bigint;
  readonly end: bigint;
}

/** The timespan that holds no instant. */
export const EMPTY_TIMESPAN: Timespan = { begin: MAX_NSEC, end: MIN_NSEC };

/**
 * The timespan from one instant (ns TAI) to another, null for an open end.  From an instant to itself it lasts one
 * nanosecond; a reversed one is empty.
 * @throws InvalidQueryError for a single instant at an end of the range that can be stored, as stock Butler does.
 */
export function timespanBetween(begin: bigint | null, end: bigint | null): Timespan {
  const from = begin ?? MIN_NSEC;
  const to = end ?? MAX_NSEC;
  if (from > to) {
    return EMPTY_TIMESPAN;
  }
  if (from < to) {
    return { begin: from, end: to };
  }
  if (from <= MIN_NSEC || to + 1n >= MAX_NSEC) {
    throw new InvalidQueryError('A timespan of one instant must lie after 1970 and before 2100: give it a later end.');
  }
  return { begin: from, end: to + 1n };
}
