import { fork } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { Request } from '../../../../src/repository/direct/sqlite/messages.ts';
import { sqliteRepository } from '../../../fixtures/repositories.ts';

const ENTRY = new URL('../../../../src/repository/direct/sqlite/worker-process.ts', import.meta.url);

test('A reader whose gateway was killed in the middle of a statement ends by itself and prints nothing', async () => {
  const reader = fork(ENTRY, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const printed = text(reader.stderr!);
  const ended = once(reader, 'exit');
  // It has the statement, and looks at it when nobody is at the other end any more.
  reader.kill('SIGSTOP');
  const path = `${sqliteRepository('official')}/gen3.sqlite3`;
  const options = { path, exactPath: false, reopen: false, parameters: [], credit: 1 };
  const gone = once(reader, 'disconnect');
  reader.send({ kind: 'run', ...options, sql: 'SELECT 1' } satisfies Request, () => reader.disconnect());
  await gone;
  reader.kill('SIGCONT');
  expect(await ended).toEqual([0, null]);
  expect(await printed).toBe('');
});
