/** For a run of tests, all temporary files of the tests and of what they start are in one directory, which goes with it. */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CHECKOUT } from '../stack/checkout.ts';
import { secretsBelow } from './secrets.ts';

const PREFIX = 'satellite-tests-';

/** Vitest calls it for each set of tests; the first makes the directory for all, as paths of sockets must stay short. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (basename(tmpdir()).startsWith(PREFIX)) return undefined;
  const directory = await mkdtemp(join(tmpdir(), PREFIX));
  // like /tmp itself: PostgreSQL, which root starts as another user, must get through
  await chmod(directory, 0o1777);
  process.env['TMPDIR'] = directory;
  // Files of tests run at once, and none may be given the port that another one is about to listen on.
  process.env['SATELLITE_PORTS'] = join(directory, 'ports');
  await mkdir(process.env['SATELLITE_PORTS']);
  // Hundreds of gateways and commands start: half of what each costs is that its source is compiled again.
  process.env['NODE_COMPILE_CACHE'] ??= join(CHECKOUT, '.stack', 'compiled');
  return async () => {
    const leaks = await secretsBelow(directory);
    await rm(directory, { recursive: true, force: true });
    if (leaks.length === 0) return;
    // An error that is thrown here is shown, but does not fail the run.
    console.error(`The tests left secrets behind:\n${leaks.join('\n')}`);
    process.exitCode = 1;
  };
}
