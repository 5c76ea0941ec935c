import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Directory of this package, whether it runs from its sources or from `dist`. */
export const PACKAGE_ROOT = rootAbove(import.meta.dirname);

// `findPackageJSON` of Node came with 22.14.
function rootAbove(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : rootAbove(dirname(directory));
}
