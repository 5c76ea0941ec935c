/** What a page of another site can do with a browser of somebody who uses the gateway: nothing (DMTN-193). */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../stack/free-port.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { FilesRepository, offer, rawContent, uuidOf } from './small-repositories.ts';

const repository = new FilesRepository('dp1', rawContent(2, 'official', 1));
let gateway: RunningGateway;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  repository.directory = directory.path;
  gateway = await runGateway({ offered: [offer(repository)] });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const QUERY = '{viewer {username}}';
const DATA = ['/graphql', '/graphql/stream', '/export'] as const;
const JSON_TYPE = { 'content-type': 'application/json' };

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** As `fetch`, but with the headers that only browsers may set. */
async function send(url: string, { method = 'GET', headers = {}, body }: Sent = {}) {
  return new Promise<{ status: number; headers: Readonly<Record<string, unknown>>; body: string }>(
    (resolve, reject) => {
      const asking = request(url, { method, headers }, (answer) => {
        void text(answer).then((read) => resolve({ status: answer.statusCode!, headers: answer.headers, body: read }));
      });
      asking.on('error', reject).end(body);
    },
  );
}

describe('a cookie is no credential', () => {
  test.each(['authorization', 'gafaelfawr', 'token'])('not as %s', async (name) => {
    const cookie = `${name}=Bearer%20${await gateway.token()}; ${name}2=${await gateway.token()}`;
    for (const path of [...DATA, `/files/dp1/${uuidOf(1, 1)}/x`]) {
      const isFile = path.startsWith('/files');
      const body = isFile ? {} : { method: 'POST', body: JSON.stringify({ query: QUERY }) };
      const answer = await send(`${gateway.url}${path}`, { ...body, headers: { ...JSON_TYPE, cookie } });
      expect(answer.status, path).toBe(401);
    }
  });

  test('and none is ever set', async () => {
    const { headers } = await gateway.ask(QUERY);
    expect(headers.has('set-cookie')).toBe(false);
    expect((await gateway.fetch('/')).headers.has('set-cookie')).toBe(false);
  });
});

describe('what a form can send is not read, even with a token', () => {
  const multipart = '--b\r\ncontent-disposition: form-data; name="query"\r\n\r\n{viewer{username}}\r\n--b--\r\n';
  const bodies = [
    ['text/plain', JSON.stringify({ query: QUERY })],
    ['text/plain; application/json', JSON.stringify({ query: QUERY })],
    ['text/plain;charset=UTF-8', JSON.stringify({ query: QUERY })],
    ['application/x-www-form-urlencoded', 'query={viewer{username}}'],
    ['multipart/form-data; boundary=b', multipart],
    [undefined, JSON.stringify({ query: QUERY })],
  ] as const;
  test.each(DATA.flatMap((path) => bodies.map(([type, body]) => [path, type, body] as const)))(
    '%s as %s',
    async (path, type, body) => {
      const headers = { authorization: `Bearer ${await gateway.token()}`, ...(type && { 'content-type': type }) };
      const answer = await send(`${gateway.url}${path}`, { method: 'POST', headers, body });
      expect(answer.status).toBe(415);
      expect(JSON.parse(answer.body)).toMatchObject({
        errors: [{ message: expect.stringContaining('application/json'), extensions: { code: 'BAD_USER_INPUT' } }],
      });
    },
  );
});

describe('GET', () => {
  test('runs no mutation', async () => {
    const mutation = 'mutation {deleteSatellite(input: {satellite: "a"}) {plan {datasets}}}';
    for (const headers of [{}, { 'apollo-require-preflight': 'true' }]) {
      const answer = await gateway.fetch(`/graphql?query=${encodeURIComponent(mutation)}`, { headers });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(JSON.stringify(await answer.json())).not.toContain('"data"');
    }
    const stream = await gateway.fetch(`/graphql/stream?query=${encodeURIComponent(mutation)}`);
    expect(await stream.text()).toContain('"code":"BAD_REQUEST"');
  });

  test('answers a query only with a header that browsers ask about first', async () => {
    const path = `/graphql?query=${encodeURIComponent(QUERY)}`;
    expect((await gateway.fetch(path)).status).toBe(400);
    expect((await gateway.fetch(path, { headers: { 'apollo-require-preflight': 'true' } })).status).toBe(200);
  });
});

