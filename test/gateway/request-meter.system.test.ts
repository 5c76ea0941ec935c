/** What users' requests may cost in a minute, counted by several gateways together. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { runGateway } from './running-gateway.ts';

const CHEAP = '{viewer {username}}';
let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

test('gateways with one PostgreSQL state count a user’s requests together, and each user’s apart', async () => {
  const url = await postgres.createDatabase();
  const start = () => runGateway({ yaml: `state: "${url}"`, limits: { costPerMinute: 10 } });
  await using one = await start();
  await using two = await start();
  const [alice, bob] = [await one.token('alice'), await one.token('bob')];
  // Each gateway has keys of its own, so that users are told apart by name alone.
  const others = { alice: await two.token('alice'), bob: await two.token('bob') };
  const ask = (gateway: typeof one, token: string) =>
    gateway.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: CHEAP }),
    });
  const statuses: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    statuses.push((await ask(one, alice)).status, (await ask(two, others.alice)).status);
  }
  expect(statuses).toEqual([...Array<number>(10).fill(200), 429, 429]);
  const left = (await ask(two, others.bob)).headers;
  expect(left.get('x-ratelimit-remaining')).toBe('9');
  expect((await ask(one, bob)).headers.get('x-ratelimit-remaining')).toBe('8');
});

test('a gateway whose state is away counts alone, and goes on answering queries', async () => {
  const url = await postgres.createDatabase();
  await using gateway = await runGateway({ yaml: `state: "${url}"`, limits: { costPerMinute: 100 } });
  expect((await gateway.ask(CHEAP)).headers.get('x-ratelimit-used')).toBe('1');
  const administrator = new pg.Client(url);
  await administrator.connect();
  await administrator.query('DROP TABLE satellite.request_cost');
  await administrator.end();
  const answer = await gateway.ask(CHEAP);
  expect({ status: answer.status, used: answer.headers.get('x-ratelimit-used') }).toEqual({ status: 200, used: '1' });
});
