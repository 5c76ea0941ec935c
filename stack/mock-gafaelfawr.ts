/**
 * A MOCK of Gafaelfawr, the Rubin Science Platform's authority for tokens and groups: the few addresses of its API that services
 * ask, over HTTP, with what it knows in memory.  What it leaves out: everything else (signing in,
 * quotas that are enforced, LDAP's own delay of 5 minutes).
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MockUser {
  readonly groups?: readonly string[];
  readonly quota?: object;
}

export interface MockTokenOptions {
  readonly scopes?: readonly string[];
  /** Unix seconds; absent: it does not end. */
  readonly expires?: number;
  /** The token that it was delegated from: when that is revoked, so is this. */
  readonly parent?: string;
}

interface MockToken extends MockTokenOptions {
  readonly username: string;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

const API = '/auth/api/v1/';

export class MockGafaelfawr implements AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];
  /** Answers every request with this status instead. */
  failure: number | undefined;
  readonly #close: () => Promise<void>;
  readonly #users: Map<string, MockUser>;
  readonly #tokens: Map<string, MockToken>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
    this.#users = new Map();
    this.#tokens = new Map();
  }

  /** On a free port of the loopback address. */
  static async start(): Promise<MockGafaelfawr> {
    const server = createServer((request, response) => {
      const { status, body } = mock.#answer(request);
      const challenge = status === 401 ? { 'www-authenticate': 'Bearer realm="gafaelfawr (mock)"' } : {};
      response.writeHead(status, { 'content-type': 'application/json', server: 'mock of Gafaelfawr', ...challenge });
      response.end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const mock = new MockGafaelfawr(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return mock;
  }

  /** Makes a user, or changes what is known of one. */
  setUser(username: string, user: MockUser): void {
    this.#users.set(username, { ...this.#users.get(username), ...user });
  }

  /** Ends an account and its tokens. */
  removeUser(username: string): void {
    this.#users.delete(username);
    for (const [token, { username: owner }] of this.#tokens) if (owner === username) this.#tokens.delete(token);
  }

  /** A new token of a user, in Gafaelfawr's form: `gt-` and two times 22 characters. */
  token(username: string, options: MockTokenOptions = {}): string {
    const [key, secret] = [randomBytes(16), randomBytes(16)].map((bytes) => bytes.toString('base64url'));
    const token = `gt-${key}.${secret}`;
    this.#tokens.set(token, { username, scopes: ['read:image', 'write:files'], ...options });
    return token;
  }

  /** Ends a token and those that were delegated from it. */
  revoke(token: string): void {
    this.#tokens.delete(token);
    for (const [child, { parent }] of this.#tokens) if (parent === token) this.revoke(child);
  }

  async stop(): Promise<void> {
    await this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #answer({ url = '', headers }: IncomingMessage): Answer {
    this.asked.push(url.replace(API, ''));
    if (this.failure !== undefined) return complaint(this.failure, 'failing');
    const text = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    const token = this.#tokens.get(text);
    if (!token || (token.expires ?? Infinity) * 1000 <= Date.now()) return complaint(401, 'invalid_token');
    const { username, scopes = [], expires } = token;
    const path = url.startsWith(API) ? url.slice(API.length) : '';
    if (path === 'token-info') {
      const key = text.split('.')[0];
      return { status: 200, body: { token: key, username, token_type: 'user', scopes, created: 0, expires } };
    }
    if (path === 'user-info') return this.#userInfo(username);
    const named = /^users\/([^/]+)$/.exec(path)?.[1];
    if (named === undefined) return complaint(404, 'not_found');
    return scopes.includes('admin:userinfo')
      ? this.#userInfo(decodeURIComponent(named))
      : complaint(403, 'permission_denied');
  }

  #userInfo(username: string): Answer {
    const user = this.#users.get(username);
    if (!user) return complaint(404, 'unknown_user');
    const groups = (user.groups ?? []).map((name) => ({ name, id: groupId(name) }));
    return { status: 200, body: { username, groups, quota: user.quota } };
  }
}

/** A number that is the same for one name. */
function groupId(name: string): number {
  return 2000 + [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 0);
}

function complaint(status: number, type: string): Answer {
  return { status, body: { detail: [{ msg: 'mock of Gafaelfawr', type }] } };
}
