/** What became of a run's quanta comes home as stock's `run_provenance`, next to what they made. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { SatelliteError } from '../../butler/errors.ts';
import { templatedPath } from '../../butler/file-template.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import type { QueryContext } from '../../repository/repository.ts';
import type { ImportedDataset } from '../../repository/writeable-repository.ts';
import type { OpenSatellite } from '../../satellite/satellite.ts';
import { defaultFormatter } from '../../transfer/default-formatters.ts';
import { enterPlace } from '../exact-places.ts';
import { ProvenanceGraph } from '../graph/provenance-graph.ts';

const NAME = 'run_provenance';
const STORAGE_CLASS = 'ProvenanceQuantumGraph';

/**
 * Puts the file in its place among the outputs.
 * @param path of the provenance graph in the run's directory
 * @returns what is to be registered; null where there is no such graph of this RUN, or the RUN has its provenance already
 */
export async function storedProvenance(
  path: string,
  run: string,
  { repository, artifacts }: Pick<OpenSatellite, 'repository' | 'artifacts'>,
  ctx: QueryContext,
): Promise<ImportedDataset | null> {
  await using place = await enterPlace(dirname(path));
  const file = place.at(basename(path));
  const header = await headerOf(file);
  if (header?.outputRun !== run) return null;
  const dimensions = (await repository.universe(ctx)).conform([]);
  const datasetType: DatasetType = { name: NAME, dimensions, storageClass: STORAGE_CLASS, isCalibration: false };
  const named = templatedPath({ datasetType: NAME, component: null, run, dimensions, dataId: {}, records: {} });
  const at = `${named}.qg`;
  if ((await repository.recordedAt([at], ctx)).size > 0) return null;
  await using opened = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const { size } = await artifacts.write(at, opened.createReadStream({ autoClose: false }), {}, ctx.signal);
  const formatter = defaultFormatter(STORAGE_CLASS)!;
  const files = [{ path: at, formatter, storageClass: STORAGE_CLASS, component: null, checksum: null, size }];
  return { uuid: header.provenanceUuid, datasetType, run, values: [], files };
}

/** Null where there is no provenance: the run was not executed to its end, or somebody put something else there. */
async function headerOf(file: string) {
  try {
    const graph = await ProvenanceGraph.open(file);
    await graph.close();
    return graph.header;
  } catch (error) {
    if (error instanceof SatelliteError) return null;
    throw error;
  }
}
