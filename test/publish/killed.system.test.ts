/** A gateway is killed in every state of a publication: what is there is all of it or nothing, and the next one ends it. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { FAILPOINTS, type Failpoint } from '../../src/repository/failpoints.ts';
import type { Gateway } from '../../stack/gateway.ts';
import { isFull } from '../sample.ts';
import { KilledWorld, until, type Backend } from './killed-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 300_000 });

type Met = Extract<Failpoint, `${'publication' | 'publish' | 'withdraw'}:${string}`>;

/** What alice does when the gateway is killed: her first version, one that takes its place, or a withdrawal. */
type Act = 'publish' | 'replace' | 'withdraw';

/** Where it is killed, with the state in which that is. */
const CASES: Readonly<Record<Met | 'SUBMITTED' | 'IN_REVIEW', readonly [state: string, act: Act]>> = {
  'publication:in-manifest': ['DRAFT', 'publish'],
  'publication:before-submitted': ['DRAFT', 'replace'],
  SUBMITTED: ['SUBMITTED', 'publish'],
  IN_REVIEW: ['IN_REVIEW', 'replace'],
  'publication:before-job': ['APPROVED', 'publish'],
  'publication:before-staging': ['STAGING', 'publish'],
  'publish:in-file': ['STAGING', 'publish'],
  'publish:after-file': ['STAGING', 'replace'],
  'publish:before-verifying': ['STAGING', 'publish'],
  'publish:before-committing': ['VERIFYING', 'publish'],
  'publication:before-narrowing': ['COMMITTING', 'replace'],
  'publication:after-narrowing': ['COMMITTING', 'replace'],
  'publish:before-datasets': ['COMMITTING', 'replace'],
  'publish:before-memberships': ['COMMITTING', 'publish'],
  'publish:before-generation': ['COMMITTING', 'replace'],
  'publish:after-generation': ['COMMITTING', 'publish'],
  'publish:before-sweeping': ['COMMITTING', 'replace'],
  'publication:before-readers': ['COMMITTING', 'publish'],
  'publication:before-published': ['COMMITTING', 'replace'],
  'publication:before-withdrawal': ['WITHDRAWN', 'withdraw'],
  'withdraw:before-generation': ['WITHDRAWN', 'withdraw'],
  'withdraw:after-generation': ['WITHDRAWN', 'withdraw'],
};

/** In `npm test`; in full, all of them. */
const SAMPLE: Readonly<Record<Backend, readonly string[]>> = {
  'SQLite and files': ['publication:in-manifest', 'publication:after-narrowing', 'publication:before-withdrawal'],
  'PostgreSQL and S3': ['publish:after-file'],
};

test('Each failpoint of publishing is tried', () => {
  const names = FAILPOINTS.filter((name) => /^(publication|publish|withdraw):/.test(name));
  expect(
    Object.keys(CASES)
      .filter((name) => name.includes(':'))
      .sort(),
  ).toEqual(names.sort());
});

const backends = Object.keys(SAMPLE) as Backend[];
describe.each(backends)('A gateway that is killed while it publishes, on %s', (backend) => {
  const names = Object.keys(CASES) as (keyof typeof CASES)[];
  // A store copies by itself what is in it.
  const possible = names.filter((name) => backend === 'SQLite and files' || name !== 'publish:in-file');
  const chosen = isFull ? possible : possible.filter((name) => SAMPLE[backend].includes(name));
  const runOf = (name: string) => `u/alice/${name.replace(':', '-')}`;
  let world: KilledWorld;

  beforeAll(async () => {
    world = await KilledWorld.open(backend);
    await using gateway = await world.start();
    for (const name of chosen) {
      const run = runOf(name);
      await world.ingest(gateway, run, 0);
      if (CASES[name][1] === 'publish') continue;
      await world.submit(gateway, run, 'bob');
      await approve(gateway, run);
      await world.reached(gateway, run, 'PUBLISHED');
      await world.ingest(gateway, run, 10);
    }
  }, 600_000);
  afterAll(() => (world as KilledWorld | undefined)?.[Symbol.asyncDispose]());

  async function approve(gateway: Gateway, run: string): Promise<void> {
    const { id, digest } = (await world.find(gateway, run))!;
    await world.call(gateway, 'curator', 'approvePublication', { publication: id, digest }, 'publication {id}');
  }

  /** Goes on with whatever is to be done next by somebody, until it is what it is to become. */
  async function goOn(gateway: Gateway, run: string, act: Act): Promise<void> {
    const before = await world.find(gateway, run);
    if (act === 'withdraw') {
      if (before?.state === 'PUBLISHED') {
        const input = { publication: before.id, comment: 'It was wrong.' };
        await world.call(gateway, 'alice', 'withdrawPublication', input, 'publication {id}');
      }
      await world.reached(gateway, run, 'WITHDRAWN');
      return;
    }
    const version = act === 'publish' ? 1 : 2;
    if (before?.version !== version) await world.submit(gateway, run, act === 'publish' ? 'bob' : 'carol', before?.id);
    await world.reached(gateway, run, 'SUBMITTED', 'IN_REVIEW', 'PUBLISHED');
    if ((await world.find(gateway, run))!.state !== 'PUBLISHED') await approve(gateway, run);
    expect(await world.reached(gateway, run, 'PUBLISHED', 'FAILED', 'STALE')).toMatchObject({
      state: 'PUBLISHED',
      version,
    });
  }

  /** Up to a state in which nothing is being done. */
  async function upTo(gateway: Gateway, run: string, state: string, act: Act): Promise<void> {
    const before = await world.find(gateway, run);
    const { id } = await world.submit(gateway, run, act === 'publish' ? 'bob' : 'carol', before?.id);
    if (state === 'IN_REVIEW') {
      await world.call(gateway, 'curator', 'claimPublication', { publication: id }, 'publication {id}');
    }
  }

  test.each(chosen)('at %s', async (name) => {
    const [state, act] = CASES[name];
    const run = runOf(name);
    const counts = { publish: [0, 3], replace: [3, 6], withdraw: [3, 0] }[act];
    const isFailpoint = name.includes(':');
    const killed = await world.start(isFailpoint ? name : undefined);
    if (isFailpoint) {
      await goOn(killed, run, act).catch(() => undefined);
      await killed.process.whenEnded;
    } else {
      await upTo(killed, run, state, act);
      killed.process.signal('SIGKILL');
      await killed.process.whenEnded;
    }
    // What is there at this moment.
    expect(counts).toContain((await world.content()).datasets[run] ?? 0);

    await using next = await world.start();
    const left = await world.find(next, run);
    if (isFailpoint && state !== 'DRAFT') expect(left?.version).toBe(act === 'replace' ? 2 : 1);
    await goOn(next, run, act);
    await until(async () => ((await world.content()).datasets[run] ?? 0) === counts[1]);
    expect((await world.content()).stray).toEqual([]);
    const detectors = { publish: [0, 1, 2], replace: [0, 1, 2, 10, 11, 12], withdraw: [] }[act];
    const [reader, other] = act === 'replace' ? (['carol', 'bob'] as const) : (['bob', 'carol'] as const);
    expect(await world.read(next, reader, run)).toEqual(detectors);
    expect(await world.read(next, other, run)).toEqual([]);
  });
});
