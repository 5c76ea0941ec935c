import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

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

/** A port of 127.0.0.1 that was free a moment ago, another each time, for programs that cannot be told to take any. */
export async function freePort(): Promise<number> {
  let port: number;
  do port = randomInt(...PORTS);
  while (given.has(port) || !(await isPortFree(port)));
  given.add(port);
  return port;
}
