import { mkdtemp, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../../../src/butler/json.ts';
import type { FileRecord } from '../../../src/repository/rows.ts';
import { StockWriter } from '../../fixtures/stock-writer.ts';
import { weRead, weReadProvenance } from './as-stock-reads.ts';
import { failedWithDependents, quantaOf, writeChanged } from './changed-graph.ts';

const GRAPHS = 'test/data/graphs';
const DATASTORE = 'FileDatastore@<butlerRoot>';
/** Outputs of `plain.qg`. */
const OUTPUTS = 97;
let directory: string;
let repository: string;
let stock: StockWriter;

/** What stock Python reads of a graph. */
async function stockReads(path: string): Promise<unknown> {
  return parseJson((await stock.run('read', { path })) as string);
}

/** Has stock Python run a graph. */
async function outputsOf(path: string): Promise<{ there: number; missing: number }> {
  return (await stock.run('execute', { repository, path })) as { there: number; missing: number };
}

beforeAll(async () => {
  stock = new StockWriter('run/graph/stock_graphs.py');
  directory = await mkdtemp(join(tmpdir(), 'graphs-'));
  repository = join(directory, 'repository');
  await stock.run('make', { directory });
});

afterAll(async () => {
  await stock[Symbol.asyncDispose]();
});

describe('a graph that stock Python has made', () => {
  it.each(['minipipe.qg', 'dictionary.qg'])('is read as stock Python reads it, field by field (%s)', async (name) => {
    expect(await weRead(join(GRAPHS, name))).toEqual(await stockReads(join(GRAPHS, name)));
  });

  it.each(['plain.qg', 'dictionary.qg'])('is so when it was built just now, too (%s)', async (name) => {
    expect(await weRead(join(directory, name))).toEqual(await stockReads(join(directory, name)));
  });

  it('tells after its run how each quantum went, with attempts, exceptions and logs, as stock Python tells it', async () => {
    const path = join(GRAPHS, 'provenance.qg');
    expect(await weReadProvenance(path)).toEqual(await stockReads(path));
  });
});

describe('a graph that we have written', () => {
  it.each(['minipipe.qg', 'dictionary.qg'])(
    'is the original for stock Python, where nothing was changed (%s)',
    async (name) => {
      const { path } = await writeChanged(directory, join(GRAPHS, name), {}, `same-${name}`);
      const theirs = await stockReads(path);
      expect(theirs).toEqual(await stockReads(join(GRAPHS, name)));
      expect(await weRead(path)).toEqual(theirs);
    },
  );

  it.each(['minipipe.qg', 'dictionary.qg'])(
    'is for stock Python what it is for us, where much was (%s)',
    async (name) => {
      const original = join(GRAPHS, name);
      const quanta = await failedWithDependents(original, name === 'minipipe.qg' ? 'calibrate' : 'measure');
      const { path } = await writeChanged(directory, original, { quanta, outputRun: 'u/alice/again' }, `part-${name}`);
      expect(await weRead(path)).toEqual(await stockReads(path));
    },
  );

  it('is run by stock pipetask: in a new run with inputs that lie elsewhere, and then the part that has failed', async () => {
    const plain = join(directory, 'plain.qg');
    const elsewhere = join(directory, 'elsewhere');
    await rename(join(repository, 'input_run'), elsewhere);
    const files = new Map<string, readonly FileRecord[]>();
    for (const quantum of await quantaOf(plain)) {
      for (const [uuid, of] of quantum.files.get(DATASTORE) ?? []) {
        files.set(
          uuid,
          of.map((file) => ({ ...file, path: file.path.replace(/^input_run/, `file://${elsewhere}`) })),
        );
      }
    }
    const inputs = { datastore: DATASTORE, files };
    const again = await writeChanged(directory, plain, { outputRun: 'u/someone/again', inputs }, 'again.qg');
    expect(await outputsOf(again.path)).toEqual({ there: OUTPUTS, missing: 0 });

    const quanta = await failedWithDependents(again.path, 'measure');
    const retry = await writeChanged(directory, again.path, { quanta, outputRun: 'u/someone/retry' }, 'retry.qg');
    const { there, missing } = await outputsOf(retry.path);
    expect(missing).toBe(0);
    expect(there).toBeLessThan(OUTPUTS);
  });
});
