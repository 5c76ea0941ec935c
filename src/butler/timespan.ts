/** Instants and timespans: integer nanoseconds since 1970-01-01T00:00:00 TAI, as bigint (butler-schema.md 1.3). */

/** The begin of an unbounded timespan. */
export const MIN_NSEC = 0n;
/** The end of an unbounded timespan: 2100-01-01T00:00:00 TAI. */
export const MAX_NSEC = 4102444800000000000n;

/** Half-open [begin, end), ns TAI.  Unbounded ends are MIN_NSEC and MAX_NSEC; the empty one is (MAX_NSEC, MIN_NSEC). */
export interface Timespan {
  readonly begin: bigint;
  readonly end: bigint;
}
