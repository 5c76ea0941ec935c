/** Splits a query over several repositories into what each of them is asked. */
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import { treesInside } from '../../butler/query/predicate.ts';
import { columnsOfPredicate } from '../../butler/query/column-type.ts';
import { spatialFamilies } from '../../butler/query/overlaps.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { Query } from '../../butler/query/tree.ts';
import { orderedColumn } from '../remote/order.ts';
import { joinedMember } from './join/joined-member.ts';
import { membersOnPath, searchesWithoutHolder, type Member } from './members.ts';
import { partOf, wholePart, type Part } from './part.ts';
import { keepsTable } from './probe.ts';
import type { SearchPath } from './search-path.ts';

/**
 * The parts of a query, at least one, in search order; repositories that can have no rows have none.  A query that joins rows of one
 * repository with rows of another has one part, which brings together what it needs (`join/`).
 * @param paths search path of each dataset search of the tree, by dataset type
 * @param repeats whether a row comes as often as a search without find-first meets it, as stock Butler gives it; else once
 * @throws InvalidQueryError where the repositories disagree on dimensions
 */
export function planParts<S extends ResultSpec>(
  members: readonly Member[],
  query: Query,
  spec: S,
  paths: ReadonlyMap<string, SearchPath>,
  { repeats = false }: { readonly repeats?: boolean } = {},
): readonly Part<S>[] {
  const holders = membersThatAnswer(members, query, paths);
  // What has no rows wherever it is asked may still be wrong: whoever joins says so.
  const isJoined = holders.length === 0 || joinsAcross(members, query, spec) || isOrderComputed(holders, spec);
  if (isJoined || comparesAcross(holders, query, spec, paths, repeats)) {
    return [wholePart(joinedMember(members, paths), query, spec)];
  }
  return holders.map((member) => partOf(member, query, spec, paths));
}

/** Whether the order is by values that rows do not tell, so that those of several repositories cannot be merged. */
function isOrderComputed(holders: readonly Member[], { orderBy }: ResultSpec): boolean {
  return holders.length > 1 && orderBy.some((term) => orderedColumn(term) === undefined);
}

function membersThatAnswer(
  members: readonly Member[],
  query: Query,
  paths: ReadonlyMap<string, SearchPath>,
): readonly Member[] {
  if (searchesWithoutHolder(members, query, paths).length > 0) return [];
  const searches = [...query.tree.datasets.keys()];
  const holders = searches.map((name) => membersOnPath(members, name, paths.get(name)!));
  return searches.length === 0 ? members : members.filter((member) => holders.some((of) => of.includes(member)));
}

/**
 * Whether a row of the answer may be made of rows of several repositories.  It is not where a row is a dataset, or a
 * record, of one repository with nothing but what its data ID leads to, because that is there too: of elements that are no
 * dimensions, such as visit_detector_region, that is not sure.
 */
function joinsAcross(members: readonly Member[], { tree, uploads }: Query, spec: ResultSpec): boolean {
  if (members.length === 1) return false;
  if (!treesInside(tree.predicate).next().done) return true;
  if (spatialFamilies(tree.dimensions).length > 1) return true;
  const { universe, elements } = tree.dimensions;
  const named = new Set([
    ...columnsOfPredicate(tree.predicate).elements,
    ...(spec.type === 'general' ? spec.dimensionFields.keys() : []),
    ...(spec.type === 'dimension_record' ? [spec.element] : []),
  ]);
  const combinations = elements.filter((e) => !e.isDimension && (e.alwaysJoin || named.has(e.name)));
  const leadsToAll = (from: DimensionGroup) =>
    tree.dimensions.names.every((name) => from.has(name) || universe.element(name).skypix);
  const searches = [...tree.datasets.values()];
  if (searches.length > 0) {
    return (
      combinations.length > 0 || !tree.dimensions.names.every((name) => searches.some((s) => s.dimensions.has(name)))
    );
  }
  // Data IDs stand for records, which need not be there, unless columns of these are asked.
  const isOfTable = spec.type === 'dimension_record' && keepsTable(universe.element(spec.element));
  if (uploads.length > 0 && !isOfTable) return true;
  const records = combinations.length > 0 ? combinations : elements.filter(({ isDimension }) => isDimension);
  return (
    combinations.length > 1 || !(records.length === 0 || records.some(({ name }) => leadsToAll(universe.groupOf(name))))
  );
}

/** Whether rows of several repositories have to be looked at together to know which of them, or how many, are the answer. */
function comparesAcross(
  holders: readonly Member[],
  { tree }: Query,
  spec: ResultSpec,
  paths: ReadonlyMap<string, SearchPath>,
  repeats: boolean,
): boolean {
  if (holders.length === 1) return false;
  if (tree.datasets.size > 1 || spec.type === 'general') return true;
  const [searched] = tree.datasets.keys();
  if (searched === undefined) return false;
  const collections = paths.get(searched)!.types();
  const types = new Set(collections.map(([, type]) => type));
  if (spec.type !== 'dataset_ref') {
    // A data ID comes once for each validity range, or for each dataset where something is said of datasets themselves.
    const isOfDatasets = columnsOfPredicate(tree.predicate).datasetTypes.size > 0;
    return repeats && (types.has('CALIBRATION') || (isOfDatasets && collections.length > 1));
  }
  // Several validity ranges that fit are an error, wherever they are.
  const { isCalibration } = holders[0]!.datasetTypes.get(searched)!;
  if (spec.findFirst) return isCalibration && types.has('CALIBRATION');
  return repeats && (types.has('CALIBRATION') || types.has('TAGGED'));
}
