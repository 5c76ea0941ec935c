/** The query from which the data IDs of a subgraph come, as stock Python's builder makes it, with what explains it. */
import type { DataId } from '../../butler/data-id.ts';
import { InvalidQueryError } from '../../butler/errors.ts';
import { buildQuery, type Upload } from '../../butler/query/build.ts';
import { summarizePredicate } from '../../butler/query/governors.ts';
import type { Query } from '../../butler/query/tree.ts';
import type { Universe } from '../../butler/universe.ts';
import { asSearchedName } from '../../repository/federated/collection-directory.ts';
import { explainQuery } from '../../repository/federated/explain/explain.ts';
import type { Explanation } from '../../repository/federated/explain/explanation.ts';
import { existenceSpec } from '../../repository/federated/explain/questions.ts';
import type { Member } from '../../repository/federated/members.ts';
import { resolveSearchPath, type SearchPath } from '../../repository/federated/search-path.ts';
import type { QueryContext } from '../../repository/repository.ts';
import type { PipelineDatasetType } from '../graph/pipeline-graph.ts';
import type { RunSpec } from '../run.ts';
import type { Subgraph } from './subgraphs.ts';

/** What of a run says which data IDs are wanted. */
export type WantedDataIds = Pick<RunSpec, 'where' | 'bind' | 'dataIds'>;

/**
 * @param universe that of the repositories
 * @param dataId of the pipeline
 * @param defaultDataId for governor dimensions that the where-expression needs and does not fix
 * @throws InvalidQueryError and others where the where-expression or the data IDs are wrong
 */
export function plannedQuery(
  universe: Universe,
  { constraints, dimensions }: Pick<Subgraph, 'constraints' | 'dimensions'>,
  collections: readonly string[],
  { where, bind, dataIds }: WantedDataIds,
  dataId: DataId,
  defaultDataId: DataId = {},
): Query {
  const known = new Set(dimensions);
  const request = {
    result: { type: 'data_coordinate', dimensions } as const,
    joins: constraints.map((type) => ({ datasetType: inUniverse(type, universe), collections })),
    where: where ?? [],
    bind: (bind ?? {}) as Readonly<Record<string, unknown>>,
    dataId: Object.fromEntries(Object.entries(dataId).filter(([name]) => known.has(name))),
    defaultDataId,
  };
  const { query } = buildQuery(universe, request);
  if (dataIds === null) return query;
  const { dataId: fixed } = summarizePredicate(universe, query.tree.predicate);
  return buildQuery(universe, { ...request, uploads: uploadsOf(universe, dataIds as readonly DataId[], fixed) }).query;
}

/** Explains a query over repositories. @param members those that are searched, in order */
export async function explained(members: readonly Member[], query: Query, ctx: QueryContext): Promise<Explanation> {
  const repositories = members.map(({ repository }) => repository);
  const paths = new Map<string, SearchPath>();
  for (const [name, { collections }] of query.tree.datasets) {
    paths.set(name, await resolveSearchPath(repositories, collections.map(asSearchedName), [], ctx));
  }
  return explainQuery(members, { query, spec: existenceSpec(query), paths }, ctx);
}

/** The pipeline's universe is that of whoever expanded it. */
export function inUniverse(type: PipelineDatasetType, universe: Universe) {
  const { name, dimensions, storageClass, isCalibration } = type;
  return { name, dimensions: universe.conform(dimensions.required), storageClass, isCalibration };
}

/** Tables of the data IDs, one for each set of dimensions; what they leave out is filled in from what all rows have. */
function uploadsOf(universe: Universe, dataIds: readonly DataId[], fixed: DataId): readonly Upload[] {
  const alike = Map.groupBy(dataIds, (dataId) => Object.keys(dataId).sort().join());
  return [...alike.values()].map((rows) => {
    const { required } = universe.conform(Object.keys(rows[0]!));
    return {
      dimensions: required,
      rows: rows.map((row) =>
        required.map((name) => {
          const value = row[name] ?? fixed[name];
          if (value !== undefined) return value;
          throw new InvalidQueryError(
            `The data IDs that the run is for lack '${name}': give it in each of them, or in the where-expression.`,
          );
        }),
      ),
    };
  });
}
