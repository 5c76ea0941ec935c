import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installDebianPackage } from './debian-package.ts';

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
  if (!(await installDebianPackage('chromium'))) {
    return {
      missing: 'no Chromium: install it (Debian: apt-get install chromium) or name one in the variable CHROMIUM',
    };
  }
  const installed = installedBrowser();
  return installed === undefined ? { missing: 'apt-get installed no Chromium' } : { executable: installed };
}

function installedBrowser(): string | undefined {
  const named = process.env['CHROMIUM'];
  const onPath = (process.env['PATH'] ?? '').split(delimiter).flatMap((d) => NAMES.map((name) => join(d, name)));
  return [...(named ? [named] : []), ...onPath].find((path) => existsSync(path));
}
