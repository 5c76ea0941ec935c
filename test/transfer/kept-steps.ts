/** Steps of a job in a file, a JSON pair a line, for work in a process that a test kills. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Json } from '../../src/jobs/job.ts';

/** Keeps each step as soon as it is done. */
export class KeptSteps extends Map<string, Json> {
  readonly #file: string;

  constructor(file: string) {
    super();
    this.#file = file;
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    for (const line of lines.filter((text) => text !== '')) super.set(...(JSON.parse(line) as [string, Json]));
  }

  override set(name: string, value: Json): this {
    appendFileSync(this.#file, `${JSON.stringify([name, value])}\n`);
    return super.set(name, value);
  }
}
