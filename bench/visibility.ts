/** How long it takes until what is committed is seen by a stock server that runs, and by a gateway that did not commit it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDirectRepository } from '../src/repository/direct/open.ts';
import { CHECKOUT, pythonProgram } from '../stack/checkout.ts';
import { startGateway, StackIssuer } from '../stack/gateway.ts';
import { startRemoteButler } from '../stack/remote-butler.ts';
import { buildSatellite } from '../stack/satellite.ts';
import { keptRecords, manifestOf } from '../test/publish/manifest-of.ts';
import { contextOf, PublishedWorld } from '../test/publish/published-world.ts';
import type { Measure } from './ratio.ts';

const ROUNDS = 5;
const RUN = 'u/alice/psf';
const PAUSE_MILLISECONDS = 10;
const BOUND = { atMost: 5000 };

export async function visibility(): Promise<Measure[]> {
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'bench-visibility-'));
  parts.defer(() => rm(directory, { recursive: true }));
  const source = await openDirectRepository({ name: 'alice~mine', path: await buildSatellite() });
  parts.defer(() => source.close());
  const manifest = await manifestOf(source, [RUN], contextOf());
  const { datasetType } = manifest.content.datasets[0]!;
  const world = parts.use(await PublishedWorld.make());
  // What a server reads once.
  await world.publish(keptRecords(manifest), source, { publication: 'records' });
  const server = parts.use(await startRemoteButler({ repositories: { published: world.root }, directory }));
  const issuer = await StackIssuer.in(directory);
  const published = { name: 'published', kind: 'direct', path: world.root, role: 'published', restart: 'none' };
  const gateway = parts.use(
    await startGateway({ directory, issuer, repositories: [{ ...published, reviewers: { users: ['curator'] } }] }),
  );
  const token = await issuer.token('alice');

  const script = join(CHECKOUT, 'bench/visible.py');
  const python = spawn(pythonProgram('python'), [script, `${server.url}/published`], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', BUTLER_RUBIN_ACCESS_TOKEN: 'any' },
  });
  parts.defer(() => void python.stdin.end());
  const lines = createInterface(python.stdout)[Symbol.asyncIterator]();
  const said = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error('Python has ended');
    return value;
  };

  /** @returns Unix milliseconds */
  const seenByGateway = async (): Promise<number> => {
    const query = `{datasets(datasetTypes: ["${datasetType}"], collections: ["${RUN}"], findFirst: false) {totalCount}}`;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    for (;;) {
      const answer = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query }),
      });
      const { data } = (await answer.json()) as { data: { datasets: { totalCount: number } | null } | null };
      if ((data?.datasets?.totalCount ?? 0) > 0) return Date.now();
      await sleep(PAUSE_MILLISECONDS);
    }
  };

  const [byServer, byGateway]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const version = round + 1;
    python.stdin.write(`${RUN} ${datasetType}\n`);
    await said();
    const replica = seenByGateway();
    await world.publish(manifest, source, { version });
    const committed = Date.now();
    byServer.push(Math.max(0, Number(await said()) - committed));
    byGateway.push(Math.max(0, (await replica) - committed));
    await world.withdraw(manifest, { version });
  }
  // The bound is one of each time, not of what is usual.
  const measure = (by: string, figures: readonly number[]): Measure => ({
    name: `(o) from a commit to what ${by} shows, the longest of ${ROUNDS}`,
    ...{ unit: 'ms', ours: Math.max(...figures), bound: BOUND },
  });
  return [measure('a stock server that runs', byServer), measure('another gateway', byGateway)];
}
