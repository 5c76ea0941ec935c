/** Leases with fencing tokens: one holder at a time, and a holder that was overtaken finds out before it does harm. */

export interface Lease {
  /** What it is on, such as `satellite:alice~mine`. */
  readonly resource: string;
  /** Greater than that of every holder before. */
  readonly token: number;
  /** Whether the holder before it gave it back; false where it was overtaken, and where there was none. */
  readonly afterRelease: boolean;
  /** @throws SatelliteError CONFLICT where it was lost */
  confirm(): Promise<void>;
  /** Aborts when it was lost. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
  /** Gives it up as if the process had died: for the next holder, there was no release. */
  abandon(): Promise<void>;
}

export interface Leases {
  /**
   * Waits for the resource to be free, and holds it, renewed by itself, until it is released or the process falls silent.
   * @param waitMilliseconds how long to wait for another holder at most
   * @throws SatelliteError CONFLICT where another held it all the time
   */
  acquire(resource: string, waitMilliseconds: number, signal: AbortSignal): Promise<Lease>;
}
