import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.mjs';

const UV = 'uv==0.13.9';
const TOOLS = join('.stack', 'tools');
/** uv would download a Python from outside; we want one that the machine has. */
const ENVIRONMENT = { UV_NO_MANAGED_PYTHON: '1' };

/** Makes `.venv` with the real Rubin stack, by uv from PyPI. */
export function preparePython() {
  const python = findPython();
  const uv = installUv(python);
  rmSync('.venv', { recursive: true, force: true });
  run(uv, ['venv', '--quiet', '--python', python, '.venv'], { env: ENVIRONMENT });
  // Programs that start Python may not let it keep what it compiles, and the stack takes seconds to compile.
  const install = ['pip', 'install', '--quiet', '--compile-bytecode', '--python', join('.venv', 'bin', 'python')];
  run(uv, [...install, '--requirements', join('python', 'requirements.txt')], { env: ENVIRONMENT });
}

/**
 * Installs uv into an environment of its own.
 * @param {string} python
 * @returns {string} the program
 */
export function installUv(python) {
  const uv = join(TOOLS, 'bin', 'uv');
  const version = UV.replace('==', ' ');
  if (!existsSync(uv) || !run(uv, ['--version']).startsWith(version)) {
    rmSync(TOOLS, { recursive: true, force: true });
    run(python, ['-m', 'venv', TOOLS]);
    run(join(TOOLS, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', UV]);
  }
  return uv;
}

/**
 * Finds a Python that the Rubin stack has wheels for (3.11 to 3.13) and that can make environments.
 * @returns {string} its full path; never a shim, which works or not depending on the directory
 */
export function findPython() {
  const versions = ['3.13', '3.12', '3.11'];
  const pyenv = join(homedir(), '.pyenv', 'versions');
  const candidates = [
    process.env.PYTHON,
    'python3',
    ...versions.map((version) => `python${version}`),
    ...(existsSync(pyenv) ? readdirSync(pyenv).map((version) => join(pyenv, version, 'bin', 'python')) : []),
    ...versions.map((version) => join('/usr/bin', `python${version}`)),
  ];
  const probe = [
    'import sys, venv, ensurepip',
    'assert (3, 11) <= sys.version_info[:2] <= (3, 13)',
    'print(getattr(sys, "_base_executable", sys.executable))',
  ].join('\n');
  for (const candidate of candidates) {
    if (!candidate) continue;
    const result = spawnSync(candidate, ['-c', probe], { encoding: 'utf8' });
    if (result.status === 0) return result.stdout.trim();
  }
  console.error('setup: no Python 3.11, 3.12 or 3.13 with the modules venv and ensurepip was found.');
  console.error('Install one (on Debian: apt-get install python3 python3-venv), or name it in the variable PYTHON.');
  process.exit(1);
}
