/**
 * A gateway is killed at every failpoint, and started again: what it had begun is ended or was never there, nothing is lost,
 * and stock Python opens the satellite, as it was at the moment of the kill and in the end.
 */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAILPOINTS, type Failpoint } from '../../src/repository/failpoints.ts';
import type { Gateway } from '../../stack/gateway.ts';
import { isFull } from '../sample.ts';
import { DATASETS, FaultyWorld, METRICS, SELECTION, until, type Judgement } from './faulty-world.ts';
import { IN_FILES, InServers, satellitesIn, type Place } from './satellite-places.ts';

/** What a gateway does that is killed, and how it is ended. */
interface Case {
  /** Comes to the failpoint, and is not answered. */
  readonly act: (gateway: Gateway, place: Place) => Promise<unknown>;
  /** What the next gateway has made of it, and what its user does then. */
  readonly goOn: (gateway: Gateway, place: Place) => Promise<unknown>;
  /** What the satellite holds in the end; undefined: it is gone. */
  readonly left: Partial<Judgement> | undefined;
}

const mine = { satellite: 'mine' };
let world: FaultyWorld;
let servers: InServers;
/** Repositories, which stock Python opens all at once, and what it is to find. */
const left: { readonly root: string; readonly expected: Partial<Judgement> }[] = [];
/** Identifiers of the satellites that are there in the end. */
const kept = new Set<string>();

beforeAll(async () => {
  world = await FaultyWorld.open();
  servers = new InServers(world.official.s3);
});
afterAll(async () => {
  await world.logs();
  await servers.stop();
  await world[Symbol.asyncDispose]();
});

const create = (gateway: Gateway, { asked }: Place) => world.create(gateway, 'mine', asked);
const transfer = (mode: 'REFERENCE' | 'COPY') => ({ from: 'dp1', to: 'mine', search: SELECTION, mode });
const remove = (gateway: Gateway) =>
  world.call(gateway, 'removeDatasets', {
    ...mine,
    search: { ...SELECTION, datasetTypes: ['metrics_composite'] },
    mode: 'PURGE',
  });
const removeRun = (gateway: Gateway) =>
  world.call(gateway, 'removeCollection', { ...mine, collection: 'HSC/runs/DRP/w42', unlink: true });
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
async function filled(gateway: Gateway, place: Place, mode: 'REFERENCE' | 'COPY' = 'REFERENCE'): Promise<void> {
  await create(gateway, place);
  expect(await world.run(gateway, 'transferDatasets', transfer(mode))).toMatchObject({ state: 'COMPLETED' });
}

const creation: Case = {
  act: create,
  goOn: async (gateway, place) => {
    await until(async () => (await state(gateway)) === undefined);
    await create(gateway, place);
  },
  left: { datasets: 0, collections: [] },
};

async function hasNoMetrics(gateway: Gateway, place: Place): Promise<void> {
  const files = await place.files(await satelliteOf(gateway));
  expect(files.filter((path) => path.includes('metrics_composite'))).toEqual([]);
}

const bringing = (mode: 'REFERENCE' | 'COPY'): Case => ({
  act: async (gateway, place) => {
    await create(gateway, place);
    await world.call(gateway, 'transferDatasets', transfer(mode));
    await gateway.process.whenEnded;
  },
  goOn: async (gateway) => expect(await lastJob(gateway)).toMatchObject({ state: 'COMPLETED' }),
  left: { datasets: DATASETS, copied: mode === 'COPY' ? DATASETS : 0 },
});

const bringingReferences = bringing('REFERENCE');
const bringingCopies = bringing('COPY');

const removal: Case = {
  act: async (gateway, place) => {
    await filled(gateway, place, 'COPY');
    await remove(gateway);
  },
  // A few are removed in the call itself, which was not answered: it is made again.
  goOn: async (gateway, place) => {
    await remove(gateway);
    await hasNoMetrics(gateway, place);
  },
  left: { datasets: DATASETS - METRICS, copied: DATASETS - METRICS },
};

/** The rows are gone by then, and the files are not. */
const removalOfRun: Case = {
  act: async (gateway, place) => {
    await filled(gateway, place, 'COPY');
    await removeRun(gateway);
  },
  goOn: async (gateway, place) => {
    await removeRun(gateway).catch((error: unknown) => expect(error).toMatchObject({ code: 'MISSING_COLLECTION' }));
    await hasNoMetrics(gateway, place);
  },
  left: { datasets: DATASETS - METRICS, copied: DATASETS - METRICS },
};

