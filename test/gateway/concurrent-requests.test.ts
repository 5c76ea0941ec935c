/** How many requests of a user are answered at a time. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ResultSpec } from '../../src/butler/query/result-spec.ts';
import type { Query } from '../../src/butler/query/tree.ts';
import type { Page, PageOptions, QueryContext } from '../../src/repository/repository.ts';
import type { RowsByResult } from '../../src/repository/rows.ts';
import { ArrayRepository } from '../repository/federated/array-repository.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { offer, rawContent } from './small-repositories.ts';

/** Answers when it is told to, and knows who waits for that. */
class HeldRepository extends ArrayRepository {
  readonly waiting: string[] = [];
  #open = Promise.withResolvers<void>();

  release(): void {
    this.#open.resolve();
    this.#open = Promise.withResolvers();
  }

  override async *query<S extends ResultSpec>(
    query: Query,
    spec: S,
    ctx: QueryContext,
    options?: PageOptions,
  ): AsyncGenerator<Page<RowsByResult[S['type']]>> {
    this.waiting.push(ctx.caller.username);
    const aborted = new Promise<void>((resolve) => {
      if (ctx.signal.aborted) resolve();
      else ctx.signal.addEventListener('abort', () => resolve());
    });
    await Promise.race([this.#open.promise, aborted]);
    this.waiting.splice(this.waiting.indexOf(ctx.caller.username), 1);
    yield* super.query(query, spec, ctx, options);
  }
}

const repository = new HeldRepository('dp1', rawContent(2, 'official'));
let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await runGateway({ offered: [offer(repository)], limits: { requests: 2, streams: 1, seconds: 300 } });
});
afterAll(() => gateway[Symbol.asyncDispose]());
afterEach(() => until());

const SLOW = '{datasets(datasetTypes: ["raw"], collections: ["all"]) {nodes {uuid}}}';

async function ask(user: string, query: string, signal?: AbortSignal) {
  const authorization = `Bearer ${await gateway.token(user)}`;
  return gateway.fetch('/graphql', {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    ...(signal && { signal }),
  });
}

/** When the repository is asked by exactly these. */
async function until(...users: readonly string[]): Promise<void> {
  await expect.poll(() => repository.waiting.toSorted(), { timeout: 240_000, interval: 5 }).toEqual(users);
}

test('two; a third waits for one of them to end, and others wait for nobody', async () => {
  const first = [ask('alice', SLOW), ask('alice', SLOW)];
  await until('alice', 'alice');
  let isAnswered = false;
  const third = ask('alice', '{viewer {username}}').finally(() => (isAnswered = true));
  expect((await ask('bob', '{viewer {username}}')).status).toBe(200);
  const bobs = ask('bob', SLOW);
  await until('alice', 'alice', 'bob');
  expect(isAnswered).toBe(false);
  repository.release();
  for (const answer of await Promise.all([...first, third, bobs])) {
    expect(answer.status).toBe(200);
    expect(await answer.json()).not.toHaveProperty('errors');
  }
});

test('one export, whatever else is answered; the next waits for its end', async () => {
  const headers = { authorization: `Bearer ${await gateway.token('alice')}`, 'content-type': 'application/json' };
  const rows = { field: 'datasets', arguments: { datasetTypes: ['raw'], collections: ['all'] } };
  const start = () => gateway.fetch('/export', { method: 'POST', headers, body: JSON.stringify(rows) });
  const first = start();
  await until('alice');
  const started = [first, start()];
  expect((await ask('alice', '{viewer {username}}')).status).toBe(200);
  for (const answer of started) {
    await until('alice');
    repository.release();
    expect((await answer).status).toBe(200);
    await (await answer).text();
  }
});

test('one that is given up makes room, whether it was its turn or not', async () => {
  const given = [new AbortController(), new AbortController(), new AbortController()];
  const asked = given.map(({ signal }) => ask('alice', SLOW, signal).catch(() => undefined));
  await until('alice', 'alice');
  for (const controller of given) controller.abort();
  await Promise.all(asked);
  await until();
  expect((await ask('alice', '{viewer {username}}')).status).toBe(200);
});

test('when 200 wait, one more is told to come again', async () => {
  const held = [ask('alice', SLOW), ask('alice', SLOW)];
  await until('alice', 'alice');
  const waiting = Array.from({ length: 250 }, () => ask('alice', '{viewer {username}}'));
  let refused = 0;
  for (const answer of waiting) void answer.then(({ status }) => (refused += status === 429 ? 1 : 0));
  await expect.poll(() => refused, { timeout: 240_000, interval: 5 }).toBe(50);
  repository.release();
  await Promise.all(held);
  for (const answer of await Promise.all(waiting)) {
    if (answer.status === 200) continue;
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED', retryAfter: 1 } }] });
  }
  expect(refused).toBe(50);
});
