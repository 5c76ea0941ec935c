/** What we read of a graph, in the words of `read` in `stock_graphs.py`. */
import { expect } from 'vitest';
import { fullDataId } from '../../../src/butler/data-id.ts';
import { parseJson, stringifyJson, type JsonObject } from '../../../src/butler/json.ts';
import type { FieldValue } from '../../../src/repository/rows.ts';
import type { GraphHeader } from '../../../src/run/graph/container.ts';
import type { Connection, PipelineGraph } from '../../../src/run/graph/pipeline-graph.ts';
import { PredictedGraph } from '../../../src/run/graph/predicted-graph.ts';
import { ProvenanceGraph } from '../../../src/run/graph/provenance-graph.ts';
import type { Attempt } from '../../../src/run/graph/provenance-records.ts';
import type { GraphDataset, PredictedQuantum } from '../../../src/run/graph/quantum.ts';

/** All of a predicted graph, by every way in which it can be read. */
export async function weRead(path: string): Promise<JsonObject> {
  const graph = await PredictedGraph.open(path);
  try {
    const thin = await graph.thin();
    const quanta: unknown[] = [];
    for await (const quantum of graph.quanta()) quanta.push(quantumJson(quantum));
    const byAddress = new Set<string>();
    for (const { uuid } of [...thin.quanta.values()].flat()) {
      byAddress.add(stringifyJson(quantumJson((await graph.quantum(uuid))!)));
    }
    expect(byAddress).toEqual(new Set(quanta.map(stringifyJson)));
    const records: Record<string, unknown[]> = {};
    for await (const { element, fields } of graph.dimensionRecords('here')) {
      (records[element.name] ??= []).push(
        Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, fieldJson(value)])),
      );
    }
    return asJson({
      header: headerJson(graph.header),
      pipeline: pipelineJson(graph.pipeline),
      init: (await graph.initQuanta()).map(quantumJson),
      quanta,
      thin: Object.fromEntries(
        [...thin.quanta].map(([task, of]) => {
          const { dimensions } = graph.pipeline.tasks.get(task)!;
          return [task, of.map(({ uuid, values }) => [uuid, fullDataId(dimensions, values)])];
        }),
      ),
      edges: thin.edges.map((edge) => [...edge]).sort(byText),
      records,
    });
  } finally {
    await graph.close();
  }
}

/** All of a provenance graph. */
export async function weReadProvenance(path: string): Promise<JsonObject> {
  const graph = await ProvenanceGraph.open(path);
  try {
    const quanta: Record<string, unknown> = {};
    for await (const { uuid } of graph.quanta()) {
      const { task, dimensions, values, status, attempts } = (await graph.quantum(uuid))!;
      const logs = await graph.logs(uuid);
      quanta[uuid] = {
        task,
        dataId: fullDataId(dimensions, values),
        status,
        attempts: attempts.map(attemptJson),
        caveats: attempts.map(({ caveats }) => caveats),
        logs: logs.map(
          (of) => of && of.map(({ name, level, message, traceback }) => [name, level, message, traceback]),
        ),
      };
    }
    const datasets: Record<string, unknown> = {};
    for await (const { uuid } of graph.datasets()) {
      const { datasetType, run, values, wasMade } = (await graph.dataset(uuid))!;
      datasets[uuid] = [datasetType.name, run, fullDataId(datasetType.dimensions, values), wasMade];
    }
    return asJson({ header: headerJson(graph.header), quanta, datasets });
  } finally {
    await graph.close();
  }
}

function headerJson(header: GraphHeader): unknown {
  return {
    inputs: header.inputs,
    output: header.output,
    output_run: header.outputRun,
    user: header.user,
    timestamp: header.timestamp,
    command: header.command,
    metadata: header.metadata,
    n_quanta: header.quanta,
    n_datasets: header.datasets,
    n_task_quanta: Object.fromEntries(header.taskQuanta),
    provenance_dataset_id: header.provenanceUuid,
  };
}

function pipelineJson({ description, tasks, datasetTypes, subsets }: PipelineGraph): unknown {
  const edges = (connections: ReadonlyMap<string, Connection>) =>
    Object.fromEntries(
      [...connections].map(([name, { datasetType, component, storageClass }]) => [
        name,
        [datasetType, component, storageClass],
      ]),
    );
  return {
    description,
    tasks: [...tasks.values()].map((task) => ({
      label: task.label,
      class: task.className,
      config: task.config,
      dimensions: task.dimensions.names,
      inputs: edges(task.inputs),
      prerequisites: edges(task.prerequisites),
      outputs: edges(task.outputs),
      initInputs: edges(task.initInputs),
      initOutputs: edges(task.initOutputs),
    })),
    datasetTypes: Object.fromEntries(
      [...datasetTypes.values()].map((type) => [
        type.name,
        [type.dimensions.names, type.storageClass, type.isCalibration, type.isPrerequisite, type.isQueryConstraint],
      ]),
    ),
    subsets: Object.fromEntries(
      [...subsets].map(([label, subset]) => [label, [subset.tasks.toSorted(), subset.description]]),
    ),
  };
}

function quantumJson({ uuid, task, dimensions, values, inputs, outputs, files }: PredictedQuantum): unknown {
  return {
    uuid,
    task,
    dataId: fullDataId(dimensions, values),
    inputs: datasetsJson(inputs),
    outputs: datasetsJson(outputs),
    files: Object.fromEntries(
      [...files].map(([datastore, datasets]) => [
        datastore,
        Object.fromEntries(
          [...datasets].map(([id, of]) => [
            id,
            of.map((file) => [
              file.path,
              file.formatter,
              file.storageClass,
              file.component,
              file.checksum,
              file.size ?? -1,
            ]),
          ]),
        ),
      ]),
    ),
  };
}

function datasetsJson(datasets: ReadonlyMap<string, readonly GraphDataset[]>): unknown {
  return Object.fromEntries(
    [...datasets].map(([name, of]) => [
      name,
      of.map(({ uuid, datasetType, run, values }) => [
        uuid,
        datasetType.name,
        run,
        fullDataId(datasetType.dimensions, values),
      ]),
    ]),
  );
}

function attemptJson({ attempt, status, exception, resources, previousQuanta, caveats }: Attempt): unknown {
  const statuses = { ABORTED: -4, UNKNOWN: -3, ABORTED_SUCCESS: -2, FAILED: -1, BLOCKED: 0, SUCCESSFUL: 1 };
  return {
    attempt,
    status: statuses[status],
    // compared by name beside this
    caveats: status === 'SUCCESSFUL' ? caveats.length : null,
    exception: exception && {
      type_name: exception.type,
      message: exception.message,
      metadata: exception.metadata,
    },
    resource_usage: resources && {
      memory: resources.memory,
      start: resources.start,
      prep_time: resources.prepTime,
      init_time: resources.initTime,
      run_time: resources.runTime,
      run_time_cpu: resources.runTimeCpu,
    },
    previous_process_quanta: previousQuanta,
  };
}

function fieldJson(value: FieldValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return value !== null && typeof value === 'object' ? [value.begin, value.end] : value;
}

function asJson(value: unknown): JsonObject {
  return parseJson(stringifyJson(value)) as JsonObject;
}

function byText(a: readonly string[], b: readonly string[]): number {
  return a.join() < b.join() ? -1 : 1;
}