/** What was removed comes again instead, and its owner removes it by stock Python. */
const secondThoughts: Case = {
  ...removal,
  goOn: async (gateway, place) => {
    expect(await world.run(gateway, 'transferDatasets', transfer('COPY'))).toMatchObject({ state: 'COMPLETED' });
    expect(await world.verified(gateway, 'mine')).toMatchObject({ sound: true, findings: [] });
    if (place === IN_FILES) await world.prune(await satelliteOf(gateway), 'metrics_composite');
    else await remove(gateway);
    await hasNoMetrics(gateway, place);
  },
};

const deletion: Case = {
  act: async (gateway, place) => {
    await filled(gateway, place);
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
  act: async (gateway, place) => {
    await filled(gateway, place);
    await destroy(gateway, false);
    await restore(gateway);
  },
  goOn: restore,
  left: { datasets: DATASETS },
};

const purge: Case = {
  act: async (gateway, place) => {
    await filled(gateway, place);
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
const CASES: Readonly<Record<Met, readonly Case[]>> = {
  'create:before-database': [creation],
  'create:before-butler-yaml': [creation],
  'create:before-ready': [creation],
  'transfer:before-dimension-records': [bringingReferences],
  'transfer:before-datasets': [bringingReferences],
  'transfer:after-datasets': [bringingReferences],
  'transfer:before-collections': [bringingReferences, bringingCopies],
  'copy:in-file': [bringingCopies],
  'copy:before-rows': [bringingCopies],
  'remove:before-files': [secondThoughts, removalOfRun],
  'remove:before-records': [removal, removalOfRun],
  'delete:before-detach': [deletion],
  'delete:after-detach': [deletion],
  'restore:before-attach': [restoration],
  'restore:after-attach': [restoration],
  'purge:before-files': [purge],
  'purge:before-record': [purge],
};

type Where = 'files' | 'servers';
/**
 * In full all of it on both kinds of satellites.  In `npm test`, one of each case on one of them: a process is killed at what
 * is left out in `test/satellite/` and `test/transfer/`.
 */
const TRIED = isFull
  ? MET
  : MET.filter((name, i) => MET.findIndex((other) => CASES[other][0] === CASES[name][0]) === i);
const KILLS = TRIED.flatMap((failpoint, i) => {
  const places: readonly Where[] = isFull ? ['files', 'servers'] : [i % 3 === 2 ? 'servers' : 'files'];
  return CASES[failpoint]
    .slice(0, isFull ? undefined : 1)
    .flatMap((of, n) =>
      places.map((where) => ({ failpoint, of, where, name: [failpoint.replace(':', '-'), where, n].join('-') })),
    );
});

describe.concurrent('A gateway that is killed', () => {
  test.each(KILLS)('$name', async ({ failpoint, of: { act, goOn, left: expected }, name, where }) => {
    const place = where === 'files' ? IN_FILES : servers;
    const satellites = await place.settings(name);
    const killed = await world.start({ name, failpoint, satellites });
    const acting = act(killed, place).catch(() => undefined);
    await killed.process.whenEnded;
    await acting;
    const own = join(world.directoryOf(name), 'satellites', 'alice');
    for (const found of await satellitesIn(own)) {
      const moment = { root: await place.opened(found, join(world.directoryOf(name), 'moment'), name), expected: {} };
      if (place.isLive) await judge([moment]);
      else left.push(moment);
    }
    await using next = await world.start({ name, satellites });
    await goOn(next, place);
    if (expected) {
      expect(await world.verified(next, 'mine')).toMatchObject({ sound: true, findings: [] });
      const root = await satelliteOf(next);
      left.push({ root: await place.opened(root, join(world.directoryOf(name), 'end'), name), expected });
      kept.add(basename(root));
    } else {
      expect(await state(next)).toBeUndefined();
    }
    // The directory of nothing else is left over.
    expect(await readdir(own)).toHaveLength(expected ? 1 : 0);
  });
});

async function judge(repositories: typeof left): Promise<void> {
  const roots = repositories.map(({ root }) => root);
  const found = await world.judge(roots, world.official.s3.environment);
  for (const [i, { root, expected }] of repositories.entries()) expect(found[i], root).toMatchObject(expected);
}

test('stock Python opened every satellite that was left, at the kill and in the end', async () => {
  expect(left.length).toBeGreaterThan(TRIED.length);
  await judge(left);
});

test('no schema, role or object is left of a satellite that is gone', async () => {
  const found = [...(await servers.found())];
  expect(found.length).toBeGreaterThan(0);
  expect(found.filter((id) => ![...kept].some((name) => name.includes(id)))).toEqual([]);
});

test('the gateways logged no secret', async () => {
  const logs = await world.logs();
  expect(logs).toContain('"msg"');
  for (const secret of world.secrets()) expect(logs).not.toContain(secret);
  expect(logs).not.toMatch(/X-Amz-Signature|[?&]Signature=|Bearer |eyJhbGci/i);
});
