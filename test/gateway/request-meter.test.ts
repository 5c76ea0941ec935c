/** What users' requests may cost in a minute. */
import type { FastifyReply } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RequestMeter } from '../../src/gateway/request-meter.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { FilesRepository, offer, rawContent, uuidOf } from './small-repositories.ts';

const repository = new FilesRepository('dp1', rawContent(2, 'official'));
const PAGE = '{datasets(datasetTypes: ["raw"], collections: ["all"], first: 1000) {nodes {uuid}}}';
const CHEAP = '{viewer {username}}';

/** Numbers of the headers that tell what is left. */
function told(headers: Headers): Record<string, number> {
  const names = ['limit', 'remaining', 'used'];
  return Object.fromEntries(names.map((name) => [name, Number(headers.get(`x-ratelimit-${name}`))]));
}

describe('every answer says what is left', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await runGateway({ offered: [offer(repository)], limits: { costPerMinute: 1000 } });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  test('a request costs a point, and one more for each 100 objects that its answer may hold', async () => {
    const first = await gateway.ask(CHEAP);
    expect(told(first.headers)).toEqual({ limit: 1000, remaining: 999, used: 1 });
    expect(first.headers.get('x-ratelimit-resource')).toBe('satellite');
    const reset = Number(first.headers.get('x-ratelimit-reset')) - Date.now() / 1000;
    expect(reset).toBeGreaterThan(0);
    expect(reset).toBeLessThanOrEqual(62);
    expect(told((await gateway.ask(PAGE)).headers)).toEqual({ limit: 1000, remaining: 988, used: 12 });
  });

  test('an export costs 101, a stock client’s query what its limit costs, or 101, a file 1, and what cannot be read 1', async () => {
    const used = async (answer: Promise<Response>) => told((await answer).headers)['used']!;
    const send = (path: string, body?: object) =>
      used(
        gateway.fetch(path, {
          method: body ? 'POST' : 'GET',
          headers: { 'content-type': 'application/json' },
          ...(body && { body: JSON.stringify(body) }),
        }),
      );
    const before = await send('/graphql', { query: CHEAP });
    const rows = { field: 'datasets', arguments: { datasetTypes: ['raw'], collections: ['all'] } };
    expect(await send('/export', rows)).toBe(before + 101);
    expect(await send(`/files/dp1/${uuidOf(1)}/x`)).toBe(before + 102);
    expect(await send('/graphql', { query: '{' })).toBe(before + 103);
    expect(await send('/api/butler/repo/dp1/v1/universe')).toBe(before + 104);
    expect(await send('/api/butler/repo/dp1/v1/query/execute', {})).toBe(before + 205);
    const hundred = { result_spec: { result_type: 'dataset_ref', limit: 100 } };
    expect(await send('/api/butler/repo/dp1/v1/query/execute', hundred)).toBe(before + 207);
    expect(await send('/api/butler/repo/dp1/v1/query/all_datasets', { limit: 20_001 })).toBe(before + 308);
    expect(await send('/graphql/stream', { query: 'subscription {jobProgress(id: "x") {id}}' })).toBe(before + 309);
    // Limits that do not limit it.
    const besides = { ...hundred, limit: null };
    expect(await send('/api/butler/repo/dp1/v1/query/all_datasets', besides)).toBe(before + 410);
    const materializing = { ...hundred, query: { additional_query_inputs: [{ type: 'materialized' }] } };
    expect(await send('/api/butler/repo/dp1/v1/query/execute', materializing)).toBe(before + 512);
    expect(await send('/api/butler/repo/dp1/v1/query/count', materializing)).toBe(before + 613);
    const long = { dataset_ids: Array.from({ length: 1000 }, (_, i) => uuidOf(i)) };
    expect(await send('/api/butler/repo/dp1/v1/datasets', long)).toBe(before + 617);
  });
});

