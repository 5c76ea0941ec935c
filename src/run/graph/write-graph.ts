/** Writes a graph that was made of another one: some of its quanta, another run, other places of its inputs' files. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline as piped } from 'node:stream/promises';
import yazl from 'yazl';
import { z } from 'zod';
import { SatelliteError } from '../../butler/errors.ts';
import { stringifyJson } from '../../butler/json.ts';
import { checkCollectionName } from '../../repository/direct/write/names.ts';
import type { FileRecord } from '../../repository/rows.ts';
import { newDatasetUuid } from '../../transfer/dataset-uuid.ts';
import { addressTable, integerBytes, type Address } from './addresses.ts';
import type { HeaderDocument } from './container.ts';
import type { PredictedGraph } from './predicted-graph.ts';
import { thinDocument, toThinGraph, type ThinDocument } from './thin-graph.ts';
import { quantumDocument, toInitQuantum, toQuantum, type QuantumDocument } from './quantum.ts';
import { changedQuantum, datasetsOf, type Renaming } from './changed-quantum.ts';

export interface GraphChanges {
  /**
   * UUIDs of the quanta to keep; absent: all.  What one of them reads of a quantum that is not kept becomes an overall input,
   * under its own UUID and run.  Init quanta stay.
   */
  readonly quanta?: ReadonlySet<string>;
  /** Run of everything that the quanta make: these datasets and all quanta then get new UUIDs. Absent: they stay. */
  readonly outputRun?: string;
  /** Where the files of overall inputs are, instead of what the graph says. Absent: that stays. */
  readonly inputs?: {
    /** Name of the datastore that runs read from, such as `FileDatastore@<butlerRoot>`. */
    readonly datastore: string;
    /** By the dataset's UUID; an input without files is left for the run to look for. */
    readonly files: ReadonlyMap<string, readonly FileRecord[]>;
  };
}

