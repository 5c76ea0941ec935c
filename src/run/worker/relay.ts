/**
 * The way from a run's processes to the gateway: what they ask here goes on with the run's own right.  So no token ever comes
 * to where tasks are, and one that ends is renewed without them.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';

export interface RelayOptions {
  /** Address of the gateway, without a slash at the end. */
  readonly gateway: string;
  /** A token of the run, good now; asked for each request. */
  readonly token: () => Promise<string>;
  /**
   * Whether it is for a sandbox: then it listens on a Unix socket, and fetches what the gateway only says the address of,
   * which it does of official files and of its own store's, never of what users wrote.
   */
  readonly isForSandbox?: boolean;
  /** Is told what was asked that a run may not. */
  readonly onRefused?: (what: string) => void;
  /** Is told that the gateway, or a server behind it, does not take the token (any more). */
  readonly onUnauthenticated?: () => void;
  /**
   * Whether nobody has renewed the token for a while: that it is refused says nothing of its user then, and is waited out.
   * @default never
   */
  readonly isTokenOld?: () => Promise<boolean>;
  /** Is told that the gateway, or a server behind it, is away for longer than is waited for it: for all files, not for one. */
  readonly onAway?: () => void;
  /** How long is waited, in milliseconds. @default ten minutes */
  readonly patience?: number;
}

const PATIENCE_MILLISECONDS = 600_000;
/** Answers of a gateway that is away for a while, or that cannot reach a server or has asked too much of it. */
const AWAY: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Between two requests; twice as long each time. */
const FIRST_PAUSE_MILLISECONDS = 250;
const LONGEST_PAUSE_MILLISECONDS = 10_000;

