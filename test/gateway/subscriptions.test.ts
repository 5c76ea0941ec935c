/** `jobProgress` over Server-Sent Events and WebSocket, against jobs of the test's own. */
import { createClient as createWebSocketClient, type Client } from 'graphql-ws';
import { WebSocket } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Services } from '../../resolvers/services.ts';
import { SatelliteError } from '../../src/butler/errors.ts';
import type { Job } from '../../src/jobs/job.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { RUNNING } from './watched-job.ts';

/** What is given to watchers, one after the other; `hang` waits until the watcher goes. */
let states: (Job | 'hang')[];
/** Watchers that have not ended. */
let watching = 0;

const jobs: Pick<Services['jobs'], 'watch' | 'counts'> = {
  counts: async () => ({ QUEUED: 0, RUNNING: 0, HELD: 0 }),
  async *watch(id, owner, signal) {
    if (owner !== 'alice' || id !== 'j1') throw new SatelliteError('NOT_FOUND', `There is no job '${id}' of yours.`);
    watching += 1;
    try {
      for (const state of states) {
        if (state === 'hang') await new Promise((resolve) => signal.addEventListener('abort', resolve));
        else yield state;
      }
    } finally {
      watching -= 1;
    }
  },
};

let gateway: RunningGateway;
const open: Client[] = [];
beforeAll(async () => {
  gateway = await runGateway({ services: { jobs } as unknown as Services, limits: { subscriptions: 3 } });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  const done = { done: 10, total: 10, unit: 'datasets' };
  states = [RUNNING, { ...RUNNING, state: 'COMPLETED', progress: done, finishedAt: 1 }];
});
afterEach(async () => {
  for (const client of open.splice(0)) await client.dispose();
  await expect.poll(() => watching).toBe(0);
});

const QUERY = 'subscription {jobProgress(id: "j1") {state progress {done}}}';

interface Event {
  readonly data?: { readonly jobProgress: { readonly state: string } };
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code: string } }[];
}

/** Events of an answer to `POST /graphql/stream`, and whether it ended as the protocol has it. */
async function events(answer: Response): Promise<{ readonly events: readonly Event[]; readonly isComplete: boolean }> {
  const text = await answer.text();
  const data = [...text.matchAll(/^event: next\ndata: (.*)$/gm)].map(([, json]) => JSON.parse(json!) as Event);
  return { events: data, isComplete: text.endsWith('event: complete\ndata: \n\n') };
}

function stream(query: string, init: RequestInit = {}): Promise<Response> {
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream', ...init.headers };
  return gateway.fetch('/graphql/stream', { method: 'POST', ...init, headers, body: JSON.stringify({ query }) });
}

