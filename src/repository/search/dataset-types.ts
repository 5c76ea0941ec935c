import type { DatasetType } from '../../butler/dataset-type.ts';
import { ButlerUserError } from '../../butler/errors.ts';
import { globToRegExp, isGlob } from '../../butler/glob.ts';
import { didYouMean } from '../../butler/nearest-name.ts';
import { compareText } from '../federated/key-order.ts';
import { toleratingFailures } from '../federated/members.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { Answer } from './search.ts';

/**
 * Dataset types whose names match any of `search` (names and globs), in name order; the earlier member's of one name.
 * @throws ButlerUserError DATASET_TYPE_EXPRESSION for a component
 */
export async function listDatasetTypes(
  members: readonly Repository[],
  search: readonly string[],
  ctx: QueryContext,
): Promise<Answer<readonly DatasetType[]>> {
  refuseComponents(search);
  const { value, failures } = await toleratingFailures(members, (repositories) =>
    Promise.all(repositories.map((repository) => repository.datasetTypes(ctx))),
  );
  const types = new Map(value.toReversed().flatMap((ofMember) => [...ofMember]));
  return { rows: matchingNames(search, types.keys()).map((name) => types.get(name)!), failures };
}

/** Names that any of `search` matches, in order. */
export function matchingNames(search: readonly string[], names: Iterable<string>): readonly string[] {
  const plain = new Set(search);
  const globs = search.filter(isGlob).map(globToRegExp);
  return [...names].filter((name) => plain.has(name) || globs.some((glob) => glob.test(name))).sort(compareText);
}

/**
 * Names of the dataset types to search, in order, as the real stack's `query_all_datasets` takes them.
 * @param incomplete whether a repository cannot answer: types that are missing may be its own
 * @throws ButlerUserError MISSING_DATASET_TYPE where nothing matches or a plain name is missing; DATASET_TYPE_EXPRESSION
 * for a component
 */
export function searchedDatasetTypes(
  search: readonly string[],
  known: ReadonlySet<string>,
  incomplete: boolean,
): readonly string[] {
  refuseComponents(search);
  const plain = search.filter((name) => !isGlob(name));
  const missing = plain.find((name) => !known.has(name));
  if (missing !== undefined && !incomplete) {
    throw new ButlerUserError(
      'MISSING_DATASET_TYPE',
      `Dataset type '${missing}' is not registered.${didYouMean(missing, known)}`,
    );
  }
  const names = matchingNames(search, known);
  if (names.length > 0 || (incomplete && search.length > 0)) return names;
  throw new ButlerUserError(
    'MISSING_DATASET_TYPE',
    search.length === 0
      ? `'datasetTypes' is empty: name at least one dataset type, or '*' for all.`
      : `No dataset type matches ${search.map((glob) => `'${glob}'`).join(', ')}.`,
  );
}

function refuseComponents(search: readonly string[]): void {
  const component = search.find((name) => !isGlob(name) && name.includes('.'));
  if (component === undefined) return;
  throw new ButlerUserError(
    'DATASET_TYPE_EXPRESSION',
    `'${component}' is a component; only whole datasets can be searched: ask for '${component.split('.')[0]}'.`,
  );
}
