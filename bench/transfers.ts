/** How long transfers by reference take, beside stock `transfer_from(…, transfer="unsafe_direct")` from the same server. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runPython } from '../stack/run-python.ts';
import { growth } from './memory.ts';
import { compare, type Measure } from './ratio.ts';
import type { SatelliteWorld, Search } from './satellite-world.ts';

const COLLECTIONS = ['SimCam/defaults'];
/** 100 visits of 100 detectors. */
const WHERE = "instrument = 'SimCam' AND visit < 100100";
const TEN_THOUSAND = { datasetTypes: ['sim_source'], collections: COLLECTIONS, where: WHERE };
const HUNDRED_THOUSAND = { datasetTypes: ['sim_calexp', 'sim_source'], collections: COLLECTIONS };

export async function transfers(world: SatelliteWorld): Promise<Measure[]> {
  const ours = async (search: Search, expected: number): Promise<number> => {
    const satellite = await world.create('scaled');
    const elapsed = await world.transfer(satellite, 'REFERENCE', search, expected);
    await world.remove(satellite);
    return elapsed;
  };
  const stock = async (): Promise<number> => {
    const root = join(world.directory, 'stock');
    await rm(root, { recursive: true, force: true });
    const selection = JSON.stringify([['sim_source', COLLECTIONS, WHERE]]);
    const args = ['transfer', world.official.scaled, root, 'unsafe_direct', selection];
    return Number(await runPython('test/oracle/stock_transfer.py', args, { BUTLER_RUBIN_ACCESS_TOKEN: 'none' })) * 1000;
  };
  const ten = await compare(
    { name: '(h) 10 000 references to transfer_from(unsafe_direct)', unit: 'ms', rounds: 3, bound: { atMost: 0.2 } },
    () => ours(TEN_THOUSAND, 10_000),
    stock,
  );
  let hundred = 0;
  const memory = await growth(world.gateway, async () => {
    hundred = await ours(HUNDRED_THOUSAND, 100_000);
  });
  return [
    ten,
    {
      // Linear: ten times as many take about ten times as long.
      name: '(h) 100 000 references to ten times 10 000',
      unit: 'ms',
      ours: hundred,
      peer: ten.ours * 10,
      ratio: hundred / (ten.ours * 10),
      bound: { atMost: 1.5 },
    },
    { name: '(h) memory growth: 100 000 references', unit: 'MB', ours: memory, bound: { atMost: 200 } },
  ];
}
