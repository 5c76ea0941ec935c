/** What graphs of every kind have in common: a header, the pipeline, documents, and blocks that are reached by UUID. */
import { z } from 'zod';
import { checkCollectionName } from '../../repository/direct/write/names.ts';
import { newDatasetUuid } from '../../transfer/dataset-uuid.ts';
import { AddressTable, readInteger, type Address } from './addresses.ts';
import { GraphArchive } from './archive.ts';
import { Compression, MAX_DICTIONARY } from './compression.ts';
import { readDocument, uuid } from './documents.ts';
import type { GraphLimits } from './limits.ts';
import { parsePipelineGraph, type PipelineGraph } from './pipeline-graph.ts';
import { shown, unreadable } from './unreadable.ts';

/** The one version that is read: 0 had other identifiers, and later ones are not known. */
const VERSION = 1;

const count = z.int().min(0);
export const headerDocument = z.object({
  version: z.int(),
  graph_type: z.string(),
  inputs: z.array(z.string()).default([]),
  output: z.string().nullable().default(null),
  output_run: z.string(),
  user: z.string(),
  timestamp: z.string(),
  command: z.string(),
  metadata: z.record(z.string(), z.unknown()).default({}),
  int_size: z.int().min(1).max(8).default(8),
  n_quanta: count,
  n_datasets: count,
  n_task_quanta: z.record(z.string(), count).default({}),
  provenance_dataset_id: uuid.default(() => newDatasetUuid()),
});
export type HeaderDocument = z.output<typeof headerDocument>;

export interface GraphHeader {
  /** Collections that it was built from, as they were given; pipetask flattens chains. */
  readonly inputs: readonly string[];
  /** Chain that the run is to be found in. */
  readonly output: string | null;
  /** Run of everything that its quanta make. */
  readonly outputRun: string;
  readonly user: string;
  /** When it was built, ISO 8601; stock Python writes the local time of the machine, without saying so. */
  readonly timestamp: string;
  readonly command: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Init quanta are not counted. */
  readonly quanta: number;
  readonly datasets: number;
  /** Number of quanta by task. */
  readonly taskQuanta: ReadonlyMap<string, number>;
  /** UUID that the provenance of the run gets as a dataset. */
  readonly provenanceUuid: string;
}

/** A document or a block, decompressed. */
export interface Content {
  readonly bytes: Buffer;
  /** For people. */
  readonly what: string;
}

export class GraphContainer {
  readonly header: GraphHeader;
  readonly headerDocument: HeaderDocument;
  readonly pipeline: PipelineGraph;
  readonly archive: GraphArchive;
  readonly compression: Compression;
  readonly limits: GraphLimits;
  readonly #addresses: AddressTable;

  private constructor(
    archive: GraphArchive,
    compression: Compression,
    header: HeaderDocument,
    pipeline: PipelineGraph,
    addresses: AddressTable,
    limits: GraphLimits,
  ) {
    this.archive = archive;
    this.compression = compression;
    this.headerDocument = header;
    this.header = toHeader(header);
    this.pipeline = pipeline;
    this.#addresses = addresses;
    this.limits = limits;
  }

