/** Bytes on their way into a store, counted and hashed. */
import { createHash } from 'node:crypto';
import { SatelliteError } from '../../../butler/errors.ts';
import type { WrittenArtifact } from './artifact-store.ts';

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

export class Measured {
  readonly #path: string;
  readonly #expected: Partial<WrittenArtifact>;
  readonly #hash = createHash('sha256');
  #size = 0;
  #sha256 = '';
  #failure: unknown;

  constructor(path: string, expected: Partial<WrittenArtifact>) {
    this.#path = path;
    this.#expected = expected;
  }

  /** What passed through; right once `pass` has ended. */
  get written(): WrittenArtifact {
    return { size: this.#size, sha256: this.#sha256 };
  }

  /** Whether this error is of the bytes or of where they come from, and not of the store. */
  failedWith(error: unknown): boolean {
    return this.#failure !== undefined && this.#failure === error;
  }

  /** The same bytes. @throws UnexpectedBytesError before the end where they are not those expected */
  async *pass(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { size, sha256 } = this.#expected;
    try {
      for await (const chunk of bytes) {
        signal.throwIfAborted();
        this.#size += chunk.length;
        if (size !== undefined && this.#size > size) throw this.#misfit(`more than ${String(size)} bytes came`);
        this.#hash.update(chunk);
        yield chunk;
      }
      signal.throwIfAborted();
      this.#sha256 = this.#hash.digest('hex');
      if (size !== undefined && this.#size !== size) {
        throw this.#misfit(`${String(this.#size)} of ${String(size)} bytes came`);
      }
      if (sha256 !== undefined && this.#sha256 !== sha256.toLowerCase()) throw this.#misfit('their SHA-256 differs');
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #misfit(what: string): UnexpectedBytesError {
    return new UnexpectedBytesError(this.#path, what);
  }
}
