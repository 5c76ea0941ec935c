/** PostgreSQL, which holds a gateway's state and its satellite's registry, is restarted in the middle of a transfer. */
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { DATASETS, FaultyWorld, SELECTION, type JobId } from './faulty-world.ts';

const isOthers = (process.env['BUTLER_TEST_PG_URL'] ?? '') !== '';

describe.skipIf(isOthers)('A transfer into PostgreSQL (a server of our own)', () => {
  let world: FaultyWorld;
  let postgres: Postgres;
  /** In front of the official server. */
  let front: Server;
  /** What the next question for it sets off, by a part of its path. */
  let trigger: { readonly path: string; readonly restart: PromiseWithResolvers<void> } | undefined;

  beforeAll(async () => {
    world = await FaultyWorld.open();
    postgres = await startPostgres();
    const { hostname, port } = new URL(world.official.url);
    front = createServer((incoming, outgoing) => {
      const { method, url, headers } = incoming;
      if (trigger && url!.includes(trigger.path)) {
        trigger.restart.resolve(postgres.restart());
        trigger = undefined;
      }
      const forwarded = request({ host: hostname, port, method, path: url, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      });
      forwarded.on('error', () => outgoing.destroy());
      incoming.pipe(forwarded);
    }).listen(0, '127.0.0.1');
    await once(front, 'listening');
  });
  afterAll(async () => {
    front.closeAllConnections();
    front.close();
    await world.logs();
    await postgres.stop();
    await world[Symbol.asyncDispose]();
  });

  test('goes on after a restart in its plan, and after one among its files', async () => {
    const upstream = `http://127.0.0.1:${String((front.address() as AddressInfo).port)}${new URL(world.official.url).pathname}`;
    const state = await postgres.createDatabase();
    const satellites = { postgresql: await postgres.createDatabase() };
    const gateway = await world.start({ name: 'gateway', upstream, state, satellites });
    for (const [name, path] of [
      ['planned', '/query'],
      ['copied', 'get_file'],
    ] as const) {
      await world.create(gateway, name, { database: 'POSTGRESQL' });
      const restart = Promise.withResolvers<void>();
      trigger = { path, restart };
      const input = { from: 'dp1', to: name, search: SELECTION, mode: 'COPY', idempotencyKey: name };
      // The job that it makes may set the restart off before the state is read for the answer: asked again, it is answered.
      const { job } = await askedUntilAnswered(
        () => world.call(gateway, 'transferDatasets', input) as Promise<{ readonly job: JobId }>,
      );
      await restart.promise;
      expect(await world.ended(gateway, job)).toMatchObject({ state: 'COMPLETED' });
      expect(await world.judgeAsOwner(gateway, name)).toMatchObject({ datasets: DATASETS, copied: DATASETS });
      expect(await world.verified(gateway, name)).toMatchObject({ sound: true, findings: [] });
    }
    expect(gateway.process.ended).toBe(false);
    const logs = await world.logs();
    expect(logs).toContain('"msg"');
    for (const secret of [...world.secrets(), ...[state, satellites.postgresql].map((url) => new URL(url).password)]) {
      expect(logs).not.toContain(secret);
    }
  }, 900_000);
});

/** As a client does that is told to come again: the state is away, or still has what was begun before it went. */
async function askedUntilAnswered<Payload>(ask: () => Promise<Payload>): Promise<Payload> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!['UPSTREAM_UNAVAILABLE', 'CONFLICT'].includes((error as { code?: string }).code ?? '')) throw error;
      await sleep(1000);
    }
  }
}
