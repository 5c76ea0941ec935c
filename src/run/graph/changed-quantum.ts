/** A quantum of a graph as it is in one that is made of it. */
import { fromFileRecords, type RecordsDocument } from './datastore-records.ts';
import type { DatasetDocument, QuantumDocument } from './quantum.ts';
import type { GraphChanges } from './write-graph.ts';

export interface Renaming {
  /** UUIDs, in the original, of what the new graph's quanta make. */
  readonly made: ReadonlySet<string>;
  /** Run of what they make. */
  readonly outputRun: string;
  /** New UUIDs of quanta and of what they make; those of others stay. */
  readonly uuids: ReadonlyMap<string, string>;
}

type Datasets = QuantumDocument['inputs'];

export function* datasetsOf(datasets: Datasets): Generator<DatasetDocument> {
  for (const of of Object.values(datasets)) yield* of;
}

/** With new UUIDs, run and records of its inputs, as far as they are to change. */
export function changedQuantum(
  document: QuantumDocument,
  renaming: Renaming,
  files: GraphChanges['inputs'],
): QuantumDocument {
  const { uuids } = renaming;
  return {
    ...document,
    quantum_id: uuids.get(document.quantum_id) ?? document.quantum_id,
    inputs: renamed(document.inputs, renaming),
    outputs: renamed(document.outputs, renaming),
    datastore_records: files ? recordsOf(document, renaming, files) : document.datastore_records,
  };
}

function renamed(datasets: Datasets, { made, outputRun, uuids }: Renaming): Datasets {
  const change = (dataset: DatasetDocument) =>
    made.has(dataset.dataset_id)
      ? { ...dataset, dataset_id: uuids.get(dataset.dataset_id) ?? dataset.dataset_id, run: outputRun }
      : dataset;
  return Object.fromEntries(Object.entries(datasets).map(([connection, of]) => [connection, of.map(change)]));
}

/** Records of its inputs that none of the graph's quanta makes. */
function recordsOf(
  { inputs }: QuantumDocument,
  { made }: Renaming,
  { datastore, files }: NonNullable<GraphChanges['inputs']>,
): Readonly<Record<string, RecordsDocument>> {
  const found = new Map(
    [...datasetsOf(inputs)].flatMap(({ dataset_id }) => {
      const of = made.has(dataset_id) ? undefined : files.get(dataset_id);
      return of ? [[dataset_id, of] as const] : [];
    }),
  );
  return found.size > 0 ? { [datastore]: fromFileRecords(found) } : {};
}
