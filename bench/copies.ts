/** How long copies take, beside a loop that does no more than get each file and write it. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compare, type Measure } from './ratio.ts';
import type { SatelliteWorld } from './satellite-world.ts';

const SEARCH = { datasetTypes: ['sim_raw'], collections: ['SimCam/files'] };
const FILES = 1000;
const BYTES = 1_000_000;
/** As many as a transfer copies at once. */
const AT_ONCE = 8;

export async function copies(world: SatelliteWorld): Promise<Measure> {
  const uuids = await world.fileUuids();
  const ours = async (): Promise<number> => {
    const satellite = await world.create('files');
    const elapsed = await world.transfer(satellite, 'COPY', SEARCH, FILES);
    await world.remove(satellite);
    return elapsed;
  };
  const loop = async (): Promise<number> => {
    const directory = join(world.directory, 'loop');
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory);
    const left = uuids.values();
    const worker = async (): Promise<void> => {
      for (const uuid of left) {
        // the official server leads on to the file's signed address
        const response = await fetch(`${world.official.files}/v1/dataset/${uuid}/download`);
        const bytes = await response.bytes();
        if (!response.ok || bytes.length !== BYTES) throw new Error(`no file of dataset ${uuid}`);
        await writeFile(join(directory, uuid), bytes);
      }
    };
    const begin = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return performance.now() - begin;
  };
  return compare(
    {
      name: '(i) COPY of 1 000 files of 1 MB to a loop of GET and write, 8 at once',
      unit: 'ms',
      rounds: 3,
      bound: { atMost: 1.2 },
    },
    ours,
    loop,
  );
}
