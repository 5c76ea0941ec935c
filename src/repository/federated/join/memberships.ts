/** Datasets in collections, as a search for one type may find them in several repositories. */
import type { DataIdValue } from '../../../butler/data-id.ts';
import type { DatasetType } from '../../../butler/dataset-type.ts';
import { datasetFieldsSpec, type GeneralSpec } from '../../../butler/query/result-spec.ts';
import type { DataCoordinateUpload, Query } from '../../../butler/query/tree.ts';
import type { Timespan } from '../../../butler/timespan.ts';
import type { QueryContext } from '../../repository.ts';
import type { GeneralRow } from '../../rows.ts';
import { conformQuery } from '../conform-query.ts';
import { membersOnPath, type Member } from '../members.ts';
import { joined } from '../probe.ts';
import type { SearchPath } from '../search-path.ts';

/** A dataset in a collection. */
export interface Membership {
  readonly uuid: string;
  readonly datasetType: DatasetType;
  readonly run: string;
  readonly collection: string;
  /** When it was registered there, ns TAI. */
  readonly ingested: bigint;
  /** Of a certification; null in other collections. */
  readonly timespan: Timespan | null;
  /** Values of the required dimensions of `datasetType`, in order. */
  readonly values: readonly DataIdValue[];
  /** Name of the repository that it was found in. */
  readonly repository: string;
}

/** A search for datasets of one type. */
export interface TypeSearch {
  /** With its dimensions in the query's universe. */
  readonly type: DatasetType;
  readonly path: SearchPath;
  /** Data IDs of its dimensions, with what the query says of them alone. */
  readonly constrained: Query;
}

/** A membership, and its data ID in the order of the type's `dataCoordinateKeys`. */
export interface Found {
  readonly membership: Membership;
  readonly dataId: readonly DataIdValue[];
}

/** The memberships in each repository, some at a time. @param known data IDs that they must have */
export async function* findMemberships(
  members: readonly Member[],
  search: TypeSearch,
  known: readonly DataCoordinateUpload[],
  ctx: QueryContext,
): AsyncGenerator<readonly Found[]> {
  const { type, path } = search;
  const { dataCoordinateKeys } = type.dimensions;
  for (const member of membersOnPath(members, type.name, path)) {
    const question = joined(questionTo(member, search), known);
    const { query, spec } = conformQuery(question, datasetSpec(type), member.universe);
    for await (const { rows } of member.repository.query(query, spec, ctx)) {
      yield rows.map((row) => ({
        membership: membershipOf(row, type),
        dataId: dataCoordinateKeys.map((name) => row.fields[name] as DataIdValue),
      }));
    }
  }
}

function questionTo(member: Member, { type: { name, dimensions }, path, constrained }: TypeSearch): Query {
  const datasets = new Map([[name, { dimensions, collections: path.collectionsIn(member.repository, name) }]]);
  return { ...constrained, tree: { ...constrained.tree, datasets } };
}

function membershipOf({ fields, repository }: GeneralRow, datasetType: DatasetType): Membership {
  const field = (name: string) => fields[`${datasetType.name}.${name}`];
  return {
    uuid: field('dataset_id') as string,
    datasetType,
    run: field('run') as string,
    collection: field('collection') as string,
    ingested: BigInt(field('ingest_date') as bigint | number),
    timespan: (field('timespan') as Timespan | null | undefined) ?? null,
    values: datasetType.dimensions.required.map((name) => fields[name] as DataIdValue),
    repository,
  };
}

function datasetSpec({ name, dimensions, isCalibration }: DatasetType): GeneralSpec {
  const validity = isCalibration ? (['timespan'] as const) : [];
  return datasetFieldsSpec(name, dimensions, ['dataset_id', 'run', 'collection', 'ingest_date', ...validity]);
}
