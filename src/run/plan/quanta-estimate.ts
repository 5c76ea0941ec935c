/** How many quanta a task can have: the data IDs of its dimensions that the run's query gives. */
import type { DatasetType } from '../../butler/dataset-type.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import { ButlerUserError, QueryTooCostlyError } from '../../butler/errors.ts';
import type { Query } from '../../butler/query/tree.ts';
import { constraintsOf, givenOperands } from '../../repository/federated/explain/operands.ts';
import { narrowed } from '../../repository/federated/explain/questions.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';

/**
 * Most data IDs that there are.
 * @param whole whether all of the query is asked, which tells more and costs more than what of it is about these dimensions
 * @returns null where counting would cost too much
 */
export async function mostDataIds(
  repository: Repository,
  query: Query,
  dimensions: DimensionGroup,
  whole: boolean,
  ctx: QueryContext,
): Promise<number | null> {
  if (dimensions.required.length === 0) return 1;
  const counted = whole ? query : about(query, dimensions);
  // Exact tests of regions read the rows.
  return tolerated(() => repository.count(counted, specOf(dimensions), ctx, { exact: whole }));
}

/** Data IDs for which there is a dataset already. @param collections in which it is looked for */
export async function dataIdsDone(
  repository: Repository,
  query: Query,
  type: DatasetType,
  collections: readonly string[],
  ctx: QueryContext,
): Promise<number> {
  const { dimensions } = type;
  const { tree, ...rest } = about(query, dimensions);
  const datasets = new Map([...tree.datasets, [type.name, { dimensions, collections }] as const]);
  const done = await tolerated(() =>
    repository.count({ ...rest, tree: { ...tree, datasets } }, specOf(dimensions), ctx, { exact: false }),
  );
  return done ?? 0;
}

/** What of a query is about some dimensions only. */
function about(query: Query, dimensions: DimensionGroup): Query {
  const within = givenOperands(query).filter((operand) => dimensions.isSupersetOf(operand.dimensions));
  return narrowed(query, dimensions, within, constraintsOf(query));
}

function specOf(dimensions: DimensionGroup) {
  return {
    type: 'data_coordinate',
    dimensions,
    includeDimensionRecords: false,
    orderBy: [],
    limit: null,
    allowDuplicateOverlaps: false,
  } as const;
}

async function tolerated(count: () => Promise<number>): Promise<number | null> {
  try {
    return await count();
  } catch (error) {
    if (error instanceof QueryTooCostlyError || error instanceof ButlerUserError) return null;
    throw error;
  }
}