describe('a page of another site', () => {
  const origin = 'https://evil.example';

  test.each(['POST', 'GET'])('is refused whatever it sends (%s)', async (method) => {
    const headers = { ...JSON_TYPE, origin, authorization: `Bearer ${await gateway.token()}` };
    for (const path of [...DATA, '/schema.graphql', `/files/dp1/${uuidOf(1, 1)}/x`]) {
      const body = method === 'POST' ? { body: JSON.stringify({ query: QUERY }) } : {};
      const answer = await send(`${gateway.url}${path}`, { method, headers, ...body });
      expect([403, 404], path).toContain(answer.status);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  test('may not even ask whether it may', async () => {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    };
    for (const path of [...DATA, '/files/x', '/healthz']) {
      const answer = await send(`${gateway.url}${path}`, { method: 'OPTIONS', headers });
      expect([403, 404], path).toContain(answer.status);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test.each([origin, 'null', 'http://127.0.0.1:1'])('opens no WebSocket (%s)', async (from) => {
    expect(await handshake(gateway.url, from)).toBe('refused');
  });

  test('our own page does', async () => {
    expect(await handshake(gateway.url, gateway.url)).toBe('open');
  });
});

async function handshake(url: string, origin: string): Promise<'open' | 'refused'> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, {
    protocols: ['graphql-transport-ws'],
    headers: { origin },
  });
  return new Promise((resolve) => {
    socket.addEventListener('open', () => {
      socket.close();
      resolve('open');
    });
    socket.addEventListener('error', () => resolve('refused'));
  });
}

describe('headers', () => {
  test('let browsers load nothing from elsewhere, frame nothing, and guess no type', async () => {
    for (const path of ['/', '/healthz', '/schema.graphql', '/no/such/thing']) {
      const { headers } = await gateway.fetch(path);
      const policy = headers.get('content-security-policy')!;
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:|\*/);
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      // Over http it would mean nothing, and over https it is for whoever ends TLS to say.
      expect(headers.has('strict-transport-security')).toBe(false);
      expect(headers.has('x-powered-by')).toBe(false);
    }
  });

  test('the page has no script of its own text', async () => {
    const page = await (await gateway.fetch('/')).text();
    const scripts = [...page.matchAll(/<script[^>]*>([^]*?)<\/script>/g)];
    expect(scripts.length).toBeGreaterThan(0);
    for (const [tag, inside] of scripts) {
      expect(inside).toBe('');
      expect(tag).toContain('src="./');
    }
    expect(page).not.toMatch(/\son\w+=/);
  });

  test('a file never shows as a page of ours, whatever is in it', async () => {
    const answer = await gateway.fetch(`/files/dp1/${uuidOf(1, 1)}/page.html`);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': expect.stringMatching(/^attachment; /),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
  });
});

describe('GraphiQL on an origin of its own', () => {
  const origin = 'https://graphiql.example.org';
  const host = 'graphiql.example.org';
  let apart: RunningGateway;
  beforeAll(async () => {
    const port = await freePort();
    apart = await runGateway({
      offered: [offer(repository)],
      http: { port, pathPrefix: '/api/satellite' },
      yaml: `publicUrl: http://127.0.0.1:${port}/api/satellite\ngraphiql: {origin: "${origin}"}`,
    });
  });
  afterAll(() => apart[Symbol.asyncDispose]());
  const api = (path: string) => `${apart.url}/api/satellite${path}`;

  test('is the page and nothing else', async () => {
    const page = await send(`${apart.url}/`, { headers: { host } });
    expect(page.headers['content-type']).toContain('text/html');
    const script = /src="\.(\/assets\/[^"]+)"/.exec(page.body)![1]!;
    expect((await send(`${apart.url}${script}`, { headers: { host } })).status).toBe(200);
    const authorization = `Bearer ${await apart.token()}`;
    for (const path of [
      '/api/satellite/graphql',
      '/api/satellite/schema.graphql',
      '/graphql',
      '/healthz',
      '/metrics',
    ]) {
      expect((await send(`${apart.url}${path}`, { headers: { host, authorization } })).status, path).toBe(404);
    }
    const post = {
      method: 'POST',
      headers: { ...JSON_TYPE, host, authorization },
      body: JSON.stringify({ query: QUERY }),
    };
    expect((await send(api('/graphql'), post)).status).toBe(404);
  });

  test('asks the API where it is, and may', async () => {
    const settings = await send(`${apart.url}/graphiql.json`, { headers: { host } });
    expect(JSON.parse(settings.body)).toMatchObject({ endpoint: api('/graphql'), headers: {} });
    const { headers } = await send(`${apart.url}/`, { headers: { host } });
    expect(headers['content-security-policy']).toContain(
      `connect-src 'self' ${apart.url} ${apart.url.replace('http', 'ws')};`,
    );
    const asking = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    };
    const preflight = await send(api('/graphql'), { method: 'OPTIONS', headers: asking });
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization, content-type',
    });
    const answer = await send(api('/graphql'), {
      method: 'POST',
      headers: { ...JSON_TYPE, origin, authorization: `Bearer ${await apart.token()}` },
      body: JSON.stringify({ query: QUERY }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin });
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
    expect(await handshake(api(''), origin)).toBe('open');
  });

  test('is the only one: other origins are refused, and learn nothing', async () => {
    for (const other of [
      'https://evil.example',
      'http://graphiql.example.org',
      'https://graphiql.example.org.evil.example',
    ]) {
      const headers = { ...JSON_TYPE, origin: other, authorization: `Bearer ${await apart.token()}` };
      const answer = await send(api('/graphql'), { method: 'POST', headers, body: JSON.stringify({ query: QUERY }) });
      expect(answer.status).toBe(403);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
      expect(await handshake(api(''), other)).toBe('refused');
    }
  });

  test('leaves no HTML at the API', async () => {
    for (const path of [
      '/',
      '/index.html',
      '/graphiql.json',
      '/api/satellite',
      '/api/satellite/',
      '/api/satellite/graphql',
    ]) {
      const answer = await send(`${apart.url}${path}`, { headers: { accept: 'text/html' } });
      expect(answer.headers['content-type'], path).toContain('application/json');
    }
  });

  test('with a prefix, all addresses but those of the keepers have it', async () => {
    expect((await apart.fetch('/healthz')).status).toBe(200);
    expect((await apart.fetch('/metrics')).status).toBe(200);
    expect((await apart.fetch('/schema.graphql')).status).toBe(404);
    const headers = { ...JSON_TYPE, authorization: `Bearer ${await apart.token()}` };
    const body = JSON.stringify({ query: `{dataset(uuid: "${uuidOf(1, 1)}") {files {url}}}` });
    const answer = await send(api('/graphql'), { method: 'POST', headers, body });
    const { url } = (JSON.parse(answer.body) as { data: { dataset: { files: { url: string }[] } } }).data.dataset
      .files[0]!;
    expect(url.startsWith(api('/files/dp1/'))).toBe(true);
    expect((await send(url, { method: 'HEAD', headers })).status).toBe(200);
  });
});
