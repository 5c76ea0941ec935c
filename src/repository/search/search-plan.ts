/** What every search of rows has in common: it is planned over the repositories that answer, then paged, streamed or counted. */
import { explainedAs, type Explanation } from '../federated/explain/explanation.ts';
import type { Batch } from '../federated/ordered-merge.ts';
import { toleratingFailures } from '../federated/members.ts';
import { NO_BATCHES } from '../federated/merged-query.ts';
import { resolveSearchPath } from '../federated/search-path.ts';
import { SatelliteError } from '../../butler/errors.ts';
import type { QueryContext, Repository } from '../repository.ts';
import { checkPageSize, CursorBook, type Bookmark } from './cursor.ts';
import { refuseWarnings, takeRows } from './page.ts';
import type { ExplainedPage, SearchTerms, Unpaged } from './search.ts';

export interface ReadPlan {
  readonly after: Bookmark | undefined;
  /** About how many rows will be taken; null: all. */
  readonly wanted: number | null;
  /** Whether the places of rows will be asked. */
  readonly positions: boolean;
}

/** A search, ready to be read. */
export interface SearchPlan<Row> {
  readonly warnings: readonly string[];
  readonly read: (options: ReadPlan) => AsyncIterable<Batch<Row, Bookmark>>;
  readonly count: () => Promise<number>;
  /** @param isEmpty where that is known */
  readonly explain: (isEmpty?: boolean) => Promise<Explanation>;
}

/** A search that finds nothing, whatever the repositories hold, with the reason. */
export function nothing(reason: string, suggestion: string): SearchPlan<never> {
  return {
    warnings: [],
    read: () => NO_BATCHES,
    count: () => Promise.resolve(0),
    explain: () => Promise.resolve(explainedAs(reason, suggestion)),
  };
}

/**
 * Plans a search.
 * @param failed names of repositories that cannot answer
 */
export type Planner<Request, Row> = (
  repositories: readonly Repository[],
  failed: readonly string[],
  request: Request,
  ctx: QueryContext,
) => Promise<SearchPlan<Row>>;

/** One page of a search over what the repositories that can answer have. */
export async function pageOf<Request extends SearchTerms, Row>(
  planner: Planner<Unpaged<Request>, Row>,
  members: readonly Repository[],
  request: Request,
  ctx: QueryContext,
): Promise<ExplainedPage<Row>> {
  const { first, rows: isRead = true } = request;
  checkPageSize(first);
  const cursors = new CursorBook(members, request);
  const after = cursors.read(request.after);
  const { value, failures } = await toleratingFailures(members, async (repositories, failed) => {
    const plan = await planner(repositories, failed, request, ctx);
    refuseWarnings(plan.warnings, request.strict);
    const batches = isRead ? plan.read({ after, wanted: first + 1, positions: true }) : NO_BATCHES;
    return { plan, taken: await takeRows(batches, first) };
  });
  const { plan, taken } = value;
  return {
    rows: taken.rows,
    cursorAt: (i) => cursors.write(taken.positionAt(i)),
    hasNextPage: taken.hasNextPage,
    warnings: plan.warnings,
    failures,
    totalCount: plan.count,
    explain: () => plan.explain(knownEmptiness(isRead, after, taken.rows.length)),
  };
}

/** Undefined where the rows that were read do not tell: of a later page none. */
function knownEmptiness(isRead: boolean, after: Bookmark | undefined, rows: number): boolean | undefined {
  if (!isRead) return undefined;
  return rows > 0 ? false : after === undefined ? true : undefined;
}

/** All rows of a search. @throws where any repository fails, also in the middle */
export async function* rowsOf<Request extends SearchTerms, Row>(
  planner: Planner<Unpaged<Request>, Row>,
  members: readonly Repository[],
  request: Unpaged<Request>,
  ctx: QueryContext,
): AsyncGenerator<readonly Row[]> {
  const plan = await planner(members, [], request, ctx);
  refuseWarnings(plan.warnings, request.strict);
  for await (const batch of plan.read({ after: undefined, wanted: null, positions: false })) yield batch.rows;
}

/** The terms that every query is built with. */
export function termsOf({ where, bind, dataId, orderBy }: Unpaged<SearchTerms>) {
  return {
    ...(where !== undefined && { where }),
    ...(bind && { bind }),
    ...(dataId && { dataId }),
    ...(orderBy && { orderBy }),
  };
}

/**
 * Runs what asks a single repository for `collections` as they are; where it misses one, says so in words that help.
 * @throws ButlerUserError MISSING_COLLECTION naming the nearest collection
 */
export async function* namingMissing<T>(
  repository: Repository,
  collections: readonly string[],
  rows: AsyncIterable<T>,
  ctx: QueryContext,
): AsyncGenerator<T> {
  try {
    yield* rows;
  } catch (error) {
    if (error instanceof SatelliteError && error.code === 'MISSING_COLLECTION') {
      await resolveSearchPath([repository], collections, [], ctx);
    }
    throw error;
  }
}

/** The rows, unless they cost too much: found out when the first is read. */
export async function* unlessRefused<T>(refuse: () => Promise<void>, rows: AsyncIterable<T>): AsyncGenerator<T> {
  await refuse();
  yield* rows;
}
