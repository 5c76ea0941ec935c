/**
 * Requests of which there are thousands, signed and sent without the SDK: it takes a millisecond of CPU for each, several
 * times what S3 itself takes.  A request that is not answered as wished is the SDK's, which asks again and says what is wrong.
 */
import { createHash, createHmac } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { Pool, type Dispatcher } from 'undici';
import type { ArtifactContent } from './artifact-store.ts';
import { measuredContent } from './measured.ts';

const TIMEOUTS = { headersTimeout: 60_000, bodyTimeout: 60_000, connect: { timeout: 10_000 } };
/** Bytes of an answer without an object. */
const MOST_ANSWER_BYTES = 100_000;
const UNSIGNED = 'UNSIGNED-PAYLOAD';

interface SigningKey {
  readonly of: string;
  readonly key: Buffer;
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
    const isCopied = await this.#attempt(signal, async () => {
      const { statusCode, body } = await this.#request('PUT', to, signal, { 'x-amz-copy-source': from.slice(1) });
      let text = '';
      for await (const chunk of body) text = `${text}${String(chunk)}`.slice(0, MOST_ANSWER_BYTES);
      // What goes wrong after the first line of the answer comes in its body.
      return statusCode === 200 && text.includes('CopyObjectResult');
    });
    return isCopied ?? false;
  }

  /** Size and hash of an object as it is read; null where it could not be read to its end. */
  async measure(path: string, signal: AbortSignal): Promise<ArtifactContent | null> {
    return this.#attempt(signal, async () => {
      const { statusCode, headers, body } = await this.#request('GET', path, signal);
      const content = await measuredContent(body);
      return statusCode === 200 && Number(headers['content-length']) === content.size ? content : null;
    });
  }

  async #attempt<T>(signal: AbortSignal, request: () => Promise<T>): Promise<T | null> {
    try {
      return await request();
    } catch {
      signal.throwIfAborted();
      return null;
    }
  }

  async #request(
    method: 'GET' | 'PUT',
    path: string,
    signal: AbortSignal,
    amazon: Readonly<Record<string, string>> = {},
  ): Promise<Dispatcher.ResponseData> {
    const headers = await this.#signed(method, path, amazon);
    return this.#pool.request({ method, path, headers, signal });
  }

  /** With the headers of the fourth version of Amazon's signatures. @param amazon names in lower case */
  async #signed(
    method: string,
    path: string,
    amazon: Readonly<Record<string, string>>,
  ): Promise<Record<string, string>> {
    const { accessKeyId, secretAccessKey, sessionToken } = await this.#client.config.credentials();
    this.#region ??= await this.#client.config.region();
    const at = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const scope = `${at.slice(0, 8)}/${this.#region}/s3/aws4_request`;
    const headers: Record<string, string> = {
      host: this.#host,
      'x-amz-content-sha256': UNSIGNED,
      ...amazon,
      'x-amz-date': at,
      ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
    };
    const names = Object.keys(headers).sort();
    const signed = names.join(';');
    const lines = names.map((name) => `${name}:${headers[name]!}`);
    const canonical = [method, path, '', ...lines, '', signed, UNSIGNED].join('\n');
    const text = ['AWS4-HMAC-SHA256', at, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
    const signature = createHmac('sha256', this.#signingKey(secretAccessKey, scope)).update(text).digest('hex');
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
    return headers;
  }

  #signingKey(secret: string, scope: string): Buffer {
    const of = `${secret} ${scope}`;
    if (this.#signing?.of !== of) {
      const key = scope
        .split('/')
        .reduce<Buffer | string>((last, part) => createHmac('sha256', last).update(part).digest(), `AWS4${secret}`);
      this.#signing = { of, key: key as Buffer };
    }
    return this.#signing.key;
  }
}