export interface WrittenGraph {
  /** New UUIDs of quanta and datasets, by old ones; empty where no new run was asked. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** Members whose content is that of the original, byte for byte: they say more than is needed, where quanta are left out. */
const COPIED = ['compression_dict', 'pipeline_graph.json.zst', 'dimension_data.json.zst'];

/**
 * Writes a `.qg` file that stock Python opens and runs.  It takes its place when it is complete; what was there before is
 * replaced.  Of quanta one at a time is in memory, beside the UUIDs of all.
 * @throws SatelliteError BAD_USER_INPUT where the original is not what it should be, a quantum to keep is not in it, or the
 *   run's name cannot be
 */
export async function writeGraph(original: PredictedGraph, path: string, changes: GraphChanges): Promise<WrittenGraph> {
  if (changes.outputRun !== undefined) checkCollectionName(changes.outputRun);
  const { container, header } = original;
  const thin = await container.part('thin_graph', thinDocument);
  const init = await container.part('init_quanta', z.array(quantumDocument));
  // Both are read as strictly as everybody reads them, before anything is made of them.
  toThinGraph(thin, original.pipeline, header);
  for (const document of init) toInitQuantum(document, original.pipeline, header.outputRun);

  const kept = keptQuanta(thin, changes.quanta);
  const { made, datasets } = await lookThrough(original, init, kept);
  const renamed =
    changes.outputRun === undefined ? [] : [...made, ...kept, ...init.map(({ quantum_id }) => quantum_id)];
  const renaming: Renaming = {
    made,
    outputRun: changes.outputRun ?? header.outputRun,
    uuids: new Map(renamed.map((uuid) => [uuid, newDatasetUuid()])),
  };
  const newThin = changedThin(thin, kept, renaming.uuids);
  const { compression, intSize } = container;
  const compressed = (document: unknown) => compression.compress(Buffer.from(stringifyJson(document)));

  const zip = new yazl.ZipFile();
  const options = { compress: false };
  zip.addBuffer(
    compressed(changedHeader(container.headerDocument, newThin, datasets, changes.outputRun)),
    'header.json.zst',
    options,
  );
  for (const name of COPIED) {
    if (container.archive.has(name)) {
      zip.addBuffer(await container.archive.read(name, container.limits.partBytes), name, options);
    }
  }
  zip.addBuffer(compressed(newThin), 'thin_graph.json.zst', options);
  zip.addBuffer(
    compressed(init.map((document) => changedQuantum(document, renaming, changes.inputs))),
    'init_quanta.json.zst',
    options,
  );
  const addresses: (Address & { uuid: string })[] = [];
  async function* blocks(): AsyncGenerator<Buffer> {
    let offset = 0;
    for await (const document of original.documents()) {
      if (!kept.has(document.quantum_id)) continue;
      const changed = changedQuantum(document, renaming, changes.inputs);
      const bytes = compressed(changed);
      const size = intSize + bytes.length;
      addresses.push({ uuid: changed.quantum_id, offset, size });
      offset += size;
      yield Buffer.concat([integerBytes(bytes.length, intSize), bytes]);
    }
  }
  zip.addReadStreamLazy('quantum_datasets.mb', options, (give) => give(null, Readable.from(blocks())));
  // Asked for after the blocks have been written.
  zip.addReadStreamLazy('quanta.addr', options, (give) =>
    give(null, Readable.from([addressTable(addresses, intSize)])),
  );
  zip.end();
  await writeInPlace(zip, path);
  return { renamed: renaming.uuids };
}

/** @throws SatelliteError BAD_USER_INPUT where one is asked that is not there */
function keptQuanta(thin: ThinDocument, asked: ReadonlySet<string> | undefined): ReadonlySet<string> {
  const all = new Set([...thin.quanta.values()].flatMap((quanta) => quanta.map(({ quantum_id }) => quantum_id)));
  if (!asked) return all;
  const missing = asked.difference(all);
  if (missing.size === 0) return asked;
  throw new SatelliteError('BAD_USER_INPUT', `The graph has no quantum ${[...missing].slice(0, 3).join(', ')}.`);
}

/** What is made by the quanta that are kept, and the number of their datasets. */
async function lookThrough(original: PredictedGraph, init: readonly QuantumDocument[], kept: ReadonlySet<string>) {
  const made = new Set<string>();
  const all = new Set<string>();
  const add = (document: QuantumDocument) => {
    for (const { dataset_id } of datasetsOf(document.outputs)) made.add(dataset_id);
    for (const documents of [document.inputs, document.outputs]) {
      for (const { dataset_id } of datasetsOf(documents)) all.add(dataset_id);
    }
  };
  init.forEach(add);
  for await (const document of original.documents()) {
    if (!kept.has(document.quantum_id)) continue;
    toQuantum(document, original.pipeline, original.header.outputRun);
    add(document);
  }
  return { made, datasets: all.size };
}

function changedThin({ quanta, edges }: ThinDocument, kept: ReadonlySet<string>, uuids: ReadonlyMap<string, string>) {
  const renamed = (uuid: string) => uuids.get(uuid) ?? uuid;
  return {
    quanta: Object.fromEntries(
      [...quanta].map(([task, of]) => [
        task,
        of
          .filter(({ quantum_id }) => kept.has(quantum_id))
          .map((quantum) => ({ ...quantum, quantum_id: renamed(quantum.quantum_id) })),
      ]),
    ),
    edges: edges
      .filter(([from, to]) => kept.has(from) && kept.has(to))
      .map(([from, to]) => [renamed(from), renamed(to)]),
  };
}

function changedHeader(
  header: HeaderDocument,
  { quanta }: ReturnType<typeof changedThin>,
  datasets: number,
  outputRun: string | undefined,
): HeaderDocument {
  const counts = Object.entries(quanta).map(([task, of]) => [task, of.length] as const);
  return {
    ...header,
    // Provenance is a dataset of the run, too.
    ...(outputRun !== undefined && { output_run: outputRun, provenance_dataset_id: newDatasetUuid() }),
    n_quanta: counts.reduce((sum, [, count]) => sum + count, 0),
    n_datasets: datasets,
    n_task_quanta: Object.fromEntries(counts),
  };
}

/** Durable, and in place only when all of it is there. */
async function writeInPlace(zip: yazl.ZipFile, path: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  const stopped = new AbortController();
  try {
    // yazl tells of an error in what it was given by an event of its own, and its output would wait for ever.
    const failed = new Promise<never>((_resolve, reject) => zip.on('error', reject));
    const target = createWriteStream(temporary, { flush: true, flags: 'wx' });
    const written = piped(zip.outputStream as Readable, target, { signal: stopped.signal });
    await Promise.race([written, failed]);
    await rename(temporary, path);
  } catch (error) {
    stopped.abort();
    await rm(temporary, { force: true });
    throw error;
  }
}
