import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';

/** Directory of this package, whether it runs from its sources or from `dist`. */
export const PACKAGE_ROOT = dirname(findPackageJSON('..', import.meta.url)!);
