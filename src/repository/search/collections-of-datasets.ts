import type { DatasetType } from '../../butler/dataset-type.ts';
import { datasetFieldsSpec } from '../../butler/query/result-spec.ts';
import type { Query } from '../../butler/query/tree.ts';
import { compareText } from '../federated/key-order.ts';
import { joined, upload } from '../federated/probe.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import { queryOf } from './records-of-data-ids.ts';
import type { CollectionRow } from './search.ts';

/**
 * The RUN, TAGGED and CALIBRATION collections that hold each dataset, by its UUID, in name order.  The number of queries
 * depends only on how many dataset types there are among `rows`.
 */
export async function collectionsOfDatasets(
  repository: Repository,
  rows: readonly DatasetRow[],
  ctx: QueryContext,
): Promise<ReadonlyMap<string, readonly CollectionRow[]>> {
  const query = { search: ['*'], types: ['RUN', 'TAGGED', 'CALIBRATION'], includeSummary: true } as const;
  const collections = rows.length === 0 ? [] : await repository.collections(query, ctx);
  const byName = new Map(collections.map((info) => [info.name, { ...info, repository: repository.name }]));
  const names = new Map(rows.map(({ uuid }) => [uuid, new Set<string>()]));
  const ofType = Map.groupBy(rows, (row) => row.datasetType.name);
  await Promise.all(
    [...ofType.values()].map(async (same) => {
      const { datasetType } = same[0]!;
      const searched = collections
        .filter((info) => info.datasetTypes?.includes(datasetType.name))
        .map((info) => info.name);
      if (searched.length > 0) await findMemberships(repository, datasetType, same, searched, names, ctx);
    }),
  );
  const sorted = (of: ReadonlySet<string>) => [...of].sort(compareText).flatMap((name) => byName.get(name) ?? []);
  return new Map([...names].map(([uuid, of]) => [uuid, sorted(of)]));
}

async function findMemberships(
  repository: Repository,
  { name, dimensions }: DatasetType,
  rows: readonly DatasetRow[],
  collections: readonly string[],
  names: ReadonlyMap<string, Set<string>>,
  ctx: QueryContext,
): Promise<void> {
  const { required } = dimensions;
  const dataIds = rows.map((row) => row.values.slice(0, required.length));
  const uploads = required.length === 0 ? [] : [upload(dimensions, required, dataIds)];
  const spec = datasetFieldsSpec(name, dimensions, ['dataset_id', 'collection']);
  const searching = searchOf(dimensions, name, collections);
  for await (const page of repository.query(joined(searching, uploads), spec, ctx)) {
    for (const { fields } of page.rows) {
      const [uuid, collection] = [fields[`${name}.dataset_id`], fields[`${name}.collection`]] as [string, string];
      names.get(uuid)?.add(collection);
    }
  }
}

function searchOf(dimensions: DatasetType['dimensions'], name: string, collections: readonly string[]): Query {
  const query = queryOf(dimensions);
  return { ...query, tree: { ...query.tree, datasets: new Map([[name, { dimensions, collections }]]) } };
}
