/** The pipeline of a quantum graph: its tasks, what they read and write, and the dimension universe of all of it. */
import { z } from 'zod';
import { splitDatasetTypeName } from '../../butler/components.ts';
import type { DataId } from '../../butler/data-id.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import { SatelliteError } from '../../butler/errors.ts';
import { Universe } from '../../butler/universe.ts';
import { checkDatasetTypeName } from '../../repository/direct/write/names.ts';
import { mapOf, readDocument } from './documents.ts';
import type { GraphLimits } from './limits.ts';
import { shown, unreadable } from './unreadable.ts';

const edge = z.object({
  dataset_type_name: z.string(),
  storage_class: z.string(),
  is_calibration: z.boolean().default(false),
  defer_query_constraint: z.boolean().default(false),
});
type EdgeDocument = z.output<typeof edge>;

const task = z.object({
  task_class: z.string(),
  init: z.object({ inputs: mapOf(edge), outputs: mapOf(edge), config_output: edge }),
  config_str: z.string(),
  prerequisite_inputs: mapOf(edge),
  inputs: mapOf(edge),
  outputs: mapOf(edge),
  metadata_output: edge,
  log_output: edge.nullable().default(null),
  dimensions: z.array(z.string()),
  index: z.int().nullish(),
});

const datasetType = z.object({
  dimensions: z.array(z.string()),
  storage_class: z.string(),
  is_calibration: z.boolean().default(false),
  is_initial_query_constraint: z.boolean().default(false),
  is_prerequisite: z.boolean().default(false),
  index: z.int().nullish(),
});

const subset = z.object({
  description: z.string(),
  tasks: z.array(z.string()),
  dimensions: z.array(z.string()).default([]),
});

const pipelineDocument = z.object({
  description: z.string().default(''),
  tasks: mapOf(task),
  dataset_types: mapOf(datasetType),
  task_subsets: mapOf(subset),
  dimensions: z.unknown(),
  data_id: z.record(z.string(), z.union([z.string(), z.int()])).default({}),
});

/** What a task reads or writes under a name of its own. */
export interface Connection {
  /** The whole dataset type, as repositories have it. */
  readonly datasetType: string;
  /** Set where the task reads a component. */
  readonly component: string | null;
  /** As the task has it in memory; that of the dataset type is the repository's. */
  readonly storageClass: string;
}

export interface PipelineTask {
  readonly label: string;
  /** Name of its Python class. */
  readonly className: string;
  /** Its configuration: Python text, which is never run here. */
  readonly config: string;
  readonly dimensions: DimensionGroup;
  /** By the connection's name, here and in what follows. */
  readonly inputs: ReadonlyMap<string, Connection>;
  /** Inputs that no task of the pipeline makes. */
  readonly prerequisites: ReadonlyMap<string, Connection>;
  /** Metadata and log among them, as `_metadata` and `_log`. */
  readonly outputs: ReadonlyMap<string, Connection>;
  readonly initInputs: ReadonlyMap<string, Connection>;
  /** Configuration among them, as `_config`. */
  readonly initOutputs: ReadonlyMap<string, Connection>;
}

export interface PipelineDatasetType extends DatasetType {
  /** Whether it must be there before the graph is built. */
  readonly isPrerequisite: boolean;
  /** Whether only data IDs of its datasets were taken. */
  readonly isQueryConstraint: boolean;
}

export interface TaskSubset {
  readonly description: string;
  /** Labels. */
  readonly tasks: readonly string[];
  /** Set for steps: dimensions by which it can be run in independent parts. */
  readonly dimensions: readonly string[];
}

export interface PipelineGraph {
  readonly description: string;
  readonly universe: Universe;
  /** By label, in the order in which they can run. */
  readonly tasks: ReadonlyMap<string, PipelineTask>;
  /** By name, in the pipeline's order. `packages`, which every run writes, is not of the pipeline. */
  readonly datasetTypes: ReadonlyMap<string, PipelineDatasetType>;
  readonly subsets: ReadonlyMap<string, TaskSubset>;
  /** What all its data IDs have, such as the instrument that it is for. */
  readonly dataId: DataId;
}