/** What a run may ask: files, and its repositories by the RemoteButler face. */
const ALLOWED: readonly { readonly path: RegExp; readonly methods: readonly string[] }[] = [
  { path: /^\/files\//, methods: ['GET', 'HEAD'] },
  { path: /^\/api\/butler\/repo\//, methods: ['GET', 'HEAD', 'POST'] },
];

/** What is there or away together: one repository's, in an address. */
const SOURCE = /^\/(files|api\/butler\/repo)\/[^/]+\//;
/** How long a file is waited for that was there before. */
const PROBE_MILLISECONDS = 10_000;

/** Headers of one connection, and the client's own idea of who it is. */
const NOT_PASSED = new Set([
  'host',
  'connection',
  'authorization',
  'cookie',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

type Answer = Dispatcher.ResponseData;
type Headers = Record<string, string | string[]>;
type Ask = (path: string, method: string) => Promise<Answer>;

export class GatewayRelay implements AsyncDisposable {
  /** The Unix socket, for a sandbox. */
  readonly socket: string | null;
  readonly #options: RelayOptions;
  readonly #server: Server;
  readonly #secret: string;
  readonly #closed = new AbortController();
  readonly #agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  /** By repository what was there last, and when. */
  readonly #served = new Map<string, { readonly path: string; readonly at: number }>();

  private constructor(options: RelayOptions, server: Server, socket: string | null) {
    this.#options = options;
    this.#server = server;
    this.#secret = randomBytes(24).toString('base64url');
    this.socket = socket;
    server.on('request', (incoming, answer) => {
      this.#answer(incoming, answer).catch(() => {
        if (answer.headersSent) answer.destroy();
        else answer.writeHead(502).end('The gateway is not reached.');
      });
    });
  }

  /** Starts one on a free port of this machine's loopback, or for a sandbox on a socket. */
  static async start(options: RelayOptions): Promise<GatewayRelay> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    const socket = options.isForSandbox ? await socketPath() : null;
    if (socket === null) server.listen(0, '127.0.0.1');
    else server.listen({ path: socket, writableAll: true });
    await once(server, 'listening');
    return new GatewayRelay(options, server, socket);
  }

  /** What stands for the gateway's address; whoever knows it has the run's right while this relay is there. */
  get address(): string {
    return this.addressAt((this.#server.address() as AddressInfo).port);
  }

  /** The same where another port leads here. */
  addressAt(port: number): string {
    return `http://127.0.0.1:${port}/${this.#secret}`;
  }

  /** Address of the gateway. */
  get gateway(): string {
    return this.#options.gateway;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    await this.#agent.destroy();
    if (this.socket !== null) await rm(dirname(dirname(this.socket)), { recursive: true, force: true });
  }

  async #answer(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = this.#pathOf(incoming);
    if (path === null) {
      this.#options.onRefused?.(`${incoming.method} ${(incoming.url ?? '').replace(`/${this.#secret}`, '')}`);
      answer.writeHead(404).end();
      return;
    }
    const { method = 'GET' } = incoming;
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(([name]) => !NOT_PASSED.has(name)),
    ) as Headers;
    const ask = (of: string, how: string) => this.#ask(of, how, headers, how === 'POST' ? incoming : null);
    // What was sent once cannot be sent again; Butler's client asks again itself.
    const given = method === 'POST' ? await ask(path, method) : await this.#patiently(path, method, ask, answer);
    if (given.statusCode === 401 && !(await this.#isTokenOld())) this.#options.onUnauthenticated?.();
    const passed = Object.entries(given.headers).filter(([name]) => !NOT_PASSED.has(name));
    answer.writeHead(given.statusCode, Object.fromEntries(passed));
    await pipeline(given.body, answer);
  }

  /** Asks the gateway and, for a sandbox, the store of which it only says the address: each time anew, as that ends in a while. */
  async #ask(path: string, method: string, headers: Headers, body: IncomingMessage | null): Promise<Answer> {
    const { gateway, token, isForSandbox } = this.#options;
    const authorized = { ...headers, authorization: `Bearer ${await token()}` };
    const given = await this.#send(`${gateway}${path}`, method, authorized, body);
    const { location } = given.headers;
    if (!isForSandbox || given.statusCode !== 307 || typeof location !== 'string') return given;
    await given.body.dump();
    return this.#send(location, method, headers, null);
  }

  #send(address: string, method: string, headers: Headers, body: IncomingMessage | null): Promise<Answer> {
    const { origin, pathname, search } = new URL(address);
    return this.#agent.request({ origin, path: pathname + search, method, headers, body });
  }

  /** Asks again while the gateway, or a server behind it, is away: what a run reads is there when it is back. */
  async #patiently(path: string, method: string, ask: Ask, answer: ServerResponse): Promise<Answer> {
    const { patience = PATIENCE_MILLISECONDS, onAway } = this.#options;
    const [source = ''] = SOURCE.exec(path) ?? [];
    const begun = performance.now();
    for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLISECONDS)) {
      const given = await ask(path, method).catch((error: unknown) => error as Error);
      if (!(given instanceof Error) && !(await this.#isAway(given))) {
        if (given.statusCode < 400) this.#served.set(source, { path, at: performance.now() });
        return given;
      }
      const isLate = performance.now() - begun > patience;
      if (isLate && !(await this.#isServed(source, begun, ask))) onAway?.();
      if (isLate || answer.destroyed || this.#closed.signal.aborted) {
        if (given instanceof Error) throw given;
        return given;
      }
      if (!(given instanceof Error)) await given.body.dump();
      await sleep(pause, undefined, { signal: this.#closed.signal });
    }
  }

  async #isAway({ statusCode }: Answer): Promise<boolean> {
    return AWAY.has(statusCode) || (statusCode === 401 && (await this.#isTokenOld()));
  }

  async #isTokenOld(): Promise<boolean> {
    return (await this.#options.isTokenOld?.()) ?? false;
  }

  /** Whether it is one file only that is not to be had: others of its repository were since, or one that was before still is. */
  async #isServed(source: string, since: number, ask: Ask): Promise<boolean> {
    const last = this.#served.get(source);
    if (!last || last.at >= since) return last !== undefined;
    const late = sleep(PROBE_MILLISECONDS, null, { signal: this.#closed.signal, ref: false }).catch(() => null);
    const probe = ask(last.path, 'HEAD').then(async (given) => {
      await given.body.dump();
      return given;
    });
    const given = await Promise.race([probe.catch(() => null), late]);
    return given !== null && !(await this.#isAway(given));
  }

  /** Null where a run may not ask this. */
  #pathOf({ url = '', method = 'GET' }: IncomingMessage): string | null {
    const prefix = `/${this.#secret}`;
    if (!url.startsWith(`${prefix}/`)) return null;
    const { pathname, search } = new URL(url.slice(prefix.length), 'http://gateway');
    const isAllowed = ALLOWED.some(({ path, methods }) => path.test(pathname) && methods.includes(method));
    return isAllowed ? pathname + search : null;
  }
}

/** In a directory that only we can enter; what is in it is given to a sandbox as a whole. */
async function socketPath(): Promise<string> {
  const given = join(await mkdtemp(join(tmpdir(), 'satellite-relay-')), 'given');
  await mkdir(given);
  await chmod(given, 0o755);
  return join(given, 'relay.sock');
}
