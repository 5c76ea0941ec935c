/** Taking back what a run made: its datasets, its files, its RUN and, where nothing else is in it, its chain. */
import { runDirectory } from '../butler/file-template.ts';
import type { CollectionInfo } from '../butler/collection.ts';
import type { QueryContext } from '../repository/repository.ts';
import { fullSelection, selectedUuids } from '../satellite/selection.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import { SatelliteError } from '../butler/errors.ts';
import { directoryOfRun, RUN_FILES } from './directory.ts';
import { openRunGraph } from './exact-places.ts';
import { isBelow } from './output-places.ts';
import type { RunRecord } from './run.ts';

/** What goes with a run. */
export type RunRemoval = {
  /** Its outputs that are registered. */
  readonly datasets: number;
  /** Files of outputs, registered or not. */
  readonly files: number;
  /** Of these. */
  readonly bytes: number;
  /** Collections that go. */
  readonly collections: readonly string[];
};

interface Found {
  readonly uuids: readonly string[];
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readonly run: CollectionInfo | undefined;
  readonly chain: CollectionInfo | undefined;
}

/** What would go. What it read by reference stays: other things may be built on it by now. */
export async function planRunRemoval(
  entry: RunRecord,
  satellite: OpenSatellite,
  ctx: QueryContext,
): Promise<RunRemoval> {
  const { uuids, files, run, chain } = await outputsOf(entry, satellite, ctx);
  const collections = [run, chain].flatMap((found) => found?.name ?? []);
  return { datasets: uuids.length, files: files.length, bytes: files.reduce((sum, f) => sum + f.size, 0), collections };
}

/** Does it; done again, it ends what an interruption left. */
export async function removeRunOutputs(
  entry: RunRecord,
  satellite: OpenSatellite,
  ctx: QueryContext,
): Promise<RunRemoval> {
  const plan = await planRunRemoval(entry, satellite, ctx);
  const { uuids, files, run, chain } = await outputsOf(entry, satellite, ctx);
  const { repository, artifacts } = satellite;
  if (chain) await repository.removeCollection(chain.name, false, ctx);
  if (run) await repository.removeCollection(run.name, true, ctx);
  else if (uuids.length > 0) await repository.removeDatasets(uuids, 'PURGE', ctx);
  await artifacts.remove(
    files.map(({ path }) => path),
    ctx.signal,
  );
  return plan;
}

async function outputsOf(entry: RunRecord, satellite: OpenSatellite, ctx: QueryContext): Promise<Found> {
  const { output, outputRun, extend } = entry.spec;
  const { repository, artifacts } = satellite;
  const all = await repository.collections(
    { search: ['*'], includeChains: true, includeParents: true, includeSummary: true },
    ctx,
  );
  const run = all.find(({ name, type }) => name === outputRun && type === 'RUN');
  const types = run?.datasetTypes ?? [];
  const registered =
    types.length === 0 ? [] : await selectedUuids(repository, { search: fullSelection(types, outputRun) }, ctx);
  if (extend) return extendedOutputs(entry, satellite, registered, ctx);
  const files: { path: string; size: number }[] = [];
  const place = runDirectory(outputRun);
  const others = all.filter(({ name, type }) => type === 'RUN' && name !== outputRun);
  const places = others.map(({ name }) => runDirectory(name));
  if (places.includes(place)) {
    const { name } = others[places.indexOf(place)]!;
    throw new SatelliteError('CONFLICT', `The RUN '${name}' has its files among those of the run: remove it first.`);
  }
  const inside = places.filter((other) => isBelow(other, place));
  for await (const { path, size } of artifacts.list(place, ctx.signal)) {
    if (!inside.some((other) => isBelow(path, other))) files.push({ path, size });
  }
  const found = all.find(({ name, type }) => name === output && type === 'CHAINED');
  // Runs that were made later are in the chain too.
  const isOnly = found?.children.every((child) => child === outputRun || entry.spec.inputs.includes(child));
  return { uuids: registered, files, run, chain: isOnly && found?.parents?.length === 0 ? found : undefined };
}

/** Of a RUN that was there before, only what this run's own graph has put into it. */
async function extendedOutputs(
  entry: RunRecord,
  { directory, repository }: OpenSatellite,
  registered: readonly string[],
  ctx: QueryContext,
): Promise<Found> {
  const nothing = { uuids: [], files: [], run: undefined, chain: undefined };
  const place = directoryOfRun(directory, entry);
  if (!(await place.exists(RUN_FILES.graph, ctx.signal))) return nothing;
  const made = new Set<string>();
  const graph = await openRunGraph(`${place.path}/${RUN_FILES.graph}`);
  try {
    for await (const { outputs } of graph.quanta()) {
      for (const { uuid } of [...outputs.values()].flat()) made.add(uuid);
    }
  } finally {
    await graph.close();
  }
  const uuids = registered.filter((uuid) => made.has(uuid));
  if (uuids.length === 0) return nothing;
  const files = [...(await repository.files(uuids, ctx)).values()].flat();
  return { ...nothing, uuids, files: files.map(({ path, size }) => ({ path, size: size ?? 0 })) };
}
