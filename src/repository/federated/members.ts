/** Repositories that are asked as one, with what a query's plan needs to know of each. */
import type { DatasetType } from '../../butler/dataset-type.ts';
import { InvalidQueryError, RepositoryUnavailableError, SatelliteError } from '../../butler/errors.ts';
import type { Query } from '../../butler/query/tree.ts';
import type { Universe } from '../../butler/universe.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { SearchPath } from './search-path.ts';

export interface Member {
  readonly repository: Repository;
  readonly universe: Universe;
  readonly datasetTypes: ReadonlyMap<string, DatasetType>;
  /** There where it stands for several repositories whose rows are joined. */
  readonly joins?: Joins;
}

export interface Joins {
  /** Rows that were brought together for a query a short while ago, by `foundKey`; undefined where none were. */
  found(query: Query, ctx: QueryContext): Promise<ReadonlyMap<string, number> | undefined>;
}

/** Under which the rows of a dataset type or of a dimension element are counted that a repository gave. */
export function foundKey(repository: string, name: string): string {
  return `${repository} ${name}`;
}

/** Reads the universe and the dataset types of every repository. @throws what any of them throws */
export async function openMembers(repositories: readonly Repository[], ctx: QueryContext): Promise<readonly Member[]> {
  return Promise.all(
    repositories.map(async (repository) => {
      const [universe, datasetTypes] = await Promise.all([repository.universe(ctx), repository.datasetTypes(ctx)]);
      return { repository, universe, datasetTypes };
    }),
  );
}

/** What the repositories that could answer gave, and who could not. */
export interface Tolerated<T> {
  readonly value: T;
  readonly failures: readonly SatelliteError[];
}

/**
 * Runs `attempt` over all repositories; where one cannot answer, runs it again over the others, so that what it gives is
 * always whole for the repositories that it is over.
 * @param attempt gets the names of those that failed, because what they hold is not known then
 * @throws user errors, and the first failure where no repository is left
 */
export async function toleratingFailures<T>(
  repositories: readonly Repository[],
  attempt: (repositories: readonly Repository[], failed: readonly string[]) => Promise<T>,
): Promise<Tolerated<T>> {
  const failures: SatelliteError[] = [];
  let left = repositories;
  for (;;) {
    try {
      const value = await attempt(
        left,
        failures.map((failure) => failure.repository!),
      );
      return { value, failures };
    } catch (error) {
      const name = failedRepository(error);
      const others = left.filter((repository) => repository.name !== name);
      if (others.length === 0 || others.length === left.length) throw failures[0] ?? error;
      failures.push(partialFailure(error as SatelliteError, name!));
      left = others;
    }
  }
}

/** Name of the repository that could not answer; undefined for an error of another kind. */
function failedRepository(error: unknown): string | undefined {
  if (!(error instanceof SatelliteError)) return undefined;
  return error.code === 'UPSTREAM_UNAVAILABLE' || error.code === 'RATE_LIMITED' ? error.repository : undefined;
}

function partialFailure(error: SatelliteError, name: string): SatelliteError {
  const message =
    `${error.message} What '${name}' holds is missing from this answer, ` +
    `and where it comes first in the search order, rows of others may stand in the place of its own.`;
  const details = { cause: error, ...(error.retryAfter !== undefined && { retryAfter: error.retryAfter }) };
  return error.code === 'UPSTREAM_UNAVAILABLE'
    ? new RepositoryUnavailableError(name, message, details)
    : new SatelliteError(error.code, message, { ...details, repository: name });
}

/** Members that have a dataset type of that name. */
export function membersWithType(members: readonly Member[], name: string): readonly Member[] {
  return members.filter((member) => member.datasetTypes.has(name));
}

/**
 * Members whose datasets of that type a search may find.
 * @throws InvalidQueryError where they disagree on the dimensions that identify its datasets
 */
export function membersOnPath(members: readonly Member[], name: string, path: SearchPath): readonly Member[] {
  const holders = membersWithType(members, name).filter((m) => path.collectionsIn(m.repository, name).length > 0);
  const [first, ...others] = holders;
  for (const other of others) {
    const [a, b] = [first!, other].map((m) => m.datasetTypes.get(name)!.dimensions.required.toSorted().join(', '));
    if (a === b) continue;
    throw new InvalidQueryError(
      `Dataset type '${name}' has dimensions {${a}} in '${first!.repository.name}' (universe ${String(first!.universe)}) and ` +
        `{${b}} in '${other.repository.name}' (universe ${String(other.universe)}): search one of them at a time, with 'repositories'.`,
    );
  }
  return holders;
}

/** Dataset types of a query whose datasets no member may have where they are searched. @throws as `membersOnPath` */
export function searchesWithoutHolder(
  members: readonly Member[],
  { tree }: Query,
  paths: ReadonlyMap<string, SearchPath>,
): readonly string[] {
  return [...tree.datasets.keys()].filter((name) => membersOnPath(members, name, paths.get(name)!).length === 0);
}
