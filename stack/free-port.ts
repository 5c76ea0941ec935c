import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Below the ports that systems give to outgoing connections, any of which could take one before its server does. */
const PORTS = [15_000, 32_000] as const;
const given = new Set<number>();

/** Whether nothing listens on a port of 127.0.0.1. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/**
 * A port of 127.0.0.1 that was free a moment ago, another each time, for programs that cannot be told to take any.  Processes
 * with one directory SATELLITE_PORTS are given different ones: a port is free until its server listens, and while it is
 * started again.
 */
export async function freePort(): Promise<number> {
  let port: number;
  do port = randomInt(...PORTS);
  while (given.has(port) || !(await isPortFree(port)) || !(await isClaimed(port)));
  given.add(port);
  return port;
}

/** Whether none of the processes that share SATELLITE_PORTS was given the port before. */
async function isClaimed(port: number): Promise<boolean> {
  const claims = process.env['SATELLITE_PORTS'];
  if (claims === undefined) return true;
  try {
    await writeFile(join(claims, String(port)), '', { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
