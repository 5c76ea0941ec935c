/** What a query means over several repositories, as far as it is known before any of them is asked for rows. */
import type { DatasetType } from '../../butler/dataset-type.ts';
import { ButlerUserError } from '../../butler/errors.ts';
import { predicateWithDefaults } from '../../butler/query/governors.ts';
import { analyzeOverlaps, type SpatialJoin } from '../../butler/query/overlaps.ts';
import type { Query } from '../../butler/query/tree.ts';
import { negationNormalForm } from '../direct/compile/negation-normal.ts';
import { membersOnPath, type Member } from './members.ts';
import type { SearchPath } from './search-path.ts';

/**
 * Pairs of elements whose regions must overlap in all rows.  Of several things that are wrong
 * with a query, the one is told that a repository would tell that holds what all of them hold.
 * @param paths search path of each dataset search of the query, by dataset type
 * @throws ButlerUserError UNIMPLEMENTED_QUERY; InvalidQueryError
 */
export function overlapsOf(
  members: readonly Member[],
  query: Query,
  paths: ReadonlyMap<string, SearchPath>,
): readonly SpatialJoin[] {
  const { tree, uploads } = query;
  const names = [...tree.datasets.keys()];
  const predicate = predicateWithDefaults({
    ...query,
    tree: { ...tree, predicate: negationNormalForm(tree.predicate) },
  });
  const operands = [...tree.datasets.values(), ...uploads].map(({ dimensions }) => dimensions);
  const calibrations = names.filter((name) => isCalibrationSearch(members, name, paths.get(name)!));
  return analyzeOverlaps(tree.dimensions, predicate, operands, calibrations).joins;
}

/** The dataset type of that name, as the earliest member has it. @throws ButlerUserError MISSING_DATASET_TYPE */
export function registeredType(members: readonly Member[], name: string): DatasetType {
  const type = members.find((member) => member.datasetTypes.has(name))?.datasetTypes.get(name);
  if (!type) throw new ButlerUserError('MISSING_DATASET_TYPE', `Dataset type '${name}' has not been registered.`);
  return type;
}

/** Whether the path leads to a calibration collection in which some member may have datasets of that type. */
export function isCalibrationSearch(members: readonly Member[], name: string, path: SearchPath): boolean {
  const types = new Map(path.types());
  return membersOnPath(members, name, path).some(({ repository }) =>
    path.collectionsIn(repository, name).some((collection) => types.get(collection) === 'CALIBRATION'),
  );
}
