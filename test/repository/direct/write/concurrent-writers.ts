/** Stock writers and the gateway's at the same repository, at the same time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonProgram } from '../../../../stack/checkout.ts';
import { openWriteableRepository } from '../../../../src/repository/direct/open-writeable.ts';
import type { Finding } from '../../../../src/repository/direct/verify/finding.ts';
import { isFull } from '../../../sample.ts';
import type { Place } from './place.ts';

const WRITERS = 4;
const OPERATIONS = isFull ? 500 : 25;
const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(3_000_000) };

async function run(program: string, args: readonly string[]): Promise<Record<string, number>> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  if (child.exitCode !== 0) throw new Error(`${args.join(' ')} failed:\n${stderr}`);
  return JSON.parse(stdout) as Record<string, number>;
}

export function defineConcurrentWritersSuite(title: string, open: () => Promise<Place>): void {
  describe(title, () => {
    let place: Place;
    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place[Symbol.asyncDispose]());

    it('meet with nothing but honest conflicts, and leave nothing wrong', { timeout: 3_000_000 }, async () => {
      const root = await place.empty('shared');
      await place.stock.run('load', { root, file: 'base.yaml' });
      await place.stock.run('close', { root });
      const repository = await openWriteableRepository({ name: 'shared', path: root });
      for (const [name, type] of [
        ['shared', 'RUN'],
        ['tag', 'TAGGED'],
        ['calib', 'CALIBRATION'],
        ['all', 'CHAINED'],
      ] as const) {
        await repository.registerCollection({ name, type }, ctx);
      }
      const numbers = Array.from({ length: WRITERS }, (_, i) => i);
      const node = join(import.meta.dirname, 'concurrent-writer.ts');
      const stock = join(import.meta.dirname, '..', '..', '..', 'oracle', 'concurrent_writer.py');
      const told = await Promise.all([
        ...numbers.map((n) => run(process.execPath, [node, root, `ours-${n}`, String(OPERATIONS), place.file])),
        ...numbers.map((n) =>
          run(pythonProgram('python'), [stock, root, `theirs-${n}`, String(OPERATIONS), place.file]),
        ),
      ]);
      expect(told).toHaveLength(2 * WRITERS);

      const faults: Finding[] = [];
      for (const part of ['database', 'memberships', 'summaries', 'validity', 'overlaps', 'locations'] as const) {
        for await (const fault of repository.verify(part, false, ctx)) faults.push(fault);
      }
      expect(faults).toEqual([]);
      // Opening it anew checks the rest: one key a dimension group, tables as their dataset types say.
      await repository.close();
      const again = await openWriteableRepository({ name: 'shared', path: root });
      expect((await again.datasetTypes(ctx)).size).toBeGreaterThan(3);
      await again.close();
      const find = { root, dataset_type: 'bias', collections: ['all', 'shared'], find_first: false };
      expect(await place.stock.run('query_datasets', find)).not.toHaveLength(0);
      await place.stock.run('close', { root });
    });
  });
}
