/**
 * Requests of which there are thousands, signed and sent without the SDK: it takes a millisecond of CPU for each, several
 * times what S3 itself takes.  A request that is not answered as wished is the SDK's, which asks again and says what is wrong.
 */
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { Pool, type Dispatcher } from 'undici';
import type { ArtifactContent } from './artifact-store.ts';
import { ContentMeter } from './measured.ts';
import { parseListing, type ListedObjects } from './s3-listing.ts';

const TIMEOUTS = { headersTimeout: 60_000, bodyTimeout: 60_000, connect: { timeout: 10_000 } };
/** Bytes of an answer without an object: a page of a listing has a thousand keys. */
const MOST_ANSWER_BYTES = 10_000_000;
const UNSIGNED = 'UNSIGNED-PAYLOAD';

interface SigningKey {
  readonly of: string;
  readonly key: KeyObject;
}

interface Request {
  readonly method: 'GET' | 'PUT';
  /** As it stands in the address, with escapes: `/bucket/key`. */
  readonly path: string;
  /** Names and values with escapes, in the order of the names. */
  readonly query?: string;
  readonly copySource?: string;
  /** Bytes that are asked for. */
  readonly range?: string;
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export class S3Requests {
  readonly #client: S3Client;
  readonly #pool: Pool;
  readonly #host: string;
  #region: string | undefined;
  #signing: SigningKey | undefined;

  /** @param origin of the server: `https://host:port` */
  constructor(client: S3Client, origin: string) {
    this.#client = client;
    this.#pool = new Pool(origin, TIMEOUTS);
    this.#host = new URL(origin).host;
  }

  /**
   * Copies an object within the server.  Both paths are those of addresses, with escapes: `/bucket/key`.
   * @returns whether it did
   */
  async copy(from: string, to: string, signal: AbortSignal): Promise<boolean> {
    const text = await this.#text({ method: 'PUT', path: to, copySource: from.slice(1) }, signal);
    // What goes wrong after the first line of the answer comes in its body.
    return text?.includes('CopyObjectResult') ?? false;
  }

  /**
   * Size of an object; null where there is none, undefined where the server tells neither.  By its first byte: undici connects
   * anew after each `HEAD`.
   */
  async size(path: string, signal: AbortSignal): Promise<number | null | undefined> {
    const answer = await this.#attempt({ method: 'GET', path, range: 'bytes=0-0' }, signal, () => undefined);
    const [, size] = /^bytes 0-0\/(\d+)$/.exec(String(answer?.headers['content-range'])) ?? [];
    if (answer?.statusCode === 404) return null;
    return answer?.statusCode === 206 && size !== undefined ? Number(size) : undefined;
  }

  /** Size and hash of an object as it is read; null where it could not be read to its end. */
  async measure(path: string, signal: AbortSignal): Promise<ArtifactContent | null> {
    const meter = new ContentMeter();
    const answer = await this.#attempt({ method: 'GET', path }, signal, (chunk) => meter.add(chunk));
    if (answer?.statusCode !== 200) return null;
    const content = meter.content();
    return Number(answer.headers['content-length']) === content.size ? content : null;
  }

  /**
   * A page of the objects whose keys begin with a prefix; null where it could not be read.
   * @param after the token that the page before gave
   */
  async list(
    bucket: string,
    prefix: string,
    after: string | undefined,
    signal: AbortSignal,
  ): Promise<ListedObjects | null> {
    const token = after === undefined ? '' : `continuation-token=${escaped(after)}&`;
    const query = `${token}list-type=2&prefix=${escaped(prefix)}`;
    const text = await this.#text({ method: 'GET', path: `/${bucket}`, query }, signal);
    return text === null ? null : parseListing(text);
  }

  /** What a server answers that has done as it was asked. */
  async #text(request: Request, signal: AbortSignal): Promise<string | null> {
    const chunks: Buffer[] = [];
    let size = 0;
    const answer = await this.#attempt(request, signal, (chunk) => {
      size += chunk.length;
      if (size > MOST_ANSWER_BYTES) throw new Error('the answer has no end');
      chunks.push(chunk);
    });
    return answer?.statusCode === 200 ? Buffer.concat(chunks).toString() : null;
  }

  /** @returns null where the answer did not come to its end */
  async #attempt(request: Request, signal: AbortSignal, take: (chunk: Buffer) => void): Promise<Answer | null> {
    try {
      return await this.#exchange(request, await this.#signed(request), signal, take);
    } catch {
      signal.throwIfAborted();
      return null;
    }
  }

  /** Without a stream for the body, which takes longer than all else. */
  #exchange(
    { method, path, query }: Request,
    headers: string[],
    signal: AbortSignal,
    take: (chunk: Buffer) => void,
  ): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    let controller: Dispatcher.DispatchController | undefined;
    let answer: Answer | undefined;
    const abort = () => controller?.abort(signal.reason as Error);
    signal.addEventListener('abort', abort);
    this.#pool.dispatch(
      { method, path: query === undefined ? path : `${path}?${query}`, headers },
      {
        onRequestStart: (started) => {
          controller = started;
          if (signal.aborted) abort();
        },
        onResponseStart: (_controller, statusCode, answered) => {
          answer = { statusCode, headers: answered };
        },
        onResponseData: (_controller, chunk) => take(chunk),
        onResponseEnd: () => {
          signal.removeEventListener('abort', abort);
          resolve(answer!);
        },
        onResponseError: (_controller, error) => {
          signal.removeEventListener('abort', abort);
          reject(error);
        },
      },
    );
    return promise;
  }

  /** Headers, names and values in turn, with the fourth version of Amazon's signatures. */
  async #signed({ method, path, query = '', copySource, range }: Request): Promise<string[]> {
    const { accessKeyId, secretAccessKey, sessionToken } = await this.#client.config.credentials();
    this.#region ??= await this.#client.config.region();
    const at = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const scope = `${at.slice(0, 8)}/${this.#region}/s3/aws4_request`;
    // In the order of their names, as they are signed.
    const headers = ['host', this.#host, 'x-amz-content-sha256', UNSIGNED];
    if (copySource !== undefined) headers.push('x-amz-copy-source', copySource);
    headers.push('x-amz-date', at);
    if (sessionToken !== undefined) headers.push('x-amz-security-token', sessionToken);
    let lines = '';
    let names = '';
    for (let i = 0; i < headers.length; i += 2) {
      lines += `${headers[i]!}:${headers[i + 1]!}\n`;
      names += i === 0 ? headers[i]! : `;${headers[i]!}`;
    }
    const canonical = `${method}\n${path}\n${query}\n${lines}\n${names}\n${UNSIGNED}`;
    const text = `AWS4-HMAC-SHA256\n${at}\n${scope}\n${hash('sha256', canonical)}`;
    const signature = createHmac('sha256', this.#signingKey(secretAccessKey, scope)).update(text).digest('hex');
    headers.push(
      'authorization',
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    );
    if (range !== undefined) headers.push('range', range);
    return headers;
  }

  #signingKey(secret: string, scope: string): KeyObject {
    const of = `${secret} ${scope}`;
    if (this.#signing?.of !== of) {
      const key = scope
        .split('/')
        .reduce<Buffer | string>((last, part) => createHmac('sha256', last).update(part).digest(), `AWS4${secret}`);
      this.#signing = { of, key: createSecretKey(key as Buffer) };
    }
    return this.#signing.key;
  }
}

/** A part of an address as S3 signs it. */
export function escaped(part: string): string {
  if (/^[\w.~-]*$/.test(part)) return part;
  return encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
