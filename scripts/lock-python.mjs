// `npm run lock:python`: pins every package that python/requirements.in needs, in python/requirements.txt.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPython, installUv } from './setup/python.mjs';
import { run } from './setup/run.mjs';

const uv = installUv(findPython());
const options = ['--quiet', '--universal', '--python-version', '3.11', '--no-header', '--no-annotate', '--upgrade'];
const pins = run(uv, ['pip', 'compile', ...options, join('python', 'requirements.in')]);
const header = '# Made from requirements.in by "npm run lock:python"; do not edit.\n';
writeFileSync(join('python', 'requirements.txt'), header + pins);
