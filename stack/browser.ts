import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** A Chromium to drive with playwright-core, or why there is none and how to get it. */
export type Browser = { readonly executable: string } | { readonly missing: string };

/**
 * Finds Chromium: the one that CHROMIUM names, or one on the path; where there is none and we are root on a Debian, installs
 * it.  Never throws: a test without a browser is skipped by the name of what is missing.
 */
export async function findBrowser(): Promise<Browser> {
  const found = installedBrowser();
  if (found !== undefined) return { executable: found };
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    return {
      missing: 'no Chromium: install it (Debian: apt-get install chromium) or name one in the variable CHROMIUM',
    };
  }
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update', '-qq'], { env });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      env,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch {
    return { missing: 'no Chromium, and "apt-get install chromium" failed: run it by hand to see why' };
  }
  const installed = installedBrowser();
  return installed === undefined ? { missing: 'apt-get installed no Chromium' } : { executable: installed };
}

function installedBrowser(): string | undefined {
  const named = process.env['CHROMIUM'];
  const onPath = (process.env['PATH'] ?? '').split(delimiter).flatMap((d) => NAMES.map((name) => join(d, name)));
  return [...(named ? [named] : []), ...onPath].find((path) => existsSync(path));
}
