import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SatelliteError } from '../../src/butler/errors.ts';
import { AllowedOrigins, isPublicAddress } from '../../src/repository/allowed-origins.ts';
import { Outbound } from '../../src/repository/outbound.ts';

const CONTENT = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251));
const signal = AbortSignal.timeout(20 * 60_000);
const servers: Server[] = [];
const outbounds: Outbound[] = [];

/** A server on a free port that remembers its requests. */
async function serve(listener: RequestListener): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Answers with the content, from where the range says. */
const content: RequestListener = (request, response) => {
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (request.headers.range === undefined) response.writeHead(200, { 'content-length': CONTENT.length, etag: '"1"' });
  else {
    const range = `bytes ${start}-${CONTENT.length - 1}/${CONTENT.length}`;
    response.writeHead(206, { 'content-range': range, 'content-length': CONTENT.length - start, etag: '"1"' });
  }
  response.end(CONTENT.subarray(start));
};

function outboundTo(origins: readonly string[], lookup?: LookupFunction): Outbound {
  const settings = { origins: new AllowedOrigins(origins), attempts: 3, retryMs: 1, ...(lookup && { lookup }) };
  const outbound = new Outbound(settings);
  outbounds.push(outbound);
  return outbound;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: SatelliteError) => error.code,
  );

