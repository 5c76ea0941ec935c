/**
 * A gateway is killed at every failpoint, and started again: what it had begun is ended or was never there, nothing is lost,
 * and stock Python opens the satellite, as it was at the moment of the kill and in the end.
 */
import { existsSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAILPOINTS, type Failpoint } from '../../src/repository/failpoints.ts';
import type { Gateway } from '../../stack/gateway.ts';
import { isFull } from '../sample.ts';
import { DATASETS, FaultyWorld, METRICS, SELECTION, until, type Judgement } from './faulty-world.ts';

/** What a gateway does that is killed, and how it is ended. */
interface Case {
  /** Comes to the failpoint, and is not answered. */
  readonly act: (gateway: Gateway) => Promise<unknown>;
  /** What the next gateway has made of it, and what its user does then. */
  readonly goOn: (gateway: Gateway) => Promise<unknown>;
  /** What the satellite holds in the end; undefined: it is gone. */
  readonly left: Partial<Judgement> | undefined;
}

const mine = { satellite: 'mine' };
let world: FaultyWorld;
/** Repositories, which stock Python opens all at once, and what it is to find. */
const left: { readonly root: string; readonly expected: Partial<Judgement> }[] = [];

beforeAll(async () => {
  world = await FaultyWorld.open();
});
afterAll(() => world[Symbol.asyncDispose]());

const create = (gateway: Gateway) => world.create(gateway, 'mine');
const transfer = (mode: 'REFERENCE' | 'COPY') => ({ from: 'dp1', to: 'mine', search: SELECTION, mode });
const remove = (gateway: Gateway) =>
  world.call(gateway, 'removeDatasets', {
    ...mine,
    search: { ...SELECTION, datasetTypes: ['metrics_composite'] },
    mode: 'PURGE',
  });
const destroy = (gateway: Gateway, purge: boolean) => world.call(gateway, 'deleteSatellite', { ...mine, purge });
const restore = (gateway: Gateway) => world.call(gateway, 'restoreSatellite', mine);
const lastJob = async (gateway: Gateway) => world.ended(gateway, await world.lastJob(gateway));
const state = async (gateway: Gateway): Promise<unknown> =>
  (await world.ask(gateway, '{satellite(name: "mine") {state}}')).data.satellite?.state;

