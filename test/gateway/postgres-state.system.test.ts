/** What callers can say to a gateway that keeps its state in PostgreSQL. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { openSharing, type SharingWorld } from './sharing-world.ts';

let postgres: Postgres;
let world: SharingWorld;
beforeAll(async () => {
  postgres = await startPostgres();
  const state = JSON.stringify(await postgres.createDatabase());
  world = await openSharing({ yaml: `state: ${state}\nsatellites: {root: ./satellites}` });
  await world.done('alice', 'createSatellite', { name: 'mine', official: 'dp1' }, 'satellite {name}');
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await postgres.stop();
});

test('the same call again with the same idempotency key is done once, and answered alike', async () => {
  const input = { satellite: 'mine', user: 'bob', idempotencyKey: 'once' };
  const first = await world.done('alice', 'grantAccess', input, 'grant {id} accessRevision');
  expect(await world.done('alice', 'grantAccess', input, 'grant {id} accessRevision')).toEqual(first);
});

test('a text with a character that no database holds is the caller’s mistake, and no failure of the gateway', async () => {
  const asked = await world.ask('alice', '{job(id: "a\\u0000b") {id}}');
  expect(asked.errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  const { errors } = await world.change(
    'alice',
    'grantAccess',
    { satellite: 'mine', user: 'bob', note: '\0' },
    'grant {id}',
  );
  expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  expect((await world.fetch('alice', '/uploads/%00/0', { method: 'PUT', body: 'x' })).status).toBe(400);
});
