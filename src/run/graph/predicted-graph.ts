/** A graph of what is to be run, as `pipetask qgraph` makes it: a `.qg` file. */
import { z } from 'zod';
import type { DimensionRecordRow } from '../../repository/rows.ts';
import { GraphContainer, type GraphHeader } from './container.ts';
import { dimensionDocument, toDimensionRecords } from './dimension-data.ts';
import { GRAPH_LIMITS, type GraphLimits } from './limits.ts';
import type { PipelineGraph } from './pipeline-graph.ts';
import { quantumDocument, toInitQuantum, toQuantum, type PredictedQuantum, type QuantumDocument } from './quantum.ts';
import { thinDocument, toThinGraph, type ThinGraph } from './thin-graph.ts';
import { unreadable } from './unreadable.ts';

const BLOCKS = 'quantum_datasets.mb';

/**
 * A file that is open.  What is asked is read then, and kept by the caller: a quantum is found by its address, and all quanta
 * are read one after another.  Every method throws BAD_USER_INPUT where the file is not what it should be.
 */
export class PredictedGraph {
  /** For what is written from it. */
  readonly container: GraphContainer;

  private constructor(container: GraphContainer) {
    this.container = container;
  }

  /**
   * Opens a file; the caller closes it.
   * @throws SatelliteError NOT_FOUND where there is none; BAD_USER_INPUT, saying what is wrong, where it is of another format,
   *   damaged, or beyond the limits; CONFLICT where this Node.js is too old
   */
  static async open(path: string, limits: GraphLimits = GRAPH_LIMITS): Promise<PredictedGraph> {
    const container = await GraphContainer.open(path, 'predicted', { name: 'quanta.addr', addresses: 1 }, limits);
    if (container.rows === container.header.quanta) return new PredictedGraph(container);
    await container.close();
    throw unreadable(`it has addresses of ${container.rows} quanta, and should have ${container.header.quanta}`);
  }

  get header(): GraphHeader {
    return this.container.header;
  }

  get pipeline(): PipelineGraph {
    return this.container.pipeline;
  }

  close(): Promise<void> {
    return this.container.close();
  }

  /** All quanta and edges; about 500 bytes of memory for each. */
  async thin(): Promise<ThinGraph> {
    return toThinGraph(await this.container.part('thin_graph', thinDocument), this.pipeline, this.header);
  }

  /** What is written before any quantum is run: one of the whole run (an empty label), and one for each task. */
  async initQuanta(): Promise<readonly PredictedQuantum[]> {
    const documents = await this.container.part('init_quanta', z.array(quantumDocument));
    return documents.map((document) => toInitQuantum(document, this.pipeline, this.header.outputRun));
  }

  /** One quantum; null where there is none of that UUID. */
  async quantum(uuid: string): Promise<PredictedQuantum | null> {
    const addresses = await this.container.find(uuid);
    if (!addresses) return null;
    const document = await this.container.block(BLOCKS, addresses[0]!, quantumDocument);
    if (document.quantum_id !== uuid) throw unreadable(`its address of quantum ${uuid} is that of another`);
    return toQuantum(document, this.pipeline, this.header.outputRun);
  }

  /** All quanta in the file's order, one in memory at a time. */
  async *quanta(): AsyncGenerator<PredictedQuantum> {
    for await (const document of this.documents()) yield toQuantum(document, this.pipeline, this.header.outputRun);
  }

  /** The same as they are in the file. */
  async *documents(): AsyncGenerator<QuantumDocument> {
    let read = 0;
    for await (const document of this.container.blocks(BLOCKS, quantumDocument)) {
      read += 1;
      yield document;
    }
    if (read !== this.header.quanta) throw unreadable(`it has ${read} quanta, and should have ${this.header.quanta}`);
  }

  /**
   * Dimension records of all its data IDs, in the graph's own universe.
   * @param repository name under which they are to be known
   */
  async *dimensionRecords(repository: string): AsyncGenerator<DimensionRecordRow> {
    const document = await this.container.part('dimension_data', dimensionDocument);
    yield* toDimensionRecords(document, this.pipeline.universe, repository);
  }
}
