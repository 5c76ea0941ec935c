/** Processes that answer for a pipeline: what they may say, and how they are ended, whatever they do. */
import { existsSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildGraph } from '../../../src/run/build/build-graph.ts';
import { BoundedLog } from '../../../src/run/build/bounded-log.ts';
import { boundedNotices } from '../../../src/run/worker/notices.ts';
import { GatewayRelay } from '../../../src/run/worker/relay.ts';
import { WorkerPool } from '../../../src/run/worker/worker-pool.ts';
import { temporaryDirectory } from '../../fixtures/repositories.ts';
import { EVERYTHING } from '../run-world.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory[Symbol.asyncDispose]());

/** A pool whose process is a shell's script, as a pipeline might leave it. */
async function poolOf(name: string, script: string): Promise<WorkerPool> {
  const executable = join(directory.path, name);
  await writeFile(executable, `#!/bin/sh\n${script}\n`);
  await chmod(executable, 0o755);
  const relay = await GatewayRelay.start({ gateway: 'http://127.0.0.1:1', token: async () => 'none' });
  const pool = await WorkerPool.start(
    { python: { executable, path: [] }, place: { kind: 'self' }, relay, visible: { readable: [], writeable: [] } },
    AbortSignal.timeout(50_000),
  );
  await relay[Symbol.asyncDispose]();
  return pool;
}

describe('a process that answers for a pipeline', () => {
  test('is ended when its answer has no end', async () => {
    await using pool = await poolOf('endless', "read request; exec tr '\\0' a </dev/zero");
    await expect(pool.ask(0, { op: 'quantum' })).rejects.toThrow('it said what is no answer');
  });

  test('is heard to the first few thousand characters of what it says was raised', async () => {
    const message = `head -c 100000 /dev/zero | tr '\\0' a`;
    await using pool = await poolOf(
      'wordy',
      `read request; echo '{"id":1,"error":{"type":"T","message":"'"$(${message})"'"}}'; read more`,
    );
    const error = await pool.ask(0, { op: 'quantum' }).then(
      () => null,
      (raised: unknown) => raised as Error,
    );
    expect(error!.message).toMatch(/^a{4000}$/);
  });

  test('leaves no process behind that went into a session of its own with its pipes', async () => {
    const file = join(directory.path, 'pid');
    const pool = await poolOf(
      'leaving',
      `setsid sleep 3600 & echo $! >${file}; read request; echo '{"id":1,"answer":0}'; wait`,
    );
    await pool.ask(0, { op: 'quantum' });
    await pool[Symbol.asyncDispose]();
    const pid = (await readFile(file, 'utf8')).trim();
    const state = () =>
      readFile(`/proc/${pid}/stat`, 'utf8').then(
        (stat) => stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3),
        () => 'gone',
      );
    // Its pipes close a moment before it is gone.
    await expect.poll(state).toBeOneOf(['gone', 'Z']);
  });

  test('is not waited for when one of its processes cannot be found, and keeps its pipes', async () => {
    const file = join(directory.path, 'hidden-pid');
    const hidden = `(setsid sh -c 'echo $$ >${file}; exec sleep 3600' &)`;
    // Until it is in a session of its own it would be found.
    const isHidden = `until [ -s ${file} ]; do sleep 0.01; done`;
    const pool = await poolOf('hidden', `${hidden}; ${isHidden}; read request; echo '{"id":1,"answer":0}'; read more`);
    await pool.ask(0, { op: 'quantum' });
    await pool[Symbol.asyncDispose]();
    process.kill(Number(await readFile(file, 'utf8')));
  });
});

test('a graph that takes too long to be built is not waited for, and says which limit it was', async () => {
  const executable = join(directory.path, 'hanging');
  const file = join(directory.path, 'hanging-pid');
  const script = `#!/bin/sh\necho $$ >${file}.part; mv ${file}.part ${file}; while read request; do :; done\n`;
  await writeFile(executable, script, { mode: 0o755 });
  // Its second is over when its process is there, however long a busy machine takes for that.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const building = buildGraph(
    {
      ...{ python: { executable, path: [] }, place: { kind: 'self' }, buildSeconds: 1 },
      ...{ gateway: 'http://127.0.0.1:1', token: async () => 'none', spec: EVERYTHING, directory: directory.path },
    },
    AbortSignal.timeout(50_000),
    () => undefined,
  );
  const refused = expect(building).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    message: expect.stringContaining('1 second'),
  });
  while (!existsSync(file)) await sleep(10);
  vi.advanceTimersByTime(1000);
  vi.useRealTimers();
  await refused;
  const pid = Number(await readFile(file, 'utf8'));
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('of what code in a sandbox wants, the first hundred are told, each in a line', () => {
  const told: string[] = [];
  const notice = boundedNotices((what) => told.push(what));
  for (let i = 0; i < 1000; i += 1) notice('x'.repeat(16_000));
  expect(told).toHaveLength(100);
  expect(new Set(told.map(({ length }) => length))).toEqual(new Set([300]));
});

test('of what a build logs, its first and its last lines are kept', async () => {
  const kept: string[] = [];
  const log = new BoundedLog(async (line) => void kept.push(line));
  for (let i = 0; i < 100_000; i += 1) log.add(String(i));
  await log.end();
  expect(kept).toHaveLength(1001);
  expect(kept.slice(799, 802)).toEqual(['799', '… 99000 lines are left out …', '99800']);
  expect(kept.at(-1)).toBe('99999');
});
