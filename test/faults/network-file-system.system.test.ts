/**
 * Two gateways on one state, whose satellites lie in a directory that each reaches from a machine of its own: locks of one do not
 * reach the other, as with NFS that is mounted without locks.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gateway } from '../../stack/gateway.ts';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { FaultyWorld, until } from './faulty-world.ts';
import { BINDFS, PRELOADED, type SharedDirectory, type Sharing } from './two-machines.ts';

const PROBE = fileURLToPath(new URL('lock-probe.ts', import.meta.url));
const WRITES = 8;
let world: FaultyWorld;
let postgres: Postgres;
let shared: SharedDirectory;
let gateways: readonly [Gateway, Gateway];

const write = (gateway: Gateway, name: string) =>
  world.call(gateway, 'createCollection', { satellite: 'mine', name }, 'collection {name}');

for (const sharing of [BINDFS, PRELOADED]) {
  const possible = sharing.isPossible();
  const name = `On two machines that share a directory (${sharing.name}${possible ? '' : `; needs ${sharing.needs}`})`;
  describe.skipIf(!possible)(name, () => testSharing(sharing));
}

function testSharing(sharing: Sharing): void {
  beforeAll(async () => {
    world = await FaultyWorld.open();
    postgres = await startPostgres();
    shared = sharing.share(join(world.directory, 'sharing'));
    const state = await postgres.createDatabase();
    const [a, b] = shared.machines.map(({ root, environment }, i) => ({
      name: `gateway-${String(i)}`,
      state,
      satellites: { root },
      environment,
    }));
    gateways = [await world.start(a!), await world.start(b!)];
  });
  afterAll(async () => {
    await world.logs();
    shared[Symbol.dispose]();
    await postgres.stop();
    await world[Symbol.asyncDispose]();
  });

  /** What stock Python finds where the files really are. */
  async function collections(): Promise<readonly string[]> {
    const { data } = await world.ask(gateways[0], '{satellite(name: "mine") {uri}}');
    const uri = (data.satellite.uri as string).replace(/^file:\/\//, '');
    const root = uri.replace(shared.machines[0].root, shared.real);
    return (await world.judge([root]))[0]!.collections;
  }

  test('locks of one machine do not reach the other', () => {
    const [a, b] = shared.machines;
    const args = [PROBE, ...[a, a, b].map((machine) => JSON.stringify(machine))];
    const env = { ...process.env, ...a.environment };
    const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      locked: [false, true],
      fileSystem: expect.stringMatching(/NFS|FUSE/) as string,
    });
  });

  test('gateways write in turns, and nothing is lost', async () => {
    await world.create(gateways[0], 'mine');
    const names = gateways.map((_, g) =>
      Array.from({ length: WRITES }, (_write, i) => `u/alice/${String(g)}-${String(i)}`),
    );
    await Promise.all(
      gateways.map(async (gateway, g) => {
        for (const name of names[g]!) await write(gateway, name);
      }),
    );
    expect(await collections()).toEqual(names.flat().toSorted());
    for (const gateway of gateways) expect(await world.verified(gateway, 'mine')).toMatchObject({ sound: true });
  });

  test('a gateway that is stopped among its writes, overtaken and goes on damages nothing', async () => {
    const [stopped, other] = gateways;
    const before = await collections();
    const confirmed: string[] = [];
    let ended = false;
    const writing = (async () => {
      for (let i = 0; !ended; i += 1) {
        const name = `u/alice/stopped-${String(i)}`;
        await write(stopped, name).then(
          () => confirmed.push(name),
          () => undefined,
        );
      }
    })();
    await until(() => Promise.resolve(confirmed.length > 2));
    stopped.process.signal('SIGSTOP');
    ended = true;
    try {
      // It waits until the lease of the stopped one has ended.
      await write(other, 'u/alice/overtaken');
    } finally {
      stopped.process.signal('SIGCONT');
    }
    await writing;
    await write(stopped, 'u/alice/again');
    const found = await collections();
    for (const name of [...before, ...confirmed, 'u/alice/overtaken', 'u/alice/again']) expect(found).toContain(name);
    expect(await world.verified(other, 'mine')).toMatchObject({ sound: true });
  });

  test('a notebook’s stock Python writes while it is checked out, and gateways are refused', async () => {
    const { satellite } = await world.call(
      gateways[0],
      'checkoutSatellite',
      { satellite: 'mine' },
      'satellite {state uri}',
    );
    expect(satellite).toMatchObject({ state: 'CHECKED_OUT' });
    for (const gateway of gateways)
      await expect(write(gateway, 'u/alice/no')).rejects.toMatchObject({ code: 'CONFLICT' });
    const root = (satellite.uri as string).replace(/^file:\/\//, '');
    await world.register(root, ['u/alice/notebook'], shared.machines[0].environment);
    await world.call(gateways[1], 'checkinSatellite', { satellite: 'mine' }, 'satellite {state}');
    for (const [g, gateway] of gateways.entries()) await write(gateway, `u/alice/after-${String(g)}`);
    const found = await collections();
    expect(found).toEqual(expect.arrayContaining(['u/alice/notebook', 'u/alice/after-0', 'u/alice/after-1']));
    expect(found).not.toContain('u/alice/no');
  });
}
