import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Installs a package where we are root on a Debian; false where we are not, or it failed.  Never throws. */
export async function installDebianPackage(name: string): Promise<boolean> {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * 1024 * 1024 };
  // Test files run side by side, and more than one may want it.
  try {
    // Another one that updates the lists holds their lock: what it brings serves here too.
    await run('apt-get', ['update', '-qq'], options).catch(() => undefined);
    await run(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', name],
      options,
    );
    return true;
  } catch {
    return false;
  }
}
