/** A proxy before an S3 server that does to requests what bad networks and busy servers do. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export type Fault =
  /** 503 SlowDown, before anything is done. */
  | 'slow down'
  /** The body ends before its announced length, without a word. */
  | 'truncate'
  /** The connection is reset when 99 % of the body is out. */
  | 'reset'
  /** All of the body comes, with one byte changed. */
  | 'alter'
  /** The connection is reset in the middle of the request's body, before it and behind it. */
  | 'cut upload'
  /** The request is done, but the connection is reset before the answer. */
  | 'lose answer';

export interface BrokenConnection extends AsyncDisposable {
  readonly endpoint: string;
  /** Faults of the next requests whose method this is, one each. */
  break(method: string, ...faults: readonly Fault[]): void;
  /** Takes back the faults that were not met yet. */
  mend(): void;
  /** Faults that were not met yet. */
  readonly left: number;
}

/** @param target `http://127.0.0.1:port`; the Host header is kept, which signatures cover */
export async function breakConnections(target: string): Promise<BrokenConnection> {
  const waiting: { readonly method: string; readonly fault: Fault }[] = [];
  const server = createServer((incoming, outgoing) => {
    const found = waiting.findIndex(({ method }) => method === incoming.method);
    const [entry] = found < 0 ? [] : waiting.splice(found, 1);
    void pass(target, incoming, outgoing, entry?.fault).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    break: (method, ...faults) => waiting.push(...faults.map((fault) => ({ method, fault }))),
    mend: () => void waiting.splice(0),
    get left() {
      return waiting.length;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function pass(target: string, incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined) {
  const body = await buffer(incoming);
  if (fault === 'slow down') {
    outgoing.writeHead(503, { 'content-type': 'application/xml' });
    outgoing.end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
    return;
  }
  const { method, headers, url } = incoming;
  if (fault === 'cut upload') {
    const forwarded = request(target + url!, { method: method!, headers }).on('error', () => undefined);
    await new Promise((resolve) => forwarded.write(body.subarray(0, body.length / 2), resolve));
    forwarded.destroy();
    incoming.socket.resetAndDestroy();
    return;
  }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(target + url!, { method: method!, headers }, resolve)
      .on('error', reject)
      .end(body);
  });
  const content = await buffer(answer);
  if (fault === 'lose answer') return outgoing.destroy();
  const sent = fault === 'truncate' ? content.length / 2 : fault === 'reset' ? content.length * 0.99 : content.length;
  outgoing.writeHead(answer.statusCode!, answer.headers);
  if (fault === 'alter') content[content.length >> 1]! ^= 1;
  if (fault === undefined || fault === 'alter') return outgoing.end(content);
  outgoing.write(content.subarray(0, Math.floor(sent)), () => {
    if (fault === 'reset') outgoing.socket!.resetAndDestroy();
    else outgoing.socket!.end();
  });
}
