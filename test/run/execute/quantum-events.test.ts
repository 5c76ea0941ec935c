import { execFileSync } from 'node:child_process';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EventLog, type QuantumEvent } from '../../../src/run/execute/quantum-events.ts';
import { temporaryDirectory } from '../../fixtures/repositories.ts';

const EVENT: QuantumEvent = { at: 1, quantum: null, task: 'a', event: 'started', attempt: 1, worker: 0 };

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => (directory = await temporaryDirectory()));
afterAll(() => directory[Symbol.asyncDispose]());

async function add(name: string): Promise<boolean> {
  await using log = await EventLog.open(join(directory.path, name));
  await log.add(EVENT);
  return log.isContinued;
}

describe('events of a run', () => {
  test('are added to those of an earlier execution', async () => {
    expect(await add('events.jsonl')).toBe(false);
    expect(await add('events.jsonl')).toBe(true);
    expect((await readFile(join(directory.path, 'events.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(2);
  });

  test('go neither through a link nor into a pipe that somebody put there', async () => {
    await writeFile(join(directory.path, 'others'), '');
    await symlink(join(directory.path, 'others'), join(directory.path, 'link'));
    execFileSync('mkfifo', [join(directory.path, 'pipe')]);
    await expect(add('link')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(add('pipe')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await readFile(join(directory.path, 'others'), 'utf8')).toBe('');
  });
});
