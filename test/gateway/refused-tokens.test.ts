/** Tokens that end while something goes on: a job of a real gateway, over its own RemoteButler face, and who watches. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from 'graphql-sse';
import { createClient as createWebSocketClient } from 'graphql-ws';
import { WebSocket } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Services } from '../../resolvers/services.ts';
import { MockGafaelfawr } from '../../stack/mock-gafaelfawr.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { RUNNING } from './watched-job.ts';

describe('a transfer from an official server', () => {
  /** Plays the official server. */
  let upstream: RunningGateway;
  /** Before it: refuses tokens, and remembers who came with which. */
  let ingress: Server;
  let gateway: RunningGateway;
  /** Paths by token, in the order in which they were asked for. */
  const asked = new Map<string, string[]>();
  const refused = new Set<string>();
  /** From the first request of this kind on, its token is refused. */
  let ends: RegExp | undefined;

  beforeAll(async () => {
    upstream = await runGateway({
      yaml: `repositories: [{name: dp1, kind: direct, path: ${JSON.stringify(sqliteRepository('official'))}}]`,
    });
    ingress = createServer((request, response) => {
      const token = request.headers.authorization ?? '';
      const url = request.url!;
      asked.set(token, [...(asked.get(token) ?? []), url]);
      if (ends?.test(url)) {
        ends = undefined;
        refused.add(token);
      }
      if (refused.has(token)) return void response.writeHead(401).end();
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => void chunks.push(chunk));
      request.on('end', () => {
        const { method = 'GET', headers } = request;
        const type = headers['content-type'];
        const answer = upstream.fetch(url, {
          method,
          ...(type && { headers: { 'content-type': type } }),
          ...(method === 'POST' && { body: Buffer.concat(chunks) }),
        });
        answer
          .then(async (got) => response.writeHead(got.status).end(await got.text()))
          .catch(() => response.destroy());
      });
    });
    await new Promise<void>((resolve) => ingress.listen(0, '127.0.0.1', resolve));
    const { port } = ingress.address() as AddressInfo;
    gateway = await runGateway({
      limits: { recheckSeconds: 1 },
      yaml: `
satellites: {root: ./satellites}
repositories: [{name: dp1, kind: remote, url: "http://127.0.0.1:${port}/api/butler/repo/dp1", token: forward}]`,
    });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    ingress.closeAllConnections();
    ingress.close();
    await upstream[Symbol.asyncDispose]();
  });

  let count = 0;
  /** Another token of alice's. */
  const newToken = async () => `Bearer ${await gateway.token('alice', { expires: `${(count += 1) + 60}m` })}`;

  /** @param codes of errors that may come */
  async function ask(authorization: string, query: string, variables = {}, codes: readonly string[] = []) {
    const headers = { authorization, 'content-type': 'application/json' };
    const body = JSON.stringify({ query, variables });
    const { data, errors } = (await (await gateway.fetch('/graphql', { method: 'POST', headers, body })).json()) as any; // eslint-disable-line @typescript-eslint/no-explicit-any
    for (const { extensions } of errors ?? []) expect(codes).toContain(extensions.code);
    return data;
  }

  const jobOf = async (token: string, id: string) =>
    (await ask(token, 'query ($id: ID!) {job(id: $id) {state error {code message} result}}', { id })).job;
  const until = (state: string, token: string, id: string) =>
    vi.waitFor(async () => expect((await jobOf(token, id)).state).toBe(state), { timeout: 240_000 });

  test.each([
    ['when its user comes with another token', async () => undefined],
    [
      'by retryJob with another token',
      (token: string, id: string) =>
        // The job also goes on because its owner has come, and may be COMPLETED before it is asked to.
        ask(token, 'mutation ($job: ID!) {retryJob(input: {job: $job}) {job {id}}}', { job: id }, ['CONFLICT']),
    ],
  ])('is held when its token is refused in the middle, and goes on %s', async (_how, goOn) => {
    const token = await newToken();
    const name = `satellite${count}`;
    await ask(token, `mutation {createSatellite(input: {name: "${name}", official: "dp1"}) {job {id}}}`);
    ends = /get_file|file_transfer|collection_info/;
    const { transferDatasets } = await ask(
      token,
      `mutation {transferDatasets(input: {to: "${name}", search: {datasetTypes: ["raw"], collections: ["HSC/raw/all"]}}) {job {id}}}`,
    );
    const id = transferDatasets.job.id as string;
    await until('HELD', token, id);
    const { error } = await jobOf(token, id);
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', message: expect.stringContaining('retryJob') });
    // Its owner goes on asking the gateway with the token that the official server refused.
    const before = asked.get(token)!.length;
    for (let i = 0; i < 3; i += 1) await jobOf(token, id);
    expect(asked.get(token)).toHaveLength(before);
    expect(await jobOf(token, id)).toMatchObject({ state: 'HELD' });

    const fresh = await newToken();
    await goOn(fresh, id);
    await until('COMPLETED', fresh, id);
    const { result } = await jobOf(fresh, id);
    expect(result.datasets).toBeGreaterThan(0);
    expect(result.new).toBe(result.datasets);
    expect(asked.get(token)).toHaveLength(before);
    expect(gateway.log.join('')).not.toContain(token.slice('Bearer '.length));
  });
});

describe('who watches a job', () => {
  /** A job that goes on for ever. */
  const jobs: Pick<Services['jobs'], 'watch' | 'counts'> = {
    counts: async () => ({ QUEUED: 0, RUNNING: 1, HELD: 0 }),
    async *watch(_id, _owner, signal) {
      yield RUNNING;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
  let mock: MockGafaelfawr;
  let gateway: RunningGateway;
  let token: string;
  beforeAll(async () => {
    mock = await MockGafaelfawr.start();
    mock.setUser('alice', { groups: ['g_users'] });
    gateway = await runGateway({
      services: { jobs } as unknown as Services,
      limits: { recheckSeconds: 1 },
      auth: { gafaelfawr: { url: mock.url, cacheSeconds: 1 } },
    });
  });
  beforeEach(() => {
    token = mock.token('alice');
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await mock.stop();
  });

  const query = 'subscription {jobProgress(id: "j1") {state}}';
  const authorization = () => `Bearer ${token}`;
  const ended = [
    { data: { jobProgress: { state: 'RUNNING' } } },
    { errors: [expect.objectContaining({ extensions: expect.objectContaining({ code: 'UNAUTHENTICATED' }) })] },
  ];

  async function revokedAfterFirst(results: AsyncIterable<unknown>): Promise<unknown[]> {
    const told: unknown[] = [];
    for await (const result of results) {
      told.push(result);
      mock.revoke(token);
    }
    return told;
  }

  test('is told nothing more over Server-Sent Events when their token is revoked', async () => {
    const headers = { authorization: authorization() };
    const client = createClient({ url: `${gateway.url}/graphql/stream`, headers, retryAttempts: 0 });
    expect(await revokedAfterFirst(client.iterate({ query }))).toEqual(ended);
    client.dispose();
  });

  test('is told nothing more over WebSocket when their token is revoked', async () => {
    const client = createWebSocketClient({
      url: `${gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { authorization: authorization() },
    });
    expect(await revokedAfterFirst(client.iterate({ query }))).toEqual(ended);
    await client.dispose();
  });
});
