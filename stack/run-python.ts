import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CHECKOUT, pythonProgram } from './checkout.ts';
import { KEEPER } from './owned-process.ts';

/**
 * Runs a Python script of the checkout in the environment of the real Rubin stack; it ends with us if we end first.
 * @param script its path below the checkout
 * @returns what it wrote to standard output
 * @throws Error with what it wrote when it fails
 */
export async function runPython(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const python = spawn(KEEPER, ['TERM', pythonProgram('python'), join(CHECKOUT, script), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...environment },
    detached: true,
  });
  const [stdout, stderr] = await Promise.all([text(python.stdout), text(python.stderr), once(python, 'exit')]);
  if (python.exitCode !== 0) throw new Error(`${script} failed:\n${stderr}${stdout}`);
  return stdout;
}