async function satelliteOf(gateway: Gateway): Promise<string> {
  const { data } = await world.ask(gateway, '{satellite(name: "mine") {uri}}');
  return (data.satellite.uri as string).replace(/^file:\/\//, '');
}

/** A satellite with copies, or with references, which are brought sooner. */
async function filled(gateway: Gateway, mode: 'REFERENCE' | 'COPY' = 'REFERENCE'): Promise<void> {
  await create(gateway);
  expect(await world.run(gateway, 'transferDatasets', transfer(mode))).toMatchObject({ state: 'COMPLETED' });
}

const creation: Case = {
  act: create,
  goOn: async (gateway) => {
    await until(async () => (await state(gateway)) === undefined);
    await create(gateway);
  },
  left: { datasets: 0, collections: [] },
};

async function hasNoMetrics(gateway: Gateway): Promise<void> {
  const found = await readdir(await satelliteOf(gateway), { recursive: true, withFileTypes: true });
  // Stock Python leaves the directories.
  const files = found.filter((entry) => entry.isFile()).map(({ parentPath }) => parentPath);
  expect(files.filter((directory) => directory.includes('metrics_composite'))).toEqual([]);
}

const bringing = (mode: 'REFERENCE' | 'COPY'): Case => ({
  act: async (gateway) => {
    await create(gateway);
    await world.call(gateway, 'transferDatasets', transfer(mode));
    await gateway.process.whenEnded;
  },
  goOn: async (gateway) => expect(await lastJob(gateway)).toMatchObject({ state: 'COMPLETED' }),
  left: { datasets: DATASETS, copied: mode === 'COPY' ? DATASETS : 0 },
});

const bringingReferences = bringing('REFERENCE');
const bringingCopies = bringing('COPY');

const removal: Case = {
  act: async (gateway) => {
    await filled(gateway, 'COPY');
    await remove(gateway);
  },
  // A few are removed in the call itself, which was not answered: it is made again.
  goOn: async (gateway) => {
    await remove(gateway);
    await hasNoMetrics(gateway);
  },
  left: { datasets: DATASETS - METRICS, copied: DATASETS - METRICS },
};

/** What was removed comes again instead, and its owner removes it by stock Python. */
const secondThoughts: Case = {
  ...removal,
  goOn: async (gateway) => {
    expect(await world.run(gateway, 'transferDatasets', transfer('COPY'))).toMatchObject({ state: 'COMPLETED' });
    expect(await world.verified(gateway, 'mine')).toMatchObject({ sound: true, findings: [] });
    await world.prune(await satelliteOf(gateway), 'metrics_composite');
    await hasNoMetrics(gateway);
  },
};

const deletion: Case = {
  act: async (gateway) => {
    await filled(gateway);
    await destroy(gateway, false);
  },
  // Whose answer was lost is called again, before the gateway may have ended it.
  goOn: async (gateway) => {
    await destroy(gateway, false);
    await restore(gateway);
  },
  left: { datasets: DATASETS },
};

const restoration: Case = {
  act: async (gateway) => {
    await filled(gateway);
    await destroy(gateway, false);
    await restore(gateway);
  },
  goOn: restore,
  left: { datasets: DATASETS },
};

const purge: Case = {
  act: async (gateway) => {
    await filled(gateway);
    await destroy(gateway, true);
    await gateway.process.whenEnded;
  },
  goOn: async (gateway) => expect(await lastJob(gateway)).toMatchObject({ kind: 'purgeSatellite', state: 'COMPLETED' }),
  left: undefined,
};

/**
 * Those of migrations are hit where upstream's tool is stood in for: `test/satellite/migration.test.ts`; those of calls in
 * `test/faults/lost-answers.system.test.ts`; those of runs where there is a graph: `test/run/transfer/`; those of publishing
 * in `test/publish/`.
 */
type Met = Exclude<Failpoint, `${'call' | 'migrate' | 'run' | 'publication' | 'publish' | 'withdraw'}:${string}`>;
const MET = FAILPOINTS.filter((name): name is Met => !/^(call|migrate|run|publication|publish|withdraw):/.test(name));

/** Whoever adds a failpoint says here what comes to it. */
const CASES: Readonly<Record<Met, Case>> = {
  'create:before-database': creation,
  'create:before-butler-yaml': creation,
  'create:before-ready': creation,
  'transfer:before-dimension-records': bringingReferences,
  'transfer:before-datasets': bringingReferences,
  'transfer:after-datasets': bringingReferences,
  'transfer:before-collections': bringingReferences,
  'copy:in-file': bringingCopies,
  'copy:before-rows': bringingCopies,
  'remove:before-files': secondThoughts,
  'remove:before-records': removal,
  'delete:before-detach': deletion,
  'delete:after-detach': deletion,
  'restore:before-attach': restoration,
  'restore:after-attach': restoration,
  'purge:before-files': purge,
  'purge:before-record': purge,
};

/** In `npm test`, one of each case: a process is killed at what is left out in `test/satellite/` and `test/transfer/`. */
const TRIED = isFull ? MET : MET.filter((name, i) => MET.findIndex((other) => CASES[other] === CASES[name]) === i);

describe.concurrent('A gateway that is killed', () => {
  test.each(TRIED)(
    'at %s',
    async (failpoint) => {
      const { act, goOn, left: expected } = CASES[failpoint];
      const name = failpoint.replace(':', '-');
      const killed = await world.start({ name, failpoint });
      const acting = act(killed).catch(() => undefined);
      await killed.process.whenEnded;
      await acting;
      const own = join(world.directoryOf(name), 'satellites', 'alice');
      for (const found of existsSync(own) ? await readdir(own) : []) {
        if (!existsSync(join(own, found, 'butler.yaml'))) continue;
        const root = join(world.directoryOf(name), 'moment');
        await cp(join(own, found), root, { recursive: true });
        left.push({ root, expected: {} });
      }
      await using next = await world.start({ name });
      await goOn(next);
      if (expected) {
        expect(await world.verified(next, 'mine')).toMatchObject({ sound: true, findings: [] });
        left.push({ root: await satelliteOf(next), expected });
      } else {
        expect(await state(next)).toBeUndefined();
      }
      // The directory of nothing else is left over.
      expect(await readdir(own)).toHaveLength(expected ? 1 : 0);
    },
    180_000,
  );
});

test('stock Python opened every satellite that was left, at the kill and in the end', async () => {
  expect(left.length).toBeGreaterThan(TRIED.length);
  const found = await world.judge(left.map(({ root }) => root));
  for (const [i, { root, expected }] of left.entries()) expect(found[i], root).toMatchObject(expected);
}, 120_000);

test('the gateways logged no secret', async () => {
  const logs = await world.logs();
  expect(logs).toContain('"msg"');
  for (const secret of world.secrets()) expect(logs).not.toContain(secret);
  expect(logs).not.toMatch(/X-Amz-Signature|[?&]Signature=|Bearer |eyJhbGci/i);
});
