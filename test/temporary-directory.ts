/** For a run of tests, all temporary files of the tests and of what they start are in one directory, which goes with it. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'satellite-tests-'));
  // like /tmp itself: PostgreSQL, which root starts as another user, must get through
  await chmod(directory, 0o1777);
  process.env['TMPDIR'] = directory;
  return () => rm(directory, { recursive: true, force: true });
}
