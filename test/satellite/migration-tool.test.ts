/** Upstream's tool as a program that the gateway starts and ends. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MigrationTool } from '../../src/satellite/migration-tool.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('one that has ended by itself, and whose output something else has open still, is given up', async () => {
  await using directory = await temporaryDirectory();
  const executable = join(directory.path, 'python');
  const pidFile = join(directory.path, 'pids');
  const program = `#!${process.execPath}
const { spawn } = require('node:child_process');
const other = spawn('sleep', ['600'], { detached: true, stdio: 'inherit' });
other.unref();
require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, \`\${process.pid} \${other.pid} \`);
`;
  await writeFile(executable, program);
  await chmod(executable, 0o755);
  const cancelled = new AbortController();
  const asked = new MigrationTool({ executable, path: [] }).way('daf_butler', 7, 8, cancelled.signal);
  const pids = async () => (await readFile(pidFile, 'utf8').catch(() => '')).match(/\d+(?= )/g)?.map(Number);
  await expect.poll(pids).toHaveLength(2);
  const [tool, other] = (await pids())!;
  try {
    await expect.poll(() => isThere(tool!)).toBe(false);
    cancelled.abort(new Error('cancelled'));
  } finally {
    process.kill(other!, 'SIGKILL');
  }
  await expect(asked).rejects.toThrow('cancelled');
});
