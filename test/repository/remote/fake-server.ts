/**
 * A server that speaks just enough of the RemoteButler protocol to go wrong in ways that the real one cannot be made to
 * go wrong on demand.  It has the detectors 0, 1, … of one instrument.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { RemoteRepository } from '../../../src/repository/remote/remote-repository.ts';
import type { RemoteSettings } from '../../../src/repository/remote/settings.ts';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** There once the request was answered. */
  body: string;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

const keyOf = (type: 'int' | 'string') => [{ name: type === 'int' ? 'id' : 'name', type }];

const UNIVERSE = {
  version: 8,
  namespace: 'fake',
  skypix: { common: 'htm7', htm: { max_level: 8 } },
  elements: {
    instrument: { keys: keyOf('string'), governor: true },
    skymap: { keys: keyOf('string'), governor: true },
    detector: { keys: keyOf('int'), requires: ['instrument'], metadata: [{ name: 'raft', type: 'string' }] },
    visit: { keys: keyOf('int'), requires: ['instrument'] },
    tract: { keys: keyOf('int'), requires: ['skymap'] },
    patch: { keys: keyOf('int'), requires: ['tract'] },
  },
  topology: { spatial: { observations: ['visit'], skymaps: ['patch', 'tract'] } },
};

export class FakeServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly #answers = new Map<string, Answer[]>();
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  readonly #opened: RemoteRepository[] = [];

  static async start(): Promise<FakeServer> {
    const fake = new FakeServer();
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  open(given: Partial<RemoteSettings> = {}): RemoteRepository {
    const url = `${this.origin}/api/butler/repo/fake`;
    const repository = new RemoteRepository({ name: 'fake', url, token: 'forward', ...given });
    this.#opened.push(repository);
    return repository;
  }

  /** How an endpoint answers: one after the other, the last one for ever. */
  on(endpoint: string, ...answers: Answer[]): void {
    this.#answers.set(endpoint, answers);
  }

  countOf(endpoint: string): number {
    return this.asked.filter(({ path }) => path === `/api/butler/repo/fake/v1/${endpoint}`).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map((repository) => repository.close()));
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url!;
    const asked: Asked = { path, headers: request.headers, body: '' };
    this.asked.push(asked);
    request.setEncoding('utf8').on('data', (text: string) => (asked.body += text));
    const endpoint = path.split('/v1/')[1]!;
    if (endpoint === 'universe') {
      await json(200, { universe: UNIVERSE })(response, request);
      return;
    }
    const answers = this.#answers.get(endpoint) ?? [json(404, { detail: 'Not Found' })];
    await (answers.length > 1 ? answers.shift()! : answers[0]!)(response, request);
  }
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/** A stream of lines that ends cleanly. */
export function lines(...given: readonly unknown[]): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/jsonlines' });
    for (const line of given) response.write(`${JSON.stringify(line)}\n`);
    response.end();
  };
}

/** A page of the detectors from `first` on. */
export function detectors(first: number, count: number): { type: 'general'; rows: [string, number][] } {
  return { type: 'general', rows: Array.from({ length: count }, (_, i) => ['FakeCam', first + i]) };
}
