/** How long a satellite takes to be there, beside stock `butler create`. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonProgram } from '../stack/checkout.ts';
import { compare, type Measure } from './ratio.ts';
import type { SatelliteWorld } from './satellite-world.ts';

const run = promisify(execFile);

export async function creation(world: SatelliteWorld): Promise<Measure> {
  const ours = async (): Promise<number> => {
    const begin = performance.now();
    const satellite = await world.create('scaled');
    const elapsed = performance.now() - begin;
    await world.remove(satellite);
    return elapsed;
  };
  const stock = async (): Promise<number> => {
    const root = join(world.directory, 'stock');
    await rm(root, { recursive: true, force: true });
    const begin = performance.now();
    await run(pythonProgram('butler'), ['create', root]);
    return performance.now() - begin;
  };
  return compare(
    { name: '(g) a satellite (SQLite, files) to `butler create`', unit: 'ms', rounds: 5, bound: { atMost: 0.05 } },
    ours,
    stock,
  );
}
