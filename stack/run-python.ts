import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT, pythonProgram } from './checkout.ts';

/**
 * Runs a Python script of the checkout in the environment of the real Rubin stack.
 * @param script its path below the checkout
 * @returns what it wrote to standard output
 * @throws Error with what it wrote to standard error when it fails
 */
export async function runPython(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(pythonProgram('python'), [join(CHECKOUT, script), ...args], {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...environment },
    maxBuffer: 256 * 1024 * 1024,
  });
  return stdout;
}