/** Connections that every task has. */
const METADATA = '_metadata';
const LOG = '_log';
const CONFIG = '_config';

/** @throws SatelliteError BAD_USER_INPUT, also for names of dataset types that could not be in a repository */
export function parsePipelineGraph(
  { bytes, what }: { readonly bytes: Buffer; readonly what: string },
  limits: GraphLimits,
): PipelineGraph {
  const document = readDocument(bytes, pipelineDocument, what, limits);
  try {
    const universe = Universe.fromJson(document.dimensions);
    const datasetTypes = new Map(
      inOrder(document.dataset_types).map(([name, type]) => [name, toDatasetType(name, type, universe)]),
    );
    const tasks = new Map(inOrder(document.tasks).map(([label, of]) => [label, toTask(label, of, universe)]));
    for (const { label, inputs, prerequisites, outputs, initInputs, initOutputs } of tasks.values()) {
      for (const connections of [inputs, prerequisites, outputs, initInputs, initOutputs]) {
        const unknown = [...connections.values()].find((connection) => !datasetTypes.has(connection.datasetType));
        if (!unknown) continue;
        throw unreadable(
          `task ${shown(label)} has the dataset type ${shown(unknown.datasetType)}, which is not defined`,
        );
      }
    }
    const { description, task_subsets: subsets, data_id: dataId } = document;
    return { description, universe, tasks, datasetTypes, subsets, dataId };
  } catch (error) {
    // The universe and names are read as if they were of a repository.
    if (!(error instanceof SatelliteError) || error.code === 'BAD_USER_INPUT') throw error;
    throw unreadable(`its pipeline cannot be understood (${error.message})`, error);
  }
}

/** The type of the dataset that every run writes about its software. */
export function packagesType(universe: Universe): DatasetType {
  return { name: 'packages', dimensions: universe.empty, storageClass: 'Packages', isCalibration: false };
}

function toTask(label: string, of: z.output<typeof task>, universe: Universe): PipelineTask {
  const own: [string, EdgeDocument][] = [[METADATA, of.metadata_output]];
  if (of.log_output) own.push([LOG, of.log_output]);
  return {
    label,
    className: of.task_class,
    config: of.config_str,
    dimensions: universe.conform(of.dimensions),
    inputs: connections(of.inputs),
    prerequisites: connections(of.prerequisite_inputs),
    outputs: connections([...of.outputs, ...own]),
    initInputs: connections(of.init.inputs),
    initOutputs: connections([...of.init.outputs, [CONFIG, of.init.config_output]]),
  };
}

function toDatasetType(name: string, of: z.output<typeof datasetType>, universe: Universe): PipelineDatasetType {
  checkDatasetTypeName(universe, name);
  return {
    name,
    dimensions: universe.conform(of.dimensions),
    storageClass: of.storage_class,
    isCalibration: of.is_calibration,
    isPrerequisite: of.is_prerequisite,
    isQueryConstraint: of.is_initial_query_constraint,
  };
}

function connections(edges: Iterable<[string, EdgeDocument]>): ReadonlyMap<string, Connection> {
  return new Map(
    [...edges].map(([name, { dataset_type_name, storage_class }]) => {
      const [parent, component] = splitDatasetTypeName(dataset_type_name);
      return [name, { datasetType: parent, component, storageClass: storage_class }];
    }),
  );
}

/** Indices count tasks and dataset types together; a pipeline that was not sorted has none. */
function inOrder<T extends { readonly index?: number | null | undefined }>(of: ReadonlyMap<string, T>) {
  return [...of].sort(([, a], [, b]) => (a.index ?? 0) - (b.index ?? 0));
}
