/** A client of a running gateway: one request, or a job that is watched to its end. */
import { CommandError, EXIT } from './exit.ts';

/** A job, as every verb asks for it. */
export interface WatchedJob {
  readonly id: string;
  readonly kind: string;
  readonly state: 'QUEUED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'HELD';
  readonly progress: { readonly done: number | string; readonly total: number | string | null; readonly unit: string };
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly result: Readonly<Record<string, unknown>> | null;
}

export const JOB_FIELDS = 'id kind state progress {done total unit} error {code message} result';

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Errors after which a subscription is asked for again. */
const PASSING = new Set(['DEADLINE_EXCEEDED', 'UPSTREAM_UNAVAILABLE']);
/** Tries to connect again, with back-off up to about a minute in all. */
const RETRIES = 8;

export class GatewayClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param url of the gateway, such as `http://127.0.0.1:8080` */
  constructor(url: string, token: string) {
    this.#url = url.replace(/\/$/, '');
    this.#headers = { authorization: `Bearer ${token}` };
  }

  /** The data of an operation. @throws CommandError where it is refused, or the gateway is not reached */
  async ask<Data>(query: string, variables: object): Promise<Data> {
    let response: Response;
    try {
      const headers = { ...this.#headers, 'content-type': 'application/json' };
      const body = JSON.stringify({ query, variables });
      response = await fetch(`${this.#url}/graphql`, { method: 'POST', headers, body });
    } catch {
      throw notReached(this.#url);
    }
    const answer = (await response.json().catch(() => ({}))) as Answer;
    if (answer.errors && answer.errors.length > 0) throw refused(answer.errors);
    if (answer.data === undefined || answer.data === null) {
      throw new CommandError(
        `${this.#url} answered ${response.status}, and not as a gateway does: check --url.`,
        EXIT.unreached,
      );
    }
    return answer.data as Data;
  }

  /**
   * The answer of another address than GraphQL's: a JSON object.
   * @throws CommandError as `ask`, and where something between us and the gateway answers for it
   */
  async post<Answered>(path: string, body: object, signal?: AbortSignal): Promise<Answered> {
    const headers = { ...this.#headers, 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify(body), ...(signal && { signal }) };
    const response = await fetch(`${this.#url}${path}`, request).catch(() => {
      throw notReached(this.#url);
    });
    const answer = (await response.json().catch(() => null)) as Answer | null;
    if (answer?.errors && answer.errors.length > 0) throw refused(answer.errors);
    if (!response.ok || answer === null) throw notReached(this.#url);
    return answer as Answered;
  }

  /** The job now and after each change, until it has ended or is held; connections that break are made again. */
  async *watch(id: string): AsyncGenerator<WatchedJob, void> {
    const { createClient } = await import('graphql-sse');
    const client = createClient({ url: `${this.#url}/graphql/stream`, headers: this.#headers, retryAttempts: RETRIES });
    const query = `subscription ($id: ID!) {jobProgress(id: $id) {${JOB_FIELDS}}}`;
    try {
      for (;;) {
        for await (const { data, errors } of client.iterate<{ jobProgress: WatchedJob }>({
          query,
          variables: { id },
        })) {
          if (errors) {
            const known = errors as unknown as NonNullable<Answer['errors']>;
            if (!known.every(({ extensions }) => PASSING.has(extensions?.code ?? ''))) throw refused(known);
            break;
          }
          if (!data) continue;
          yield data.jobProgress;
          if (isAtRest(data.jobProgress)) return;
        }
      }
    } catch (error) {
      throw error instanceof CommandError ? error : notReached(this.#url);
    } finally {
      client.dispose();
    }
  }

  /** Puts a file where the gateway said. @throws CommandError where it is not taken */
  async put(url: string, headers: Readonly<Record<string, string>>, bytes: Blob): Promise<void> {
    const response = await fetch(url, { method: 'PUT', headers, body: bytes }).catch(() => {
      throw notReached(new URL(url).origin);
    });
    if (response.ok) return;
    const { errors } = (await response.json().catch(() => ({}))) as Answer;
    throw errors
      ? refused(errors)
      : new CommandError(`A file was refused with status ${response.status}.`, EXIT.failed);
  }
}

/** Nothing more will come without the user. */
export function isAtRest({ state }: Pick<WatchedJob, 'state'>): boolean {
  return state !== 'QUEUED' && state !== 'RUNNING';
}

function refused(errors: NonNullable<Answer['errors']>): CommandError {
  const messages = errors.map(({ message, extensions }) => {
    return extensions?.code === undefined ? message : `${message} (${extensions.code})`;
  });
  return new CommandError(messages.join('\n'), EXIT.failed, errors[0]?.extensions?.code);
}

function notReached(url: string): CommandError {
  return new CommandError(
    `The gateway at ${url} cannot be reached: is it running, and is --url right?`,
    EXIT.unreached,
  );
}
