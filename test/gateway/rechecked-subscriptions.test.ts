/** Who watches is checked again while they watch: at an interval, and when their token ends. */
import { buildSchema, type GraphQLObjectType } from 'graphql';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { GraphQLContext } from '../../resolvers/context.ts';
import { SatelliteError } from '../../src/butler/errors.ts';
import { parseConfig } from '../../src/gateway/config.ts';
import { Subscriptions, type SubscriptionResults } from '../../src/gateway/graphql/subscriptions.ts';

const RECHECK_MS = 30_000;
const HOUR = 3_600_000;

let state: string;
/** Begun, and not ended. */
let watching: number;
/** What authenticating the watcher throws now. */
let refusal: SatelliteError | undefined;
let isShared: boolean;
let authenticated: number;
let expiresAt: number;
let changed: PromiseWithResolvers<void>;

function change(to: string): void {
  state = to;
  changed.resolve();
  changed = Promise.withResolvers();
}

const schema = buildSchema('type Query {a: Int} type Subscription {progress: String}');
const fields = (schema.getSubscriptionType() as GraphQLObjectType).getFields();
fields['progress']!.resolve = (value: unknown) => value;
fields['progress']!.subscribe = async function* (_root: unknown, _args: unknown, context: GraphQLContext) {
  if (!isShared) throw new SatelliteError('NOT_FOUND', 'There is none of yours.');
  const { signal } = context.query;
  const gone = new Promise((resolve) => signal.addEventListener('abort', resolve));
  watching += 1;
  try {
    while (!signal.aborted) {
      const news = changed.promise;
      const now = state;
      yield now;
      if (now === 'done') return;
      await Promise.race([news, gone]);
    }
  } finally {
    watching -= 1;
  }
};

const config = parseConfig('auth: {issuers: [{issuer: a, audience: b, jwks: ./c.json}]}', {
  file: '/g',
  environment: {},
});
const subscriptions = () => new Subscriptions({ schema, limits: config.http.limits, limitFired: () => undefined });

async function watch(): Promise<SubscriptionResults> {
  const all = subscriptions();
  return all.start(all.check({ query: 'subscription {progress}' }), async (signal) => {
    authenticated += 1;
    if (refusal) throw refusal;
    return { principal: { username: 'alice', expiresAt }, query: { signal } } as unknown as GraphQLContext;
  });
}

const told = (value: string) => ({ done: false, value: { data: { progress: value } } });
const refused = (code: string) => ({ value: { errors: [{ extensions: { code } }] } });

beforeEach(() => {
  vi.useFakeTimers();
  [state, watching, refusal, isShared, authenticated] = ['begun', 0, undefined, true, 0];
  expiresAt = Date.now() + HOUR;
  changed = Promise.withResolvers();
});
afterEach(() => vi.useRealTimers());

test('who may watch on notices nothing of it', async () => {
  const results = await watch();
  expect(await results.next()).toEqual(told('begun'));
  const next = results.next();
  await vi.advanceTimersByTimeAsync(3 * RECHECK_MS);
  expect(authenticated).toBe(4);
  expect(watching).toBe(1);
  change('going on');
  expect(await next).toEqual(told('going on'));
  change('done');
  expect(await results.next()).toEqual(told('done'));
  expect(await results.next()).toEqual({ done: true, value: undefined });
  expect(watching).toBe(0);
});

test('a watcher whose token was revoked is told so within the interval, and nothing more', async () => {
  const results = await watch();
  await results.next();
  const next = results.next();
  refusal = new SatelliteError('UNAUTHENTICATED', 'Your token was refused: it was revoked.');
  await vi.advanceTimersByTimeAsync(RECHECK_MS);
  expect(await next).toMatchObject(refused('UNAUTHENTICATED'));
  expect(await results.next()).toMatchObject({ done: true });
  expect(watching).toBe(0);
});

test('a watcher who lost the right sees what a stranger sees', async () => {
  const results = await watch();
  await results.next();
  const next = results.next();
  isShared = false;
  await vi.advanceTimersByTimeAsync(RECHECK_MS);
  expect(await next).toMatchObject(refused('NOT_FOUND'));
  expect(await results.next()).toMatchObject({ done: true });
  expect(watching).toBe(0);
});

test('a watcher who was slow to read is checked before they get what has come meanwhile', async () => {
  const results = await watch();
  await results.next();
  refusal = new SatelliteError('UNAUTHENTICATED', 'Your token was refused: it was revoked.');
  change('news');
  await vi.advanceTimersByTimeAsync(RECHECK_MS);
  expect(await results.next()).toMatchObject(refused('UNAUTHENTICATED'));
  expect(watching).toBe(0);
});

test('the end of the token ends the subscription, to the second', async () => {
  expiresAt = Date.now() + RECHECK_MS / 2;
  const results = await watch();
  await results.next();
  const next = results.next();
  await vi.advanceTimersByTimeAsync(RECHECK_MS / 2 - 1);
  change('just in time');
  expect(await next).toEqual(told('just in time'));
  const last = results.next();
  await vi.advanceTimersByTimeAsync(1);
  expect(await last).toMatchObject(refused('UNAUTHENTICATED'));
  expect(watching).toBe(0);
});

test('who goes in the middle of a check leaves nothing behind', async () => {
  const results = await watch();
  await results.next();
  const next = results.next();
  await vi.advanceTimersByTimeAsync(RECHECK_MS);
  await results.return();
  expect(await next).toMatchObject({ done: true });
  await vi.advanceTimersByTimeAsync(2 * RECHECK_MS);
  expect(watching).toBe(0);
  expect(authenticated).toBe(2);
});
