/** The GraphQL over HTTP audit of graphql-http, one test an audit. */
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runGateway, type RunningGateway } from './running-gateway.ts';

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await runGateway({});
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** What we do not pass, and why that is right. */
const ACCEPTED: Readonly<Record<string, string>> = {};

const audits = serverAudits({
  url: () => `${gateway.url}/graphql`,
  // A GET that a browser would send without asking first is refused without this header (CSRF).
  fetchFn: (url: string, init: RequestInit = {}) =>
    gateway.fetch(url.slice(gateway.url.length), {
      ...init,
      headers: { ...init.headers, 'apollo-require-preflight': 'true' },
    }),
});

test.each(audits.map((audit) => [audit.id, audit.name, audit] as const))('%s: %s', async (id, _name, audit) => {
  const result = await audit.fn();
  if (id in ACCEPTED) expect(result.status, 'an accepted failure has gone').not.toBe('ok');
  else expect(result, result.status === 'ok' ? '' : result.reason).toMatchObject({ status: 'ok' });
});

test('there are as many audits as were judged', () => {
  expect(audits).toHaveLength(61);
});
