import { setImmediate } from 'node:timers/promises';
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
 */
export async function recordsOfDataIds(
  repository: Repository,
  group: DimensionGroup,
  dataIds: readonly DataIdValues[],
  ctx: QueryContext,
  options: RecordsOptions = {},
): Promise<readonly (readonly DimensionRecordRow[])[]> {
  const columns: (readonly (DimensionRecordRow | undefined)[])[] = [];
  for (const { records, keys } of await askElements(repository, group, dataIds, ctx, options)) {
    columns.push(keys.map((key) => records.get(key ?? '')));
  }
  return dataIds.map((_, i) => columns.flatMap((column) => column[i] ?? []));
}

/** The same records, each once, by the key of its data ID, for each element in universe order. */
export async function distinctRecordsOfDataIds(
  repository: Repository,
  group: DimensionGroup,
  dataIds: readonly DataIdValues[],
  ctx: QueryContext,
  options: RecordsOptions = {},
): Promise<readonly RecordsByKey[]> {
  const asked = await askElements(repository, group, dataIds, ctx, options);
  return asked.map(({ records, keys }) => {
    const wanted = new Set(keys);
    return new Map([...records].filter(([key]) => wanted.has(key)));
  });
}

type RecordsByKey = ReadonlyMap<string, DimensionRecordRow>;

/** By the name of their element, and then by the key of their data ID. */
export type KeptRecords = Map<string, Map<string, DimensionRecordRow>>;

interface RecordsOptions {
  /** Name of an element whose records are not asked. */
  readonly except?: string;
  /** Holds, from one call to the next, the records of elements that stock Butler keeps in memory, as there are few of them. */
  readonly kept?: KeptRecords;
}

/** The records of one element, and the key that each data ID refers to one by; undefined where a value is not known. */
interface AskedElement {
  readonly records: RecordsByKey;
  readonly keys: readonly (string | undefined)[];
}

/** In universe order. */
async function askElements(
  repository: Repository,
  group: DimensionGroup,
  dataIds: readonly DataIdValues[],
  ctx: QueryContext,
  { except, kept }: RecordsOptions = {},
): Promise<readonly AskedElement[]> {
  const values = new Map<string, readonly (DataIdValue | undefined)[]>();
  for (const [n, name] of group.required.entries()) {
    values.set(
      name,
      dataIds.map((dataId) => dataId[n]),
    );
  }
  const asked = new Map<string, AskedElement>();
  let waiting = group.elements.filter((element) => !element.skypix && element.name !== except);
  // Records name the dimensions that theirs imply, whose records come in the next round.
  for (;;) {
    const ready = waiting.filter((element) => element.required.every((name) => values.has(name)));
    if (ready.length === 0) break;
    waiting = waiting.filter((element) => !ready.includes(element));
    const asking: Promise<AskedElement>[] = [];
    for (const element of ready) {
      const columns = element.required.map((name) => values.get(name)!);
      asking.push(askElement(repository, group, element, columns, kept, ctx));
      // The repository looks for these while the next are made ready.
      asking.at(-1)!.catch(() => undefined);
      await setImmediate();
    }
    const found = await Promise.all(asking);
    for (const [n, element] of ready.entries()) {
      const { records, keys } = found[n]!;
      asked.set(element.name, found[n]!);
      for (const name of element.implied) {
        const before = values.get(name);
        const named = keys.map((key, i) => {
          const value = records.get(key ?? '')?.fields[name] as DataIdValue | null | undefined;
          return value ?? before?.[i];
        });
        values.set(name, named);
      }
    }
  }
  return group.elements.flatMap((element) => asked.get(element.name) ?? []);
}

/** @param columns for each required dimension of the element, its value in each data ID */
async function askElement(
  repository: Repository,
  group: DimensionGroup,
  element: DimensionElement,
  columns: readonly (readonly (DataIdValue | undefined)[])[],
  kept: KeptRecords | undefined,
  ctx: QueryContext,
): Promise<AskedElement> {
  const records = recordsOfElement(element, kept);
  const rows = new Map<string, DataIdValues>();
  const keys = (columns[0] ?? []).map((_, i) => {
    const row = columns.map((column) => column[i]);
    if (!row.every((value) => value !== undefined)) return undefined;
    const key = dataIdKey(row);
    if (!records.has(key)) rows.set(key, row);
    return key;
  });
  if (rows.size === 0) return { records, keys };
  const dimensions = group.universe.conform(element.required);
  const { query, most } = recordsAmong(queryOf(dimensions), element, element.required, [...rows.values()]);
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
  return { records, keys };
}

/** Those that are known already, to which others are added. */
function recordsOfElement({ name, isCached }: DimensionElement, kept: KeptRecords | undefined) {
  const known = kept?.get(name) ?? new Map<string, DimensionRecordRow>();
  if (isCached) kept?.set(name, known);
  return known;
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
