import type { DataIdValue, DataIdValues } from '../../butler/data-id.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import { TRUE } from '../../butler/query/predicate.ts';
import type { Query } from '../../butler/query/tree.ts';
import type { DimensionElement } from '../../butler/universe.ts';
import { dataIdKey, recordDataId } from '../federated/identity.ts';
import { recordsAmong } from '../federated/probe.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { DimensionRecordRow } from '../rows.ts';

/**
 * The dimension records that data IDs of one group refer to, for each data ID one record an element in universe order
 * (elements without a record of it are left out).  The number of queries depends on the group only.
 * @param dataIds values of `group.required` first; what follows is not read
 * @param except name of an element whose records are not asked
 */
export async function recordsOfDataIds(
  repository: Repository,
  group: DimensionGroup,
  dataIds: readonly DataIdValues[],
  ctx: QueryContext,
  except?: string,
): Promise<readonly (readonly DimensionRecordRow[])[]> {
  const known = dataIds.map(
    (values) => new Map<string, DataIdValue>(group.required.map((name, i) => [name, values[i]!])),
  );
  const records = dataIds.map(() => new Map<string, DimensionRecordRow>());
  const names = new Set(group.required);
  let waiting = group.elements.filter((element) => !element.skypix && element.name !== except);
  // Records name the dimensions that theirs imply, whose records come in the next round.
  for (;;) {
    const ready = waiting.filter((element) => element.required.every((name) => names.has(name)));
    if (ready.length === 0) break;
    waiting = waiting.filter((element) => !ready.includes(element));
    const found = await Promise.all(ready.map((element) => recordsOf(repository, group, element, known, ctx)));
    for (const [n, element] of ready.entries()) {
      for (const name of element.implied) names.add(name);
      for (const [i, dataId] of known.entries()) {
        const record = found[n]!.get(keyOf(element, dataId) ?? '');
        if (!record) continue;
        records[i]!.set(element.name, record);
        for (const name of element.implied) {
          const value = record.fields[name];
          if (value !== null) dataId.set(name, value as DataIdValue);
        }
      }
    }
  }
  return records.map((of) => group.elements.flatMap((element) => of.get(element.name) ?? []));
}

/** Records of one element, by the key of their data ID. */
async function recordsOf(
  repository: Repository,
  group: DimensionGroup,
  element: DimensionElement,
  dataIds: readonly ReadonlyMap<string, DataIdValue>[],
  ctx: QueryContext,
): Promise<ReadonlyMap<string, DimensionRecordRow>> {
  const dimensions = group.universe.conform(element.required);
  const rows = dataIds
    .filter((dataId) => keyOf(element, dataId) !== undefined)
    .map((dataId) => element.required.map((name) => dataId.get(name)!));
  const records = new Map<string, DimensionRecordRow>();
  if (rows.length === 0) return records;
  const { query, most } = recordsAmong(queryOf(dimensions), element, element.required, rows);
  const spec = {
    type: 'dimension_record',
    element: element.name,
    orderBy: [],
    // An answer of that many is known to be whole.
    limit: most,
    allowDuplicateOverlaps: false,
  } as const;
  for await (const page of repository.query(query, spec, ctx)) {
    for (const row of page.rows) records.set(dataIdKey(recordDataId(row, element.required)), row);
  }
  return records;
}

/** Undefined where a value is not known: the record that would name it is not there. */
function keyOf(element: DimensionElement, dataId: ReadonlyMap<string, DataIdValue>): string | undefined {
  const values = element.required.map((name) => dataId.get(name));
  return values.every((value) => value !== undefined) ? dataIdKey(values) : undefined;
}

/** A query for all data IDs of a group. */
export function queryOf(dimensions: DimensionGroup): Query {
  return {
    tree: {
      dimensions,
      datasets: new Map(),
      predicate: TRUE,
      dataCoordinateUploads: new Map(),
      materializations: new Map(),
      validateGovernorConstraints: true,
    },
    defaultDataId: {},
    uploads: [],
  };
}
