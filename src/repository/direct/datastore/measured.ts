/** Bytes on their way into a store, counted, and hashed where it is known what they should be. */
import { createHash } from 'node:crypto';
import { SatelliteError } from '../../../butler/errors.ts';
import type { ArtifactContent } from './artifact-store.ts';

/** Bytes that came whole, but are not those that were expected: too many, too few or others. */
export class UnexpectedBytesError extends SatelliteError {
  readonly what: string;

  constructor(path: string, what: string) {
    super(
      'UPSTREAM_UNAVAILABLE',
      `The bytes for '${path}' are not those that were expected: ${what}. Nothing was kept; try again.`,
    );
    this.what = what;
  }
}

/** Takes the size and the hash of bytes as they come. */
export class ContentMeter {
  readonly #hash = createHash('sha256');
  #size = 0;

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#size += chunk.length;
  }

  /** Of all of them, once. */
  content(): ArtifactContent {
    return { size: this.#size, sha256: this.#hash.digest('hex') };
  }
}

/** Size and hash of bytes that come to their end. */
export async function measuredContent(bytes: AsyncIterable<Uint8Array>): Promise<ArtifactContent> {
  const meter = new ContentMeter();
  for await (const chunk of bytes) meter.add(chunk);
  return meter.content();
}

export class Measured {
  readonly #path: string;
  readonly #expected: Partial<ArtifactContent>;
  #size = 0;
  #failure: unknown;

  constructor(path: string, expected: Partial<ArtifactContent>) {
    this.#path = path;
    this.#expected = expected;
  }

  /** Bytes that passed through so far. */
  get size(): number {
    return this.#size;
  }

  /** Whether this error is of the bytes or of where they come from, and not of the store. */
  failedWith(error: unknown): boolean {
    return this.#failure !== undefined && this.#failure === error;
  }

  /** The same bytes. @throws UnexpectedBytesError before the end where they are not those expected */
  async *pass(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { size, sha256 } = this.#expected;
    const hash = sha256 === undefined ? undefined : createHash('sha256');
    try {
      for await (const chunk of bytes) {
        signal.throwIfAborted();
        this.#size += chunk.length;
        if (size !== undefined && this.#size > size) throw this.#misfit(`more than ${String(size)} bytes came`);
        hash?.update(chunk);
        yield chunk;
      }
      signal.throwIfAborted();
      if (size !== undefined && this.#size !== size) {
        throw this.#misfit(`${String(this.#size)} of ${String(size)} bytes came`);
      }
      if (hash && hash.digest('hex') !== sha256?.toLowerCase()) throw this.#misfit('their SHA-256 differs');
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #misfit(what: string): UnexpectedBytesError {
    return new UnexpectedBytesError(this.#path, what);
  }
}
