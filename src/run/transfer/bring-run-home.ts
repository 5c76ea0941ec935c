/** Brings a run home: what it made, and what it read, become datasets of its satellite. */
import type { Task } from '../../jobs/job.ts';
import { FederatedRepository } from '../../repository/federated/federated-repository.ts';
import { failpoint } from '../../repository/failpoints.ts';
import { withRoomyHeap } from '../../repository/heap-growth.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { DimensionRecordRow } from '../../repository/rows.ts';
import type { ImportedDataset, JoinedChanges } from '../../repository/writeable-repository.ts';
import type { OpenSatellite } from '../../satellite/satellite.ts';
import { contextOf, writeableSatellite, type TransferSurroundings } from '../../transfer/attempt-setting.ts';
import { collectionsByName, type CollectionStructure } from '../../transfer/collection-structure.ts';
import { completedRecords } from '../../transfer/dimension-records.ts';
import { inBatches } from '../../butler/in-batches.ts';
import { definitionOf } from '../../transfer/page.ts';
import { openRunGraph } from '../exact-places.ts';
import type { PredictedGraph } from '../graph/predicted-graph.ts';
import { bringInputs } from './bring-inputs.ts';
import { inputStructure, missingStructure } from './input-structure.ts';
import { storedProvenance } from './bring-provenance.ts';
import { madeOutputs } from './made-outputs.ts';
import { readableRepositories, type NamedRepository } from './readable-repositories.ts';

/** Datasets that go into one statement. */
const DATASETS_AT_ONCE = 5000;

/** What is to be known of a run. */
export interface RunToBring {
  /** Full name of its satellite. */
  readonly satellite: string;
  /** Its identifier: another one may get the name. */
  readonly satelliteId: string | null;
  /** Full names of the repositories that it read, in search order; its satellite may be among them. */
  readonly repositories: readonly string[];
  /** Collections that it read, as they were asked. */
  readonly inputs: readonly string[];
  /** The chain that is to hold all of it. */
  readonly output: string;
  readonly outputRun: string;
  /** Its graph: path of the file. */
  readonly graph: string;
  /** Path of its provenance graph, which may not be there; absent: none is to come, as the RUN is another run's. */
  readonly provenance?: string | undefined;
}

/** `REFERENCE`: records that lead to where the bytes are; `COPY`: with their bytes. */
export type InputsToBring = 'NONE' | 'REFERENCE' | 'COPY';

/** What the job answers. */
export type BroughtRun = {
  /** Datasets that the run made. */
  readonly datasets: number;
  /** Of their files. */
  readonly bytes: number;
  /** Those of them that the satellite did not know yet. */
  readonly new: number;
  /** Outputs of its graph that it has not made. */
  readonly missing: number;
  /** Datasets that it read, but for those that are the satellite's own. */
  readonly inputs: number;
};

/**
 * Registers what the files of a run's outputs are there for, the collections that it was asked to read as they were, and the
 * output chain before them: in one transaction, after its inputs.  Of a run that has made nothing only the inputs come.  Doing
 * it again brings what has been made since.
 * @throws SatelliteError CONFLICT where something else is in the way, BAD_USER_INPUT for a graph that is not the run's;
 *   HeldError where its owner may not
 */
export async function bringRunHome(
  run: RunToBring,
  mode: InputsToBring,
  surroundings: TransferSurroundings,
  task: Task,
): Promise<BroughtRun> {
  const ctx = contextOf(surroundings, task);
  const repositories = await readableRepositories(surroundings, task.owner, run.repositories);
  const graph = await openRunGraph(run.graph, run.outputRun);
  try {
    return await withRoomyHeap(async () => {
      const structure = await inputStructure(repositories, run.inputs, ctx);
      const request = { graph, to: run.satellite, satelliteId: run.satelliteId, repositories, structure };
      const inputs = mode === 'NONE' ? 0 : (await bringInputs({ ...request, mode }, surroundings, task, ctx)).datasets;
      failpoint('run:before-outputs');
      const outputs = await task.step('outputs', async () => {
        const satellite = await writeableSatellite(surroundings, task.owner, run.satellite, run.satelliteId);
        return bringOutputs(graph, run, satellite, repositories, structure, ctx);
      });
      return { ...outputs, inputs };
    });
  } finally {
    await graph.close();
  }
}

async function bringOutputs(
  graph: PredictedGraph,
  run: RunToBring,
  { repository, artifacts }: OpenSatellite,
  repositories: readonly NamedRepository[],
  structure: CollectionStructure,
  ctx: QueryContext,
): Promise<Omit<BroughtRun, 'inputs'>> {
  const known: DimensionRecordRow[] = [];
  for await (const record of graph.dimensionRecords(repository.name)) known.push(record);
  const made = await madeOutputs(graph, known, artifacts, ctx.signal);
  const there = await collectionsByName(repository, ctx);
  const { collections, chains } = missingStructure(structure, there);
  if (made.datasets.length === 0) {
    const nothing = { dimensionRecords: [], datasetTypes: [], datasets: [] };
    await repository.changeTogether({ ...nothing, collections, chains }, ctx);
    return { datasets: 0, bytes: 0, new: 0, missing: made.missing };
  }
  const { provenance } = run;
  // Once it is there, a RUN is complete.
  const told =
    provenance !== undefined && made.isComplete
      ? await storedProvenance(provenance, run.outputRun, { repository, artifacts }, ctx)
      : null;
  const datasets = told ? [...made.datasets, told] : made.datasets;
  const others = repositories.filter(({ name }) => name !== run.satellite).map((named) => named.repository);
  const records =
    others.length === 0 ? known : await completedRecords(asOne(others), await repository.universe(ctx), known, ctx);
  const added = await repository.changeTogether(
    {
      dimensionRecords: records,
      datasetTypes: typesOf(datasets),
      collections: [...collections, { name: run.outputRun, type: 'RUN' }, { name: run.output, type: 'CHAINED' }],
      datasets: { [Symbol.iterator]: () => inBatches(datasets, DATASETS_AT_ONCE) },
      chains: [...chains, ...outputChain(run, structure, there.get(run.output)?.children ?? [])],
    },
    ctx,
  );
  await artifacts.remove(made.abandoned, ctx.signal);
  return { datasets: datasets.length, bytes: made.bytes, new: added.length, missing: made.missing };
}

function asOne(repositories: readonly Repository[]): Repository {
  return repositories.length === 1 ? repositories[0]! : new FederatedRepository(repositories);
}

function typesOf(datasets: readonly ImportedDataset[]): JoinedChanges['datasetTypes'] {
  return [...new Set(datasets.map(({ datasetType }) => datasetType))].map(definitionOf);
}

/** The run comes first, before runs that were made earlier, and the inputs last; a run that is in the chain stays there. */
function outputChain(
  { output, outputRun, inputs }: RunToBring,
  structure: CollectionStructure,
  children: readonly string[],
): JoinedChanges['chains'] {
  const found = new Set(structure.map(({ name }) => name));
  const missing = inputs.filter((name) => found.has(name) && name !== output && !children.includes(name));
  const edits = [
    { parent: output, children: missing, edit: 'EXTEND' as const },
    { parent: output, children: children.includes(outputRun) ? [] : [outputRun], edit: 'PREPEND' as const },
  ];
  return edits.filter((edit) => edit.children.length > 0);
}
