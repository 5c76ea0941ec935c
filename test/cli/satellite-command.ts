/** The real command `satellite`, as somebody types it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { RunningGateway } from '../gateway/running-gateway.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

export interface Answered {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param environment beside that of this process */
export async function satelliteCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const env = { ...process.env, ...environment };
  const command = spawn('node', [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  const [stdout, stderr] = await Promise.all([text(command.stdout), text(command.stderr), once(command, 'exit')]);
  return { code: command.exitCode, stdout, stderr };
}

/** Of a user of a gateway. @param groups of theirs, beside `g_users` */
export async function satelliteAs(
  gateway: RunningGateway,
  user: string,
  groups: readonly string[],
  args: readonly string[],
): Promise<Answered> {
  const token = await gateway.token(user, { groups: ['g_users', ...groups] });
  return satelliteCommand(args, { SATELLITE_URL: gateway.url, SATELLITE_TOKEN: token });
}
