/** The gateway's GraphQL, as a signed-in user asks it. */
import { createClient, NetworkError } from 'graphql-sse';

interface Answer<T> {
  readonly data?: T | null | undefined;
  readonly errors?:
    readonly { readonly message: string; readonly extensions?: { readonly code?: unknown } | undefined }[] | undefined;
}

/** What the gateway says, in its words. */
export class GatewayError extends Error {
  override name = 'GatewayError';
  /** Such as `CONFLICT`; undefined where the gateway did not answer. */
  readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

export const UNANSWERED = 'The gateway does not answer: see whether you are connected, and try again.';

export interface Subscriber<T> {
  /** Of each event, and of `null` where none come at the moment. */
  readonly told: (data: T | null) => void;
  /** Nothing is told any more: the gateway does not let one watch it. */
  readonly refused: (error: GatewayError) => void;
}

const AGAIN_MILLISECONDS = 5000;
/** What asking again does not change. */
const REFUSALS: ReadonlySet<string | undefined> = new Set([
  ...['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'BAD_USER_INPUT'],
  ...['GRAPHQL_VALIDATION_FAILED', 'BAD_REQUEST'],
]);
const REFUSING_STATUS: Readonly<Record<number, string>> = { 401: 'UNAUTHENTICATED', 403: 'FORBIDDEN' };

export class Gateway {
  readonly #endpoint: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param headers who asks */
  constructor(endpoint: string, headers: Readonly<Record<string, string>>) {
    this.#endpoint = endpoint;
    this.#headers = headers;
  }

  /** @throws GatewayError */
  async ask<T>(query: string, variables: object = {}, signal?: AbortSignal): Promise<T> {
    const response = await fetch(this.#endpoint, {
      method: 'POST',
      headers: { ...this.#headers, 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw new GatewayError(UNANSWERED);
    });
    const answer = (await response.json().catch(() => ({}))) as Answer<T>;
    const error = errorIn(answer);
    if (error) throw error;
    if (answer.data) return answer.data;
    throw new GatewayError(`The gateway answered with status ${response.status}.`);
  }

  /**
   * Gives what a subscription tells, and goes on with a new one where it breaks off.
   * @returns ends it
   */
  watch<T>(query: string, variables: Record<string, unknown>, { told, refused }: Subscriber<T>): () => void {
    const client = createClient({ url: `${this.#endpoint}/stream`, headers: { ...this.#headers }, retryAttempts: 0 });
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = () => {
      ended.abort();
      clearTimeout(timer);
      client.dispose();
    };
    const refuse = (error: GatewayError) => {
      end();
      refused(error);
    };
    const again = () => {
      if (ended.signal.aborted) return;
      told(null);
      timer = setTimeout(start, AGAIN_MILLISECONDS);
    };
    const start = () => {
      client.subscribe<T>(
        { query, variables },
        {
          next: (result) => {
            if (result.data) return told(result.data);
            const error = errorIn(result);
            if (error && REFUSALS.has(error.code)) refuse(error);
          },
          error: (problem) => {
            const status = problem instanceof NetworkError ? (problem as NetworkError).response?.status : undefined;
            const code = status === undefined ? undefined : REFUSING_STATUS[status];
            if (code === undefined || ended.signal.aborted) again();
            else refuse(new GatewayError(`The gateway answered with status ${status}.`, code));
          },
          complete: again,
        },
      );
    };
    start();
    return end;
  }
}

function errorIn({ errors }: Answer<unknown>): GatewayError | undefined {
  const [error] = errors ?? [];
  const code = error?.extensions?.code;
  return error && new GatewayError(error.message, typeof code === 'string' ? code : undefined);
}
