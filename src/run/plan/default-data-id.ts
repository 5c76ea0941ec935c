import type { DataId } from '../../butler/data-id.ts';
import { buildQuery } from '../../butler/query/build.ts';
import type { DataCoordinateSpec } from '../../butler/query/result-spec.ts';
import type { Universe } from '../../butler/universe.ts';
import type { SearchPath } from '../../repository/federated/search-path.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { PipelineDatasetType } from '../graph/pipeline-graph.ts';
import { inUniverse } from './planned-query.ts';

/**
 * The instrument and the sky map, where all that the input collections have of the given types is of one: stock Python takes
 * them for granted in where-expressions that do not name them.
 */
export async function defaultDataId(
  repository: Repository,
  universe: Universe,
  types: readonly PipelineDatasetType[],
  path: SearchPath,
  collections: readonly string[],
  ctx: QueryContext,
): Promise<DataId> {
  const held = new Set(path.datasetTypes());
  const found: Record<string, DataId[string]> = {};
  for (const governor of universe.governors) {
    const values = new Set<DataId[string]>();
    for (const type of types.filter(({ name, dimensions }) => held.has(name) && dimensions.has(governor))) {
      const { query, spec } = buildQuery(universe, {
        result: { type: 'data_coordinate', dimensions: [governor] },
        joins: [{ datasetType: inUniverse(type, universe), collections }],
        limit: 2,
      });
      for await (const { rows } of repository.query(query, spec as DataCoordinateSpec, ctx)) {
        for (const row of rows) values.add(row.values[0]!);
      }
    }
    const [only, ...others] = values;
    if (only !== undefined && others.length === 0) found[governor] = only;
  }
  return found;
}
