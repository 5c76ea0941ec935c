// `npm test`, after the set-up: the check of the source, then every test.  Its last line is "N passed, N failed".
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';

const REPORT = '.stack/test-report.json';

/** What we read of vitest's JSON report, which has the shape of jest's. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: 'passed' | 'failed';
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  try {
    await once(child, 'exit');
  } catch (error) {
    console.error(`${command} cannot be started: ${(error as Error).message}`);
  }
  return child.exitCode === 0;
}

const checked = await succeeds('node', ['scripts/check.ts']);
await mkdir('.stack', { recursive: true });
await rm(REPORT, { force: true });
const reporters = ['--reporter', 'default', '--reporter', 'json', '--outputFile.json', REPORT];
const tested = await succeeds('vitest', ['run', ...reporters]);
const report = await readFile(REPORT, 'utf8').then(
  (json) => JSON.parse(json) as Report,
  (): Report => ({ numPassedTests: 0, numFailedTests: 0, testResults: [] }),
);

const skipped = report.testResults.flatMap(({ assertionResults }) =>
  assertionResults.filter(({ status }) => status === 'skipped' || status === 'pending' || status === 'todo'),
);
for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);

// A file that cannot be loaded has failed without any of its tests failing.
const unloaded = report.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
);
for (const { name } of unloaded) console.log(`failed as a whole: ${name}`);
const passed = report.numPassedTests + (checked ? 1 : 0);
let failed = report.numFailedTests + unloaded.length + (checked ? 0 : 1);
// an error outside any test (an unhandled rejection, say) fails the run too
if (!tested && failed === (checked ? 0 : 1)) failed += 1;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
