import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { OwnedProcess } from '../../stack/owned-process.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';

test('what ends by itself while a process is signalled does not keep the others from the signal', async () => {
  await using directory = await temporaryDirectory();
  const log = join(directory.path, 'log');
  const script = 'sleep 600 & echo $!; echo $$; wait';
  await using owned = new OwnedProcess('/bin/sh', ['-c', script], { name: 'sleeper', log });
  const pids = async () => (await readFile(log, 'utf8')).match(/\d+(?=\n)/g)?.map(Number);
  await expect.poll(pids).toHaveLength(2);
  const signalled = vi.spyOn(process, 'kill').mockImplementationOnce(() => {
    throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
  });
  owned.signal('SIGSTOP');
  expect(signalled.mock.calls.map(([pid]) => pid).sort()).toEqual((await pids())!.sort());
  signalled.mockRestore();
  owned.signal('SIGCONT');
});
