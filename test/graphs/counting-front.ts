/** Stands before a server, passes everything on, and counts the requests. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface CountingFront extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** What was asked since the last call: method and path, the oldest first. */
  taken(): readonly string[];
}

/** @param origin of the server */
export async function startCountingFront(origin: string): Promise<CountingFront> {
  let asked: string[] = [];
  const server = createServer((incoming, answer) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const { method, headers } = incoming;
    const outgoing = request(new URL(incoming.url!, origin), { method, headers }, (given) => {
      answer.writeHead(given.statusCode!, given.headers);
      pipeline(given, answer, () => undefined);
    });
    answer.on('close', () => outgoing.destroy());
    pipeline(incoming, outgoing, (error) => error && answer.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => {
      const taken = asked;
      asked = [];
      return taken;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
