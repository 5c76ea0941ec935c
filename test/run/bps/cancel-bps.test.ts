import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { cancelBps } from '../../../src/run/bps/execute-by-bps.ts';
import { temporaryDirectory } from '../../fixtures/repositories.ts';

test('a workflow that ends by itself just when it is told to has ended', async () => {
  await using directory = await temporaryDirectory();
  const keeper = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', 'bps-keeper']);
  await mkdir(join(directory.path, 'bps'));
  await writeFile(join(directory.path, 'bps', 'keeper.pid'), String(keeper.pid));
  const gone = Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
  const told = vi.spyOn(process, 'kill').mockImplementation(() => {
    keeper.kill('SIGKILL');
    throw gone;
  });
  try {
    await cancelBps(directory.path);
    expect(told).toHaveBeenCalledWith(keeper.pid, 'SIGTERM');
  } finally {
    told.mockRestore();
    keeper.kill('SIGKILL');
  }
});
