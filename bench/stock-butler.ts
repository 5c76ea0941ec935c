import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonProgram } from '../stack/checkout.ts';

export interface StockQuery {
  /** A repository's root, or the address of one behind a RemoteButler server. */
  readonly butler: string;
  readonly dataset_type: string;
  readonly collections: string;
  readonly limit: number;
}

/** A Python process that asks stock Butler and says how long the query itself took. */
export class StockButler {
  readonly #process = spawn(pythonProgram('python'), [fileURLToPath(new URL('stock_butler.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // the client refuses to start without a token; the benchmark's server asks for none
    env: { ...process.env, BUTLER_RUBIN_ACCESS_TOKEN: 'none' },
  });
  readonly #answers = createInterface(this.#process.stdout)[Symbol.asyncIterator]();

  /** @returns milliseconds and the number of datasets given. */
  async query(query: StockQuery): Promise<{ readonly milliseconds: number; readonly rows: number }> {
    this.#process.stdin.write(`${JSON.stringify(query)}\n`);
    const answer = await this.#answers.next();
    if (answer.done) throw new Error('The stock Butler process ended.');
    return JSON.parse(answer.value) as { milliseconds: number; rows: number };
  }

  stop(): void {
    this.#process.stdin.end();
  }
}
