import { pino, type DestinationStream, type Logger } from 'pino';

/**
 * The gateway's log: JSON lines on standard error, with ISO times.  Of an error only type, text, stack and causes are
 * written: libraries hang requests, connections and parameters on theirs.
 */
export function createLog(destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, req: () => undefined, res: () => undefined },
    },
    destination,
  );
}

interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause?: ErrorDescription;
}

function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error))
    return { type: typeof error, message: 'something that is not an error', stack: undefined };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
