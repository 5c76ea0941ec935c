/** Quanta of a predicted graph, as they are in the file and as the rest of the project has them. */
import { z } from 'zod';
import type { DataIdValue, DataIdValues } from '../../butler/data-id.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import type { DatasetRow, FileRecord } from '../../repository/rows.ts';
import { recordsDocument, toFileRecords } from './datastore-records.ts';
import { dataIdValues, uuid } from './documents.ts';
import { packagesType, type Connection, type PipelineGraph } from './pipeline-graph.ts';
import { shown, unreadable } from './unreadable.ts';

const dataset = z.object({
  dataset_id: uuid,
  dataset_type_name: z.string(),
  data_coordinate: dataIdValues.default([]),
  run: z.string(),
});
export type DatasetDocument = z.output<typeof dataset>;

const datasets = z.record(z.string(), z.array(dataset)).default({});
export const quantumDocument = z.object({
  quantum_id: uuid,
  task_label: z.string(),
  data_coordinate: dataIdValues.default([]),
  inputs: datasets,
  outputs: datasets,
  datastore_records: z.record(z.string(), recordsDocument).default({}),
});
export type QuantumDocument = z.output<typeof quantumDocument>;

/** A dataset of a graph, which no repository may have yet; with all values of its data ID. */
export type GraphDataset = Omit<DatasetRow, 'repository'>;

export interface PredictedQuantum {
  readonly uuid: string;
  /** Label of its task; empty for the init quantum of the whole run. */
  readonly task: string;
  /** None for init quanta. */
  readonly dimensions: DimensionGroup;
  /** In the order of `dimensions.dataCoordinateKeys`, implied ones too. */
  readonly values: DataIdValues;
  /** By the connection's name. */
  readonly inputs: ReadonlyMap<string, readonly GraphDataset[]>;
  readonly outputs: ReadonlyMap<string, readonly GraphDataset[]>;
  /** Where files of its inputs are, as far as the graph says: datastore → UUID of the dataset → files. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, readonly FileRecord[]>>;
}

/**
 * Reads a quantum against its pipeline.
 * @throws SatelliteError BAD_USER_INPUT where it contradicts the pipeline: an unknown task, connection or dataset type, a data
 *   ID that is not of its dimensions, an output in another run
 */
export function toQuantum(document: QuantumDocument, pipeline: PipelineGraph, outputRun: string): PredictedQuantum {
  const { quantum_id, task_label, data_coordinate } = document;
  const task = pipeline.tasks.get(task_label);
  if (!task) throw unreadable(`a quantum has the task ${shown(task_label)}, which its pipeline has not`);
  const what = `quantum ${quantum_id}`;
  const quantum = {
    ...part(document),
    dimensions: task.dimensions,
    values: checkedValues(data_coordinate, task.dimensions, what),
    inputs: toDatasets(document.inputs, new Map([...task.inputs, ...task.prerequisites]), pipeline, what),
    outputs: toDatasets(document.outputs, task.outputs, pipeline, what),
  };
  checkRun(quantum, outputRun);
  return quantum;
}

/** The same for an init quantum: of one task, or, with an empty label, of the whole run. */
export function toInitQuantum(document: QuantumDocument, pipeline: PipelineGraph, outputRun: string): PredictedQuantum {
  const { quantum_id, task_label } = document;
  const what = `init quantum ${quantum_id}`;
  const task = pipeline.tasks.get(task_label);
  if (!task && task_label !== '') {
    throw unreadable(`an init quantum has the task ${shown(task_label)}, which its pipeline has not`);
  }
  const packages = packagesType(pipeline.universe).name;
  const ofRun = new Map([[packages, { datasetType: packages, component: null, storageClass: 'Packages' }]]);
  const quantum = {
    ...part(document),
    dimensions: pipeline.universe.empty,
    values: [],
    inputs: toDatasets(document.inputs, task?.initInputs ?? new Map<string, Connection>(), pipeline, what),
    outputs: toDatasets(document.outputs, task?.initOutputs ?? ofRun, pipeline, what),
  };
  checkRun(quantum, outputRun);
  return quantum;
}

function part({ quantum_id, task_label, datastore_records }: QuantumDocument) {
  return {
    uuid: quantum_id,
    task: task_label,
    files: new Map(
      Object.entries(datastore_records).map(([datastore, records]) => [datastore, toFileRecords(records)]),
    ),
  };
}

function toDatasets(
  documents: Readonly<Record<string, readonly DatasetDocument[]>>,
  connections: ReadonlyMap<string, Connection>,
  pipeline: PipelineGraph,
  what: string,
): ReadonlyMap<string, readonly GraphDataset[]> {
  return new Map(
    Object.entries(documents).map(([name, of]) => {
      const connection = connections.get(name);
      if (!connection) throw unreadable(`${what} has a connection ${shown(name)}, which its task has not`);
      const type = typeOf(connection.datasetType, pipeline);
      const datasetsOf = of.map((document) => {
        if (document.dataset_type_name !== type.name) {
          throw unreadable(`${what} has a dataset of another type than ${shown(type.name)} as its ${shown(name)}`);
        }
        const values = checkedValues(document.data_coordinate, type.dimensions, `dataset ${document.dataset_id}`);
        return { uuid: document.dataset_id, datasetType: type, run: document.run, values };
      });
      return [name, datasetsOf];
    }),
  );
}

/** A dataset type of the graph. @throws SatelliteError BAD_USER_INPUT where there is none of the name */
export function typeOf(name: string, { datasetTypes, universe }: PipelineGraph): DatasetType {
  const packages = packagesType(universe);
  const type = datasetTypes.get(name) ?? (name === packages.name ? packages : undefined);
  if (!type) throw unreadable(`it has datasets of the type ${shown(name)}, which its pipeline has not`);
  return type;
}

/** Values of a full data ID, each of the type that its dimension has. @throws SatelliteError BAD_USER_INPUT */
export function checkedValues(values: readonly DataIdValue[], dimensions: DimensionGroup, what: string): DataIdValues {
  const { dataCoordinateKeys, universe } = dimensions;
  const fits =
    values.length === dataCoordinateKeys.length &&
    dataCoordinateKeys.every((name, i) => {
      const isText = universe.element(name).primaryKey!.type === 'string';
      return isText === (typeof values[i] === 'string');
    });
  if (!fits) throw unreadable(`the data ID of ${what} is not one of ${dimensions}`);
  return values;
}

/** What a graph writes to another run would be written over that run's files. */
function checkRun({ uuid: quantum, outputs }: Pick<PredictedQuantum, 'uuid' | 'outputs'>, outputRun: string): void {
  for (const of of outputs.values()) {
    const astray = of.find(({ run }) => run !== outputRun);
    if (astray) throw unreadable(`quantum ${quantum} writes to the run ${shown(astray.run)}, not to the graph's`);
  }
}
