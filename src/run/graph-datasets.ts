/** The datasets of a run's graph as a whole, by pages. */
import { SatelliteError } from '../butler/errors.ts';
import { datasetsOf, toRunDataset, type RunDataset } from './graph-view.ts';
import { overallInputs } from './graph/overall-inputs.ts';
import type { PredictedGraph } from './graph/predicted-graph.ts';

export interface DatasetsPage {
  readonly rows: readonly { readonly cursor: string; readonly dataset: RunDataset }[];
  readonly hasNextPage: boolean;
}

interface Wanted {
  readonly first: number;
  /** Cursor before the first one wanted. */
  readonly after?: string | undefined;
}

/** What it reads and does not make, in the order of their UUIDs, which are the cursors. */
export async function inputsOf(graph: PredictedGraph, { first, after = '' }: Wanted): Promise<DatasetsPage> {
  const inputs = await overallInputs(graph);
  const uuids = [...inputs.keys()].filter((uuid) => uuid > after).sort();
  const rows = uuids.slice(0, first).map((uuid) => ({ cursor: uuid, dataset: toRunDataset(inputs.get(uuid)!) }));
  return { rows, hasNextPage: uuids.length > first };
}

/**
 * What it makes, quantum by quantum: only those of a page are read.
 * @throws SatelliteError BAD_USER_INPUT where the cursor is not one of this graph
 */
export async function outputsOf(graph: PredictedGraph, { first, after }: Wanted): Promise<DatasetsPage> {
  const init = await graph.initQuanta();
  const quanta = [...init, ...[...(await graph.thin()).quanta.values()].flat()];
  const [of, at] = after?.split('.') ?? [];
  const start = of === undefined ? 0 : quanta.findIndex(({ uuid }) => uuid === of);
  if (start < 0) {
    throw new SatelliteError('BAD_USER_INPUT', '"after" is no output of the graph (any more): begin anew.');
  }
  const rows: DatasetsPage['rows'][number][] = [];
  for (let i = start; i < quanta.length && rows.length <= first; i += 1) {
    const { uuid } = quanta[i]!;
    const quantum = init[i] ?? (await graph.quantum(uuid));
    const from = i === start && at !== undefined ? Number(at) + 1 : 0;
    const all = quantum ? datasetsOf(quantum.outputs) : [];
    for (let k = from; k < all.length; k += 1) rows.push({ cursor: `${uuid}.${k}`, dataset: all[k]! });
  }
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
}
