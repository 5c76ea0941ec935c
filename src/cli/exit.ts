/** Exit codes of the command; README.md tells them to users. */
export const EXIT = {
  done: 0,
  /** Refused by the gateway, or its job failed. */
  failed: 1,
  /** Options or arguments are wrong. */
  usage: 2,
  /** The gateway is not reached. */
  unreached: 3,
  /** The job was cancelled. */
  cancelled: 4,
  /** The job waits for its owner. */
  held: 5,
} as const;

/** Ends the command with a message for its user. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly exitCode: number;
  /** Of the gateway's error, if it was one. */
  readonly code: string | undefined;

  constructor(message: string, exitCode: number, code?: string) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
  }
}