  /**
   * Opens a file; the caller closes it.
   * @param table name of the address table, and how many addresses its rows have
   * @throws SatelliteError NOT_FOUND, BAD_USER_INPUT; CONFLICT where this Node.js is too old
   */
  static async open(
    path: string,
    kind: 'predicted' | 'provenance',
    table: { readonly name: string; readonly addresses: number },
    limits: GraphLimits,
  ): Promise<GraphContainer> {
    const archive = await GraphArchive.open(path);
    try {
      const dictionary = archive.has('compression_dict')
        ? await archive.read('compression_dict', MAX_DICTIONARY)
        : null;
      const compression = new Compression(dictionary ?? Buffer.alloc(0));
      const part = async (name: string) => ({ what: name, bytes: await partOf(archive, compression, name, limits) });
      const header = readHeader(await part('header'), kind, limits);
      const pipeline = parsePipelineGraph(await part('pipeline_graph'), limits);
      const addresses = await AddressTable.open(archive, table.name, header.int_size, table.addresses);
      return new GraphContainer(archive, compression, header, pipeline, addresses, limits);
    } catch (error) {
      await archive.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.archive.close();
  }

  get intSize(): number {
    return this.headerDocument.int_size;
  }

  /** Number of rows of the address table. */
  get rows(): number {
    return this.#addresses.rows;
  }

  /** A part that is read as a whole: `thin_graph` and the like. */
  async part<T>(name: string, schema: z.ZodType<T>): Promise<T> {
    const bytes = await partOf(this.archive, this.compression, name, this.limits);
    return readDocument(bytes, schema, name, this.limits);
  }

  find(uuid: string): Promise<readonly Address[] | undefined> {
    return this.#addresses.find(uuid);
  }

  /** One block of a multi-block member. @throws SatelliteError BAD_USER_INPUT where the address is not that of a block */
  async block<T>(member: string, { offset, size }: Address, schema: z.ZodType<T>): Promise<T> {
    const what = `the block at ${offset} of ${member}`;
    if (size > this.limits.blockBytes) throw this.#tooLong(what, size);
    const bytes = await this.archive.readAt(member, offset, size);
    if (size < this.intSize || readInteger(bytes, 0, this.intSize) !== size - this.intSize) {
      throw unreadable(`it has an address that points between the blocks of ${member}`);
    }
    const content = this.compression.decompress(bytes.subarray(this.intSize), this.limits.blockBytes, what);
    return readDocument(content, schema, what, this.limits);
  }

  /** All blocks of a multi-block member in order; one of them is in memory at a time. */
  async *blocks<T>(member: string, schema: z.ZodType<T>): AsyncGenerator<T> {
    let left = this.limits.passBytes;
    let chunks: Buffer[] = [];
    let have = 0;
    let needed = this.intSize;
    let offset = 0;
    for await (const chunk of this.archive.stream(member)) {
      chunks.push(chunk);
      have += chunk.length;
      if (have < needed) continue;
      let rest = Buffer.concat(chunks);
      for (needed = this.#needed(rest, member, offset); rest.length >= needed;) {
        const what = `the block at ${offset} of ${member}`;
        const compressed = rest.subarray(this.intSize, needed);
        const content = this.compression.decompress(compressed, Math.min(this.limits.blockBytes, left), what);
        left -= content.length;
        yield readDocument(content, schema, what, this.limits);
        rest = rest.subarray(needed);
        offset += needed;
        needed = this.#needed(rest, member, offset);
      }
      chunks = [rest];
      have = rest.length;
    }
    if (have > 0) throw unreadable(`${member} breaks off in the middle of a block`);
  }

  /** Bytes up to the end of the block that `rest` begins with, as far as it tells. */
  #needed(rest: Buffer, member: string, offset: number): number {
    if (rest.length < this.intSize) return this.intSize;
    const size = readInteger(rest, 0, this.intSize);
    if (size > this.limits.blockBytes) throw this.#tooLong(`the block at ${offset} of ${member}`, size);
    return this.intSize + size;
  }

  #tooLong(what: string, size: number): Error {
    return unreadable(`${what} has ${size} bytes, and ${this.limits.blockBytes} is the limit`);
  }
}

async function partOf(archive: GraphArchive, compression: Compression, name: string, limits: GraphLimits) {
  const member = `${name}.json.zst`;
  return compression.decompress(await archive.read(member, limits.partBytes), limits.partBytes, name);
}

function readHeader({ bytes, what }: Content, kind: string, limits: GraphLimits): HeaderDocument {
  const { version, graph_type: found } = readDocument(
    bytes,
    headerDocument.pick({ version: true, graph_type: true }),
    what,
    limits,
  );
  if (version !== VERSION) {
    throw unreadable(
      `it is of version ${version} of the format, and only version ${VERSION} is understood; ` +
        `build it again with a stack whose lsst-pipe-base writes that`,
    );
  }
  if (found !== kind) throw unreadable(`it is a ${shown(found)} graph, and a '${kind}' one is needed here`);
  const header = readDocument(bytes, headerDocument, what, limits);
  // It becomes a directory.
  checkCollectionName(header.output_run);
  return header;
}

function toHeader(document: HeaderDocument): GraphHeader {
  return {
    inputs: document.inputs,
    output: document.output,
    outputRun: document.output_run,
    user: document.user,
    timestamp: document.timestamp,
    command: document.command,
    metadata: document.metadata,
    quanta: document.n_quanta,
    datasets: document.n_datasets,
    taskQuanta: new Map(Object.entries(document.n_task_quanta)),
    provenanceUuid: document.provenance_dataset_id,
  };
}
