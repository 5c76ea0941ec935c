/** Leases with fencing tokens: one holder at a time, and a holder that was overtaken finds out before it does harm. */

export interface Lease {
  /** What it is on, such as `satellite:alice~mine`. */
  readonly resource: string;
  /** Greater than that of every holder before. */
  readonly token: number;
  /** @throws SatelliteError CONFLICT where it was lost */
  confirm(): Promise<void>;
  /** Aborts when it was lost. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}