describe('who has used it up', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await runGateway({ offered: [offer(repository)], limits: { costPerMinute: 20 } });
    await gateway.ask(PAGE);
    await gateway.ask(PAGE);
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  const rows = { field: 'datasets', arguments: { datasetTypes: ['raw'], collections: ['all'] } };
  test.each([
    ['/graphql', { query: CHEAP }],
    ['/graphql/stream', { query: 'subscription {jobProgress(id: "x") {id}}' }],
    ['/export', rows],
    [`/files/dp1/${uuidOf(1)}/x`, undefined],
  ])('is told by %s when to go on, and no repository is asked', async (path, body) => {
    repository.calls.length = 0;
    const answer = await gateway.fetch(path, {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    expect(answer.status).toBe(429);
    expect(told(answer.headers)).toEqual({ limit: 20, remaining: 0, used: 20 });
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(await answer.json()).toMatchObject({
      errors: [
        {
          message: expect.stringContaining(`go on in ${seconds} s`),
          extensions: { code: 'RATE_LIMITED', retryAfter: seconds },
        },
      ],
    });
    expect(repository.calls).toEqual([]);
  });

  test('is told so by the RemoteButler protocol too', async () => {
    const answer = await gateway.fetch('/api/butler/repo/dp1/v1/universe');
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('go on in') });
  });

  test('takes nothing from others', async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${await gateway.token('bob')}` };
    const body = JSON.stringify({ query: CHEAP });
    const answer = await gateway.fetch('/graphql', { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    expect(told(answer.headers)).toEqual({ limit: 20, remaining: 19, used: 1 });
  });

  test('is counted in the metrics, without a name', async () => {
    const metrics = await (await gateway.fetch('/metrics')).text();
    expect(metrics).toMatch(/satellite_limits_fired_total\{limit="costPerMinute"\} [1-9]/);
    expect(metrics).not.toContain('alice');
  });
});

test('the query that does not fit any more is refused before it runs, with the same words', async () => {
  await using gateway = await runGateway({ offered: [offer(repository)], limits: { costPerMinute: 15 } });
  expect((await gateway.ask(PAGE)).status).toBe(200);
  repository.calls.length = 0;
  const { status, errors, headers, data } = await gateway.ask(PAGE);
  expect({ status, data }).toEqual({ status: 429, data: undefined });
  expect(errors).toMatchObject([
    { extensions: { code: 'RATE_LIMITED', retryAfter: Number(headers.get('retry-after')) } },
  ]);
  expect(repository.calls).toEqual([]);
});

describe('the quota of the platform', () => {
  /** Headers of a reply, by name. */
  function recorder() {
    const headers: Record<string, unknown> = {};
    const reply = {
      header(name: string, value: unknown) {
        headers[name] = value;
        return reply;
      },
    } as unknown as FastifyReply;
    return { reply, headers };
  }
  const open = () => RequestMeter.open({ costPerMinute: 1000, state: undefined, refused: () => undefined });

  test('counts instead of the configured limit', async () => {
    const meter = await open();
    const { reply, headers } = recorder();
    await meter.charge({ username: 'alice', quota: { api: { satellite: 5, tap: 1 } } }, 2, reply);
    expect(headers).toMatchObject({ 'x-ratelimit-limit': 5, 'x-ratelimit-remaining': 3, 'x-ratelimit-used': 2 });
  });

  test.each([[null], [{}], [{ api: { tap: 7 } }], [{ api: 'much' }], [{ api: { satellite: 'x' } }]])(
    'that says nothing of this service leaves the configured limit: %j',
    async (quota) => {
      const meter = await open();
      const { reply, headers } = recorder();
      await meter.charge({ username: 'alice', quota }, 2, reply);
      expect(headers).toMatchObject({ 'x-ratelimit-limit': 1000 });
    },
  );

  test('of 0 keeps the user out', async () => {
    const meter = await open();
    const blocked = { username: 'alice', quota: { api: { satellite: 0 } } };
    await expect(meter.charge(blocked, 1, undefined)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('that is smaller than what a request costs says so, and takes nothing', async () => {
    const meter = await open();
    const small = { username: 'alice', quota: { api: { satellite: 10 } } };
    await expect(meter.charge(small, 11, undefined)).rejects.toMatchObject({ code: 'QUERY_TOO_COSTLY' });
    const { reply, headers } = recorder();
    await meter.charge(small, 1, reply);
    expect(headers).toMatchObject({ 'x-ratelimit-used': 1 });
  });
});
