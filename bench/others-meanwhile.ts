/** How long others wait for an answer of the gateway while it publishes, beside when it does not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayClient } from '../src/cli/gateway-client.ts';
import { StackIssuer, startGateway } from '../stack/gateway.ts';
import { type BlobWorld, RUN } from './blobs.ts';
import { askRefs, timed } from './questions.ts';
import type { Measure } from './ratio.ts';

/** Queries while nothing is published, half of them before and half after, and how long their user pauses after each. */
const QUIET_QUERIES = 400;
const PAUSE_MILLISECONDS = 50;
const ROWS = 100;
const POLL_MILLISECONDS = 500;
const SHOWN = (which: string): string => `publication${which} {id state digest reason}`;

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly digest: string;
  readonly reason: string | null;
}

/**
 * Alice submits, a reviewer approves at once, and the gateway checks and publishes, while bob reads another repository.
 * @param root of the repository that alice publishes
 * @param scaled root of the one that bob reads
 */
export async function othersMeanwhile(world: BlobWorld, root: string, scaled: string): Promise<Measure> {
  const { directory, environment } = world;
  const issuer = await StackIssuer.in(directory);
  await using gateway = await startGateway({
    ...{ directory, issuer, built: true, environment: { ...environment, NODE_ENV: 'production' } },
    repositories: [
      { name: 'own', kind: 'direct', path: scaled },
      { name: 'mine', kind: 'direct', path: root, owner: 'alice' },
      {
        ...{ name: 'published', kind: 'direct', path: await world.repository('published'), role: 'published' },
        ...{ reviewers: { users: ['curator'] }, restart: 'none' },
      },
    ],
    configuration: { state: `sqlite:${directory}/state.sqlite3` },
  });
  const [alice, curator] = await Promise.all(
    ['alice', 'curator'].map(async (user) => new GatewayClient(gateway.url, await issuer.token(user))),
  );
  const bob = { graphql: `${gateway.url}/graphql`, token: await issuer.token('bob') };

  const latencies = async (isOver: (asked: number) => boolean): Promise<number[]> => {
    const found: number[] = [];
    while (!isOver(found.length)) {
      const page = async () => (await askRefs(bob, { repositories: ['own'], first: ROWS })).nodes.length;
      found.push(await timed(ROWS, page));
      await sleep(PAUSE_MILLISECONDS);
    }
    return found;
  };
  /** @returns milliseconds that each of bob's pages took */
  const meanwhile = async (work: Promise<unknown>): Promise<readonly number[]> => {
    let isOver = false;
    const over = () => void (isOver = true);
    const [found] = await Promise.all([latencies(() => isOver), work.finally(over)]);
    return found;
  };
  const reached = async (id: string, state: string): Promise<Shown> => {
    for (;;) {
      const { publication } = await alice!.ask<{ publication: Shown }>(`query ($id: ID!) {${SHOWN('(id: $id)')}}`, {
        id,
      });
      if (publication.state === state) return publication;
      if (['FAILED', 'STALE'].includes(publication.state)) throw new Error(JSON.stringify(publication));
      await sleep(POLL_MILLISECONDS);
    }
  };
  const publish = async (): Promise<void> => {
    const wanted = { satellite: 'mine', repository: 'published', collections: [RUN], title: 'Blobs' };
    const { id } = await did(alice!, 'submitPublication', wanted);
    const { digest } = await reached(id, 'SUBMITTED');
    await did(curator!, 'approvePublication', { publication: id, digest });
    await reached(id, 'PUBLISHED');
  };
  await latencies((asked) => asked >= QUIET_QUERIES / 2);
  const before = await latencies((asked) => asked >= QUIET_QUERIES / 2);
  const busy = await meanwhile(publish());
  const after = await latencies((asked) => asked >= QUIET_QUERIES / 2);
  const [ours, peer] = [p95(busy), p95([...before, ...after])];
  return {
    name: `(o) p95 of pages of ${ROWS} refs for others during a publication to quiet`,
    ...{ unit: 'ms', ours, peer, ratio: ours / peer, bound: { atMost: 1.5 } },
  };
}

/** @returns the publication after a change of it */
async function did(client: GatewayClient, mutation: string, input: object): Promise<Shown> {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) {${mutation}(input: $input) {${SHOWN('')}}}`;
  const answer = await client.ask<Readonly<Record<string, { readonly publication: Shown }>>>(query, { input });
  return answer[mutation]!.publication;
}

function p95(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length * 0.95)]!;
}
