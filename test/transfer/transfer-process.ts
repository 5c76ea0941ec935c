/**
 * A transfer in a process of its own, which a test kills: `transfer-process.ts DIRECTORY URL MODE STEPS`.  Goes on after the
 * steps that are in the file STEPS, a JSON pair a line.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Json } from '../../src/jobs/job.ts';
import { RemoteRepository } from '../../src/repository/remote/remote-repository.ts';
import { TransferWorld } from './transfer-world.ts';

/** Keeps each step as soon as it is done. */
class KeptSteps extends Map<string, Json> {
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

const [directory, url, mode, steps] = process.argv.slice(2) as [string, string, 'REFERENCE' | 'COPY', string];
const source = new RemoteRepository({ name: 'dp1', url, token: { fixed: undefined } });
const world = await TransferWorld.in(directory, [source]);
const search = { datasetTypes: ['metrics_composite', 'defects'], collections: ['defaults'], findFirst: false };
await world.transfer({ search }, { mode, steps: new KeptSteps(steps) });
await world.close();
await source.close();
