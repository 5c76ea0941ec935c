/** The quanta of a graph and the order between them, without their datasets. */
import { z } from 'zod';
import type { DataIdValues } from '../../butler/data-id.ts';
import type { GraphHeader } from './container.ts';
import { dataIdValues, mapOf, uuid } from './documents.ts';
import type { PipelineGraph } from './pipeline-graph.ts';
import { checkedValues } from './quantum.ts';
import { shown, unreadable } from './unreadable.ts';

export const thinDocument = z.object({
  quanta: mapOf(z.array(z.object({ quantum_id: uuid, data_coordinate: dataIdValues.default([]) }))),
  edges: z.array(z.tuple([uuid, uuid])).default([]),
});
export type ThinDocument = z.output<typeof thinDocument>;

export interface ThinQuantum {
  readonly uuid: string;
  /** As of a `PredictedQuantum`. */
  readonly values: DataIdValues;
}

export interface ThinGraph {
  /** By the task's label, in the pipeline's order. */
  readonly quanta: ReadonlyMap<string, readonly ThinQuantum[]>;
  /** Pairs of UUIDs: the second quantum reads what the first one makes. There is no cycle. */
  readonly edges: readonly (readonly [from: string, to: string])[];
}

/** @throws SatelliteError BAD_USER_INPUT where it contradicts pipeline or header, or its quanta wait for each other */
export function toThinGraph(document: ThinDocument, pipeline: PipelineGraph, header: GraphHeader): ThinGraph {
  const unknown = [...document.quanta.keys()].find((label) => !pipeline.tasks.has(label));
  if (unknown !== undefined) throw unreadable(`it has quanta of ${shown(unknown)}, which its pipeline has not`);
  const quanta = new Map<string, readonly ThinQuantum[]>();
  for (const [label, { dimensions }] of pipeline.tasks) {
    const of = (document.quanta.get(label) ?? []).map(({ quantum_id, data_coordinate }) => ({
      uuid: quantum_id,
      values: checkedValues(data_coordinate, dimensions, `quantum ${quantum_id}`),
    }));
    const counted = header.taskQuanta.get(label) ?? 0;
    if (of.length !== counted) throw unreadable(`it has ${of.length} quanta of ${label}, and should have ${counted}`);
    quanta.set(label, of);
  }
  const uuids = new Set([...quanta.values()].flatMap((of) => of.map((quantum) => quantum.uuid)));
  if (uuids.size !== header.quanta) {
    throw unreadable(`it has ${uuids.size} different quanta, and should have ${header.quanta}`);
  }
  checkEdges(document.edges, uuids);
  return { quanta, edges: document.edges };
}

/** Takes quanta away that wait for nothing, until none is left. */
function checkEdges(edges: ThinGraph['edges'], uuids: ReadonlySet<string>): void {
  const waitsFor = new Map<string, number>();
  for (const [from, to] of edges) {
    if (!uuids.has(from) || !uuids.has(to)) throw unreadable('it orders quanta that it has not');
    waitsFor.set(to, (waitsFor.get(to) ?? 0) + 1);
  }
  const dependents = Map.groupBy(edges, ([from]) => from);
  const ready = [...uuids].filter((uuid) => !waitsFor.has(uuid));
  let done = 0;
  for (let uuid = ready.pop(); uuid !== undefined; uuid = ready.pop()) {
    done += 1;
    for (const [, to] of dependents.get(uuid) ?? []) {
      const left = waitsFor.get(to)! - 1;
      waitsFor.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  if (done < uuids.size) throw unreadable('its quanta wait for each other in a circle');
}
