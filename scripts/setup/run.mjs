import { spawnSync } from 'node:child_process';

/**
 * Runs a command and shows its output only when it fails, in which case the set-up ends.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 * @returns {string} its standard output
 */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return result.stdout;
  console.error(`setup: "${command} ${args.join(' ')}" failed`);
  console.error(result.error?.message ?? `${result.stdout}${result.stderr}`);
  process.exit(1);
}
