/** Which datasets are in which TAGGED and CALIBRATION collections: what a transfer brings along, and what is there already. */
import type { CollectionInfo } from '../butler/collection.ts';
import { requiredDataId, type DataIdValue, type DataIdValues } from '../butler/data-id.ts';
import type { DatasetType } from '../butler/dataset-type.ts';
import type { Timespan } from '../butler/timespan.ts';
import { dataIdKey } from '../repository/federated/identity.ts';
import { joined, upload } from '../repository/federated/probe.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import { queryOf } from '../repository/search/records-of-data-ids.ts';
import type { SelectedDataset } from './page.ts';
import type { TransferConflict } from './service.ts';

/** A dataset in a collection; with its validity range where that is a CALIBRATION collection, else null. */
export interface Membership {
  readonly collection: string;
  readonly uuid: string;
  readonly timespan: Timespan | null;
}

interface FoundMembership extends Membership {
  readonly datasetType: string;
  readonly values: DataIdValues;
}

/** Memberships of datasets with these data IDs, whatever their UUIDs; the number of queries depends on the types only. */
async function membershipsAt(
  repository: Repository,
  datasets: readonly SelectedDataset[],
  collections: readonly CollectionInfo[],
  ctx: QueryContext,
): Promise<readonly FoundMembership[]> {
  const types = await repository.datasetTypes(ctx);
  const found: FoundMembership[] = [];
  for (const [name, same] of Map.groupBy(datasets, ({ datasetType }) => datasetType.name)) {
    const datasetType = types.get(name);
    const holding = collections.filter((info) => info.datasetTypes?.includes(name) ?? true);
    if (!datasetType) continue;
    for (const kind of ['TAGGED', 'CALIBRATION'] as const) {
      const searched = holding.filter((info) => info.type === kind).map((info) => info.name);
      if (searched.length === 0) continue;
      found.push(...(await membershipsOfType(repository, datasetType, same, searched, kind === 'CALIBRATION', ctx)));
    }
  }
  return found;
}

async function membershipsOfType(
  repository: Repository,
  { name, dimensions }: DatasetType,
  datasets: readonly SelectedDataset[],
  collections: readonly string[],
  ranges: boolean,
  ctx: QueryContext,
): Promise<readonly FoundMembership[]> {
  const { required } = dimensions;
  const names = datasets[0]!.datasetType.dimensions.required;
  const dataIds = datasets.map(({ values }) => values);
  const query = queryOf(dimensions);
  const searching = { ...query, tree: { ...query.tree, datasets: new Map([[name, { dimensions, collections }]]) } };
  const spec = {
    type: 'general',
    dimensions,
    dimensionFields: new Map(),
    datasetFields: new Map([
      [name, ranges ? (['dataset_id', 'collection', 'timespan'] as const) : (['dataset_id', 'collection'] as const)],
    ]),
    findFirst: false,
    includeDimensionRecords: false,
    orderBy: [],
    limit: null,
    allowDuplicateOverlaps: false,
  } as const;
  const uploads = required.length === 0 ? [] : [upload(dimensions, names, dataIds)];
  const found: FoundMembership[] = [];
  for await (const page of repository.query(joined(searching, uploads), spec, ctx)) {
    for (const { fields } of page.rows) {
      found.push({
        uuid: fields[`${name}.dataset_id`] as string,
        collection: fields[`${name}.collection`] as string,
        timespan: ranges ? (fields[`${name}.timespan`] as Timespan) : null,
        datasetType: name,
        values: names.map((dimension) => fields[dimension] as DataIdValue),
      });
    }
  }
  return found;
}

/** Memberships of the datasets themselves, each once. */
export async function membershipsOf(
  repository: Repository,
  datasets: readonly SelectedDataset[],
  collections: readonly CollectionInfo[],
  ctx: QueryContext,
): Promise<readonly Membership[]> {
  const uuids = new Set(datasets.map(({ uuid }) => uuid));
  const found = await membershipsAt(repository, datasets, collections, ctx);
  const distinct = new Map(found.filter(({ uuid }) => uuids.has(uuid)).map((m) => [membershipKey(m), m]));
  return [...distinct.values()].map(({ collection, uuid, timespan }) => ({ collection, uuid, timespan }));
}

/** What a satellite's collections have in the place of memberships that are to come. */
export interface MembershipPlan {
  /** Those that are not there yet. */
  readonly missing: readonly Membership[];
  readonly conflicts: readonly TransferConflict[];
}

/** Reads only. @param collections those of the satellite, with the names of the memberships' ones */
export async function planMemberships(
  satellite: Repository,
  datasets: readonly SelectedDataset[],
  memberships: readonly Membership[],
  collections: readonly CollectionInfo[],
  ctx: QueryContext,
): Promise<MembershipPlan> {
  const named = new Set(memberships.map(({ collection }) => collection));
  const searched = collections.filter(({ name }) => named.has(name));
  if (searched.length === 0) return { missing: memberships, conflicts: [] };
  const members = new Set(memberships.map(({ uuid }) => uuid));
  const byUuid = new Map(datasets.filter(({ uuid }) => members.has(uuid)).map((dataset) => [dataset.uuid, dataset]));
  const existing = await membershipsAt(satellite, [...byUuid.values()], searched, ctx);
  const there = new Set(existing.map(membershipKey));
  const places = Map.groupBy(existing, ({ collection, datasetType, values }) =>
    placeKey(collection, datasetType, values),
  );
  const missing = memberships.filter((membership) => !there.has(membershipKey(membership)));
  const conflicts = missing.flatMap((membership) => {
    const dataset = byUuid.get(membership.uuid)!;
    const others = places.get(placeKey(membership.collection, dataset.datasetType.name, dataset.values)) ?? [];
    const other = others.find((o) => isInTheWay(membership, o));
    return other ? [conflictOf(membership, other, dataset)] : [];
  });
  return { missing, conflicts };
}

/** A TAGGED collection has one dataset of a type and data ID, a CALIBRATION one has one at any time. */
function isInTheWay(coming: Membership, there: Membership): boolean {
  const [a, b] = [coming.timespan, there.timespan];
  return a === null || b === null ? coming.uuid !== there.uuid : a.begin < b.end && b.begin < a.end;
}

function conflictOf(coming: Membership, there: Membership, dataset: SelectedDataset): TransferConflict {
  const { datasetType, run, values, uuid } = dataset;
  const what = coming.timespan === null ? 'is there in its place' : 'is valid there at an overlapping time';
  return {
    uuid,
    existing: there.uuid,
    datasetType: datasetType.name,
    run,
    dataId: requiredDataId(datasetType.dimensions, values),
    reason: `Dataset ${uuid} cannot be put into the satellite's collection '${coming.collection}': dataset ${there.uuid} ${what}.`,
  };
}

function membershipKey({ collection, uuid, timespan }: Membership): string {
  return [uuid, timespan?.begin ?? '', timespan?.end ?? '', collection].join(' ');
}

function placeKey(collection: string, datasetType: string, values: DataIdValues): string {
  return [collection, datasetType, dataIdKey(values)].join('\u0000');
}