afterEach(async () => {
  await Promise.all(outbounds.splice(0).map((outbound) => outbound.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('an address is refused, and nothing is sent anywhere', () => {
  const lookups: string[] = [];
  const lookup: LookupFunction = (hostname, options, callback) => {
    lookups.push(hostname);
    const known: Record<string, string> = { metadata: '169.254.169.254', six: '::1', loopback: '127.0.0.1' };
    const address = known[hostname.split('.')[0]!] ?? '10.0.0.7';
    callback(null, options.all ? [{ address, family: address.includes(':') ? 6 : 4 }] : address, 4);
  };
  beforeEach(() => void lookups.splice(0));

  test.each([
    ['a file', 'file:///etc/passwd'],
    ['another protocol', 'gopher://archive.example.org/1'],
    ['no address at all', '/etc/passwd'],
    ['a host that is not configured', 'https://elsewhere.example.net/x'],
    ['a host that only ends like a configured one', 'https://evilarchive.example.org/x'],
    ['a configured host at another port', 'https://archive.example.org:8443/x'],
    ['a configured host by another scheme', 'http://archive.example.org/x'],
    ['credentials', 'https://user:secret@archive.example.org/x'],
    ['a configured host as user name', 'https://archive.example.org@elsewhere.example.net/x'],
    ['the metadata service of clouds', 'http://169.254.169.254/latest/meta-data'],
    ['this machine in decimal', 'http://2130706433/'],
    ['this machine in hexadecimal', 'http://0x7f000001/'],
    ['this machine in octal', 'http://0177.0.0.1/'],
    ['this machine as IPv6', 'http://[::1]/'],
    ['this machine as IPv4 in IPv6', 'http://[::ffff:127.0.0.1]/'],
    ['a private network as IPv4 in IPv6', 'http://[::ffff:a00:1]/'],
    ['no address of its own', 'http://0.0.0.0/'],
    ['this machine by a shorter spelling', 'http://127.1/'],
  ])('%s', async (_what, address) => {
    for (const origins of [['https://archive.example.org'], ['https://archive.example.org', 'http://*']]) {
      const work = outboundTo(origins, lookup).fetchArtifact(address, { signal });
      expect(await codeOf(work), origins.join()).toBe('BAD_USER_INPUT');
    }
  });

  test.each(['metadata', 'inside', 'six', 'loopback'])(
    'http://%s.example.org/x, whose name leads into this network, when it is connected to',
    async (name) => {
      const address = `http://${name}.example.org/x`;
      expect(await codeOf(outboundTo(['http://*.example.org'], lookup).fetchArtifact(address, { signal }))).toBe(
        'BAD_USER_INPUT',
      );
      expect(lookups).toEqual([new URL(address).hostname]);
    },
  );
});

test('a name is looked up once, and what was checked is what is connected to', async () => {
  const { url, requests } = await serve(content);
  let lookups = 0;
  const rebinding: LookupFunction = (_hostname, options, callback) => {
    lookups += 1;
    const address = lookups === 1 ? '127.0.0.1' : '203.0.113.1';
    callback(null, options.all ? [{ address, family: 4 }] : address, 4);
  };
  const named = url.replace('127.0.0.1', 'archive.example.org');
  const { stream } = await outboundTo([named], rebinding).fetchArtifact(`${named}/x`, { signal });
  expect(await buffer(stream)).toEqual(CONTENT);
  expect(lookups).toBe(1);
  expect(requests[0]!.headers.host).toBe(new URL(named).host);
});

test.each([
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['192.168.1.1', false],
  ['100.64.0.1', false],
  ['169.254.169.254', false],
  ['224.0.0.1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['::1', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['::ffff:10.0.0.1', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['93.184.215.14', true],
  ['2606:2800:21f:cb07:6820:80da:af6b:8b2c', true],
  ['::ffff:93.184.215.14', true],
])('%s is a public address: %s', (ip, expected) => {
  expect(isPublicAddress(ip)).toBe(expected);
});

describe('a redirect', () => {
  test('is followed to a configured origin, with no token on the way', async () => {
    const store = await serve(content);
    const server = await serve((_request, response) => response.writeHead(307, { location: `${store.url}/y` }).end());
    const { stream, size } = await outboundTo([server.url, store.url]).fetchArtifact(`${server.url}/x`, { signal });
    expect(size).toBe(CONTENT.length);
    expect(await buffer(stream)).toEqual(CONTENT);
    for (const { headers } of [...server.requests, ...store.requests]) expect(headers.authorization).toBeUndefined();
  });

  test('to elsewhere is refused, and elsewhere is not asked', async () => {
    const inside = await serve(content);
    const server = await serve((_request, response) => response.writeHead(302, { location: `${inside.url}/y` }).end());
    const outbound = outboundTo([server.url]);
    expect(await codeOf(outbound.fetchArtifact(`${server.url}/x`, { signal }))).toBe('BAD_USER_INPUT');
    expect(inside.requests).toHaveLength(0);
    // An official server's own answer leads where it likes.
    const { stream } = await outbound.fetchArtifact(`${server.url}/x`, { trusted: true, signal });
    expect(await buffer(stream)).toEqual(CONTENT);
  });

  test.each(['http://127.0.0.1:1/', 'http://[::ffff:a9fe:a9fe]/', 'http://169.254.169.254/', 'file:///etc/passwd'])(
    'to %s is refused, whatever public hosts are allowed',
    async (location) => {
      const server = await serve((_request, response) => response.writeHead(307, { location }).end());
      const outbound = outboundTo([server.url, 'http://*', 'https://*']);
      expect(await codeOf(outbound.fetchArtifact(`${server.url}/x`, { signal }))).toBe('BAD_USER_INPUT');
    },
  );

  test('that never ends is given up', async () => {
    const server = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end());
    expect(await codeOf(outboundTo([server.url]).fetchArtifact(`${server.url}/x`, { signal }))).toBe('NOT_FOUND');
    expect(server.requests).toHaveLength(6);
  });
});

describe('a part of a file', () => {
  test.each([
    [0, 9],
    [4990, 4999],
    [4990, undefined],
  ])('from byte %i to %s is given', async (start, end) => {
    const { url } = await serve(content);
    const request = { start, ...(end !== undefined && { end }), signal };
    const { stream, size } = await outboundTo([url]).fetchArtifact(`${url}/x`, request);
    expect(size).toBe(CONTENT.length);
    expect(await buffer(stream)).toEqual(CONTENT.subarray(start, end === undefined ? undefined : end + 1));
  });

  test('is given although its server knows no ranges', async () => {
    const { url } = await serve((_request, response) => response.end(CONTENT));
    const { stream } = await outboundTo([url]).fetchArtifact(`${url}/x`, { start: 100, end: 199, signal });
    expect(await buffer(stream)).toEqual(CONTENT.subarray(100, 200));
  });
});

describe('a fault on the way', () => {
  test('that passes is not noticed: a broken connection is taken up where it broke', async () => {
    let faults = 0;
    const { url, requests } = await serve((request, response) => {
      faults += 1;
      if (faults === 1) return response.writeHead(503, { 'retry-after': '0' }).end();
      if (faults > 3) return content(request, response);
      const start = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
      const headers = { 'content-length': CONTENT.length - start, etag: '"1"' };
      response.writeHead(start === 0 ? 200 : 206, {
        ...headers,
        ...(start > 0 && { 'content-range': `bytes ${start}-4999/5000` }),
      });
      response.write(CONTENT.subarray(start, start + 1000), () => setTimeout(() => response.destroy(), 20));
    });
    const { stream } = await outboundTo([url]).fetchArtifact(`${url}/x`, { expectedSize: 5000, signal });
    expect(await buffer(stream)).toEqual(CONTENT);
    expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined, 'bytes=1000-', 'bytes=2000-']);
  });

  test('that stays is an error, never a short file', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 5000 });
      response.write(CONTENT.subarray(0, 10), () => setTimeout(() => response.destroy(), 5));
    });
    const { stream } = await outboundTo([url]).fetchArtifact(`${url}/x`, { signal });
    // What comes again is not what was wanted: nothing beyond the first ten bytes ever arrives.
    expect(await codeOf(buffer(stream))).toBe('UPSTREAM_UNAVAILABLE');
  });

  test('the wrong size is an error before a byte is given', async () => {
    const { url } = await serve((_request, response) => response.end(CONTENT.subarray(0, 4000)));
    const work = outboundTo([url]).fetchArtifact(`${url}/x`, { expectedSize: 5000, signal });
    expect(await codeOf(work)).toBe('CONFLICT');
  });

  test('a file that changes while it is read is an error', async () => {
    let version = 0;
    const { url } = await serve((request, response) => {
      version += 1;
      const start = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
      response.writeHead(start === 0 ? 200 : 206, {
        etag: `"${version}"`,
        'content-length': 5000 - start,
        ...(start > 0 && { 'content-range': `bytes ${start}-4999/5000` }),
      });
      response.write(CONTENT.subarray(start, start + 1000), () => setTimeout(() => response.destroy(), 5));
    });
    const { stream } = await outboundTo([url]).fetchArtifact(`${url}/x`, { signal });
    expect(await codeOf(buffer(stream))).toBe('CONFLICT');
  });

  test.each([
    [404, 'NOT_FOUND'],
    [410, 'NOT_FOUND'],
    [403, 'FORBIDDEN'],
    [503, 'UPSTREAM_UNAVAILABLE'],
    [500, 'UPSTREAM_UNAVAILABLE'],
  ])('status %i is %s', async (status, code) => {
    const { url, requests } = await serve((_request, response) => response.writeHead(status).end());
    expect(await codeOf(outboundTo([url]).fetchArtifact(`${url}/x`, { signal }))).toBe(code);
    expect(requests).toHaveLength(status >= 500 ? 3 : 1);
  });

  test('nobody there is an error that may pass', async () => {
    const { url } = await serve(content);
    servers[0]!.close();
    expect(await codeOf(outboundTo([url]).fetchArtifact(`${url}/x`, { signal }))).toBe('UPSTREAM_UNAVAILABLE');
  });

  test('a caller who goes ends the request', async () => {
    const { url, requests } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 5000 }).write('x');
    });
    const { stream } = await outboundTo([url]).fetchArtifact(`${url}/x`, { signal });
    const closed = new Promise((resolve) => requests[0]!.socket.once('close', resolve));
    stream.destroy();
    await closed;
  });
});