async function webSocket(connectionParams?: object, headers?: Record<string, string>): Promise<Client> {
  class Socket extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, { protocols, ...(headers && { headers }) });
    }
  }
  const client = createWebSocketClient({
    url: `${gateway.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: Socket,
    retryAttempts: 0,
    connectionParams: { ...connectionParams },
  });
  open.push(client);
  return client;
}

async function collected(client: Client, query = QUERY): Promise<Event[]> {
  const found: Event[] = [];
  for await (const result of client.iterate({ query })) found.push(result as unknown as Event);
  return found;
}

describe('over Server-Sent Events', () => {
  test('a job is told of until it ends', async () => {
    const answer = await stream(QUERY);
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const { events: told, isComplete } = await events(answer);
    expect(told.map(({ data }) => data!.jobProgress.state)).toEqual(['RUNNING', 'COMPLETED']);
    expect(isComplete).toBe(true);
  });

  test('GET does the same', async () => {
    const { events: told } = await events(await gateway.fetch(`/graphql/stream?query=${encodeURIComponent(QUERY)}`));
    expect(told).toHaveLength(2);
  });

  test('who is not signed in is refused, whatever is asked', async () => {
    for (const query of [QUERY, '{', '{viewer {username}}']) {
      const answer = await stream(query, { headers: { authorization: 'Bearer nonsense' } });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    }
  });

  test.each([
    ['a job of another', 'subscription {jobProgress(id: "j2") {state}}', 'NOT_FOUND'],
    ['a document that is wrong', 'subscription {nothing}', 'GRAPHQL_VALIDATION_FAILED'],
    ['a query', '{viewer {username}}', 'BAD_REQUEST'],
    [
      'a document beyond a limit',
      `subscription {jobProgress(id: "j1") {${Array.from({ length: 40 }, (_, i) => `a${i}: id`).join(' ')}}}`,
      'QUERY_TOO_COSTLY',
    ],
  ])('%s is refused in the stream', async (_what, query, code) => {
    const { events: told, isComplete } = await events(await stream(query));
    expect(told.map(({ errors }) => errors?.[0]?.extensions?.code)).toEqual([code]);
    expect(isComplete).toBe(true);
  });

  test('the watch ends when the client goes', async () => {
    states = [RUNNING, 'hang'];
    const gone = new AbortController();
    const answer = await stream(QUERY, { signal: gone.signal });
    const reader = answer.body!.getReader();
    await reader.read();
    await expect.poll(() => watching).toBe(1);
    gone.abort();
    await expect.poll(() => watching).toBe(0);
  });

  test('a user watches so many at a time, and not more', async () => {
    states = [RUNNING, 'hang'];
    const gone = new AbortController();
    const held = await Promise.all([1, 2, 3].map(() => stream(QUERY, { signal: gone.signal })));
    const refused = await stream(QUERY);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    gone.abort();
    await Promise.allSettled(held.map((answer) => answer.text()));
    await expect.poll(() => watching).toBe(0);
    states = [];
    await expect.poll(async () => (await stream(QUERY)).status).toBe(200);
  });
});

describe('over WebSocket', () => {
  test.each(['authorization', 'Authorization'])(
    'a job is told of, with the token in connectionParams.%s',
    async (name) => {
      const client = await webSocket({ [name]: `Bearer ${await gateway.token()}` });
      expect((await collected(client)).map(({ data }) => data!.jobProgress.state)).toEqual(['RUNNING', 'COMPLETED']);
    },
  );

  test('the token may come as a header too', async () => {
    const client = await webSocket(undefined, { authorization: `Bearer ${await gateway.token()}` });
    expect(await collected(client)).toHaveLength(2);
  });

  test('who sends the tokens of two users is not let in', async () => {
    const [alices, bobs] = [await gateway.token(), await gateway.token('bob')];
    const client = await webSocket({ authorization: `Bearer ${alices}` }, { authorization: `Bearer ${bobs}` });
    await expect(collected(client)).rejects.toMatchObject({ code: 4403 });
  });

  test('who is not signed in is not let in', async () => {
    await expect(collected(await webSocket({ authorization: 'Bearer nonsense' }))).rejects.toMatchObject({
      code: 4403,
    });
  });

  test('errors have their codes', async () => {
    const client = await webSocket({ authorization: `Bearer ${await gateway.token('bob')}` });
    expect((await collected(client))[0]!.errors![0]!.extensions!.code).toBe('NOT_FOUND');
    await expect(collected(client, 'subscription {nothing}')).rejects.toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
  });

  test('the watch ends when the client unsubscribes', async () => {
    states = [RUNNING, 'hang'];
    const client = await webSocket({ authorization: `Bearer ${await gateway.token()}` });
    const results = client.iterate({ query: QUERY });
    await results.next();
    expect(watching).toBe(1);
    await results.return!();
    await expect.poll(() => watching).toBe(0);
  });
});

test('a gateway that is closed ends its subscriptions', async () => {
  states = [RUNNING, 'hang'];
  const closing = await runGateway({ services: { jobs } as unknown as Services });
  const headers = { 'content-type': 'application/json' };
  const answer = await closing.fetch('/graphql/stream', {
    method: 'POST',
    headers,
    body: JSON.stringify({ query: QUERY }),
  });
  const told = events(answer);
  await expect.poll(() => watching).toBe(1);
  await closing[Symbol.asyncDispose]();
  expect((await told).events.at(-1)).toMatchObject({ errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }] });
});
