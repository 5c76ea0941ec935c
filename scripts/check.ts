// `npm run check`: everything that can be said about the source without running it, side by side, in seconds.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What to do about a failure, where the output does not say it. */
  readonly remedy?: string;
}

const CACHE = '.stack/check';
const PACKAGE = 'python';
const EXAMPLES = 'examples';
/** Code that programs compile and keep: else they keep it in the system's temporary directory. */
const CACHES = { NODE_COMPILE_CACHE: `${CACHE}/node`, JITI_FS_CACHE: 'false' };

/** The longest first, so that the others fit beside it. */
const CHECKS: readonly Check[] = [
  {
    name: 'lint',
    command: ['eslint', '--cache', '--cache-location', `${CACHE}/eslint`, '--cache-strategy', 'content', '.'],
  },
  {
    name: 'types',
    command: ['tsc', '-p', '.', '--incremental', '--tsBuildInfoFile', `${CACHE}/types.tsbuildinfo`],
  },
  {
    name: 'types of GraphiQL',
    command: ['tsc', '-p', 'graphiql', '--incremental', '--tsBuildInfoFile', `${CACHE}/graphiql.tsbuildinfo`],
  },
  {
    name: 'types of the page for reviewers',
    command: ['tsc', '-p', 'review', '--incremental', '--tsBuildInfoFile', `${CACHE}/review.tsbuildinfo`],
  },
  {
    name: 'types of the Python package',
    command: [
      '.venv/bin/mypy',
      ...['--config-file', `${PACKAGE}/pyproject.toml`, '--cache-dir', `${CACHE}/mypy`],
      ...[`${PACKAGE}/satellite`, `${PACKAGE}/tests`],
    ],
  },
  {
    name: 'lint of Python',
    command: ['.venv/bin/ruff', 'check', '--quiet', '--cache-dir', `${CACHE}/ruff`, '.'],
  },
  {
    name: 'format of the Python package and the examples',
    command: ['.venv/bin/ruff', 'format', '--check', '--quiet', '--cache-dir', `${CACHE}/ruff`, PACKAGE, EXAMPLES],
    remedy: 'Run "npm run fix".',
  },
  {
    name: 'format',
    command: ['prettier', '--check', '--log-level', 'warn', '--cache', '--cache-location', `${CACHE}/prettier`, '.'],
    remedy: 'Run "npm run fix".',
  },
  { name: 'imports', command: ['node', 'scripts/check/imports.ts'] },
  {
    name: 'generated files',
    command: ['graphql-codegen', '--config', 'codegen.ts', '--check'],
    remedy: 'A generated file is not what its source gives: run "npm run codegen" and commit the result.',
  },
  { name: 'files', command: ['node', 'scripts/check/files.ts'] },
];

/** Runs one check and says how it went. */
async function check({ name, command: [program, ...args], remedy }: Check): Promise<boolean> {
  const start = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...CACHES } });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  const passed = child.exitCode === 0;
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  if (!passed) {
    console.log(`${stdout}${stderr}`.trimEnd());
    if (remedy !== undefined) console.log(remedy);
  }
  return passed;
}

const waiting = CHECKS.values();
const results: boolean[] = [];
async function checkOneAfterAnother(): Promise<void> {
  for (const next of waiting) results.push(await check(next));
}
await Promise.all(Array.from({ length: availableParallelism() }, checkOneAfterAnother));
process.exitCode = results.every(Boolean) ? 0 : 1;
