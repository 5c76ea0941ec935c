import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OwnedProcess } from '../../stack/owned-process.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'satellite-process-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** For what processes do meanwhile, on a busy machine too. */
const PATIENCE = 30_000;

/** Waits for the process IDs that a script has written to a log, one a line. */
async function pidsIn(log: string, count: number): Promise<number[]> {
  return vi.waitFor(async () => {
    const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => /^\d+$/.test(line));
    expect(lines).toHaveLength(count);
    return lines.map(Number);
  }, PATIENCE);
}

test('a stopped process is gone, and so is what it had started', async () => {
  const log = join(directory, 'log');
  const owned = new OwnedProcess('/bin/sh', ['-c', 'sleep 600 & echo $!; echo $$; wait'], { name: 'sleeper', log });
  const pids = await pidsIn(log, 2);
  expect(owned.usage().residentBytes).toBeGreaterThan(0);
  await owned.stop();
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), PATIENCE);
});

test('a process does not outlive an owner that is killed', async () => {
  const log = join(directory, 'log');
  const module = new URL('../../stack/owned-process.ts', import.meta.url).href;
  const program = `
    import { OwnedProcess } from ${JSON.stringify(module)};
    new OwnedProcess('/bin/sh', ['-c', 'echo $$; exec sleep 600'], { name: 'sleeper', log: ${JSON.stringify(log)} });
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await vi.waitFor(() => readFile(log), PATIENCE);
  const [pid = 0] = await pidsIn(log, 1);
  expect(isAlive(pid)).toBe(true);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), PATIENCE);
});

test('one that ends before it is ready says why, in the words of its log', async () => {
  const log = join(directory, 'log');
  const owned = new OwnedProcess('/bin/sh', ['-c', 'echo no such port >&2; exit 3'], { name: 'the server', log });
  await expect(owned.ready(() => Promise.resolve(false))).rejects.toThrow(/the server ended before[^]*no such port/);
});
