/** A graph of what was run, as `butler aggregate-graph` makes it: how each quantum went, with its exceptions and logs. */
import { z } from 'zod';
import type { DataIdValues } from '../../butler/data-id.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import { GraphContainer, type GraphHeader } from './container.ts';
import { dataIdValues, mapOf, uuid } from './documents.ts';
import { GRAPH_LIMITS, type GraphLimits } from './limits.ts';
import type { PipelineGraph } from './pipeline-graph.ts';
import {
  attemptDocument,
  logDocument,
  toAttempt,
  toLogRecord,
  type Attempt,
  type LogRecord,
  type QuantumStatus,
} from './provenance-records.ts';
import { checkedValues, typeOf, type GraphDataset } from './quantum.ts';
import { shown, unreadable } from './unreadable.ts';

/** Places of the addresses in a row. */
const DATASET = 0;
const QUANTUM = 1;
const LOG = 2;
const ADDRESSES = 4;

const uuids = mapOf(z.array(uuid));
const quantumDocument = z.object({
  quantum_id: uuid,
  task_label: z.string(),
  data_coordinate: dataIdValues.default([]),
  inputs: uuids,
  outputs: uuids,
  attempts: z.array(attemptDocument).default([]),
});
const datasetDocument = z.object({
  dataset_id: uuid,
  dataset_type_name: z.string(),
  data_coordinate: dataIdValues.default([]),
  run: z.string(),
  produced: z.boolean(),
  producer: uuid.nullable().default(null),
  consumers: z.array(uuid).default([]),
});

export interface ExecutedQuantum {
  readonly uuid: string;
  readonly task: string;
  readonly dimensions: DimensionGroup;
  /** In the order of `dimensions.dataCoordinateKeys`, implied ones too. */
  readonly values: DataIdValues;
  /** UUIDs of datasets by the connection's name. */
  readonly inputs: ReadonlyMap<string, readonly string[]>;
  readonly outputs: ReadonlyMap<string, readonly string[]>;
  /** Of the last attempt; BLOCKED where there was none. */
  readonly status: QuantumStatus;
  /** From the first to the last. */
  readonly attempts: readonly Attempt[];
}

export interface ExecutedDataset extends GraphDataset {
  /** Whether it was made, and not only predicted; true of what was there before. */
  readonly wasMade: boolean;
  /** UUID of the quantum that was to make it; null for what was there before. */
  readonly producer: string | null;
  /** UUIDs of quanta that were to read it. */
  readonly consumers: readonly string[];
}

/** A file that is open, read like a `PredictedGraph`: by UUID, or all of one kind one after another. */
export class ProvenanceGraph {
  readonly #container: GraphContainer;

  private constructor(container: GraphContainer) {
    this.#container = container;
  }

  /** Opens a file; the caller closes it. @throws SatelliteError as `PredictedGraph.open` does */
  static async open(path: string, limits: GraphLimits = GRAPH_LIMITS): Promise<ProvenanceGraph> {
    const table = { name: 'nodes.addr', addresses: ADDRESSES };
    return new ProvenanceGraph(await GraphContainer.open(path, 'provenance', table, limits));
  }

  get header(): GraphHeader {
    return this.#container.header;
  }

  get pipeline(): PipelineGraph {
    return this.#container.pipeline;
  }

  close(): Promise<void> {
    return this.#container.close();
  }

  /** One quantum; null where there is none of that UUID. */
  async quantum(uuid: string): Promise<ExecutedQuantum | null> {
    const document = await this.#block(uuid, QUANTUM, 'quanta.mb', quantumDocument);
    if (!document) return null;
    if (document.quantum_id !== uuid) throw unreadable(`its address of quantum ${uuid} is that of another`);
    return this.#toQuantum(document);
  }

  /** All quanta in the file's order, one in memory at a time. */
  async *quanta(): AsyncGenerator<ExecutedQuantum> {
    let read = 0;
    for await (const document of this.#container.blocks('quanta.mb', quantumDocument)) {
      read += 1;
      yield this.#toQuantum(document);
    }
    if (read !== this.header.quanta) throw unreadable(`it has ${read} quanta, and should have ${this.header.quanta}`);
  }

  /** One dataset; null where there is none of that UUID. */
  async dataset(uuid: string): Promise<ExecutedDataset | null> {
    const document = await this.#block(uuid, DATASET, 'datasets.mb', datasetDocument);
    return document && this.#toDataset(document);
  }

  /** All datasets in the file's order, one in memory at a time; `packages` is not among them. */
  async *datasets(): AsyncGenerator<ExecutedDataset> {
    for await (const document of this.#container.blocks('datasets.mb', datasetDocument))
      yield this.#toDataset(document);
  }

  /** What a quantum logged, by attempt; null for an attempt that left no log. Empty where the graph has none of it. */
  async logs(quantum: string): Promise<readonly (readonly LogRecord[] | null)[]> {
    const document = await this.#block(quantum, LOG, 'logs.mb', logDocument);
    return document?.attempts.map((records) => records && records.map(toLogRecord)) ?? [];
  }

  async #block<T>(uuid: string, place: number, member: string, schema: z.ZodType<T>): Promise<T | null> {
    const address = (await this.#container.find(uuid))?.[place];
    return address && address.size > 0 ? this.#container.block(member, address, schema) : null;
  }

  #toQuantum(document: z.output<typeof quantumDocument>): ExecutedQuantum {
    const { quantum_id, task_label, data_coordinate, inputs, outputs } = document;
    const task = this.pipeline.tasks.get(task_label);
    if (!task) throw unreadable(`a quantum has the task ${shown(task_label)}, which its pipeline has not`);
    const attempts = document.attempts.map(toAttempt);
    return {
      uuid: quantum_id,
      task: task_label,
      dimensions: task.dimensions,
      values: checkedValues(data_coordinate, task.dimensions, `quantum ${quantum_id}`),
      inputs,
      outputs,
      status: attempts.at(-1)?.status ?? 'BLOCKED',
      attempts,
    };
  }

  #toDataset(document: z.output<typeof datasetDocument>): ExecutedDataset {
    const { dataset_id, dataset_type_name, data_coordinate, run, produced, producer, consumers } = document;
    const type = typeOf(dataset_type_name, this.pipeline);
    const values = checkedValues(data_coordinate, type.dimensions, `dataset ${dataset_id}`);
    return { uuid: dataset_id, datasetType: type, run, values, wasMade: produced, producer, consumers };
  }
}
