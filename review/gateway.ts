/** The gateway's GraphQL, as a signed-in user asks it. */
import { createClient } from 'graphql-sse';

interface Answer<T> {
  readonly data?: T | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: unknown } }[];
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

const AGAIN_MILLISECONDS = 5000;

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
      throw new GatewayError('The gateway does not answer: see whether you are connected, and try again.');
    });
    const answer = (await response.json().catch(() => ({}))) as Answer<T>;
    return dataOf(answer, `The gateway answered with status ${response.status}.`);
  }

  /**
   * Gives what a subscription tells, and goes on with a new one where it ends.
   * @param told of each event, and of `null` where none come at the moment
   * @returns ends it
   */
  watch<T>(query: string, variables: Record<string, unknown>, told: (data: T | null) => void): () => void {
    const client = createClient({ url: `${this.#endpoint}/stream`, headers: { ...this.#headers }, retryAttempts: 0 });
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop = () => undefined as void;
    const again = () => {
      if (ended.signal.aborted) return;
      told(null);
      timer = setTimeout(start, AGAIN_MILLISECONDS);
    };
    const start = () => {
      stop = client.subscribe<T>(
        { query, variables },
        { next: ({ data }) => data && told(data), error: again, complete: again },
      );
    };
    start();
    return () => {
      ended.abort();
      clearTimeout(timer);
      stop();
      client.dispose();
    };
  }
}

function dataOf<T>({ data, errors }: Answer<T>, otherwise: string): T {
  const [error] = errors ?? [];
  if (error) {
    const code = error.extensions?.code;
    throw new GatewayError(error.message, typeof code === 'string' ? code : undefined);
  }
  if (data) return data;
  throw new GatewayError(otherwise);
}
