import { join } from 'node:path';
import { cachedBuild } from './cached-build.ts';
import { buildOfficial, OFFICIAL_INPUTS } from './official.ts';
import { runPython } from './run-python.ts';

const SCRIPT = 'stack/satellite_repository.py';

/**
 * Builds alice's satellite by stock Python, or finds it built.
 * @returns the repository's root; not to be changed.
 */
export async function buildSatellite(): Promise<string> {
  const official = await buildOfficial();
  const directory = await cachedBuild('satellite', [SCRIPT, ...OFFICIAL_INPUTS], async (building) => {
    await runPython(SCRIPT, [join(building, 'repository'), join(official, 'repository')]);
  });
  return join(directory, 'repository');
}
