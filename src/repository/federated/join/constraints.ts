/** What a query says of some of its dimensions alone. */
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { columnsOfPredicate, predicateReferences } from '../../../butler/query/column-type.ts';
import { predicateWithDefaults } from '../../../butler/query/governors.ts';
import type { SpatialJoin } from '../../../butler/query/overlaps.ts';
import { allOf, leavesOf, type Predicate } from '../../../butler/query/predicate.ts';
import type { Query } from '../../../butler/query/tree.ts';
import type { DimensionElement, Universe } from '../../../butler/universe.ts';
import { queryOf } from '../../search/records-of-data-ids.ts';

/** The predicates that all rows of a query fulfil. */
export function conjunctsOf(query: Query): readonly Predicate[] {
  const predicate = predicateWithDefaults(query);
  return predicate.type === 'and' ? predicate.operands : [predicate];
}

/** A query for data IDs of a group, with those of the conjuncts that need nothing but records of its dimensions. */
export function constrainedQuery(group: DimensionGroup, conjuncts: readonly Predicate[]): Query {
  const query = queryOf(group);
  const isAbout = (predicate: Predicate): boolean => {
    const { elements, datasetTypes } = columnsOfPredicate(predicate);
    return (
      datasetTypes.size === 0 &&
      [...elements].every((name) => group.universe.isDimension(name) && group.has(name)) &&
      [...leavesOf(predicate)].every(({ type }) => type !== 'in_query')
    );
  };
  const predicate = allOf(...conjuncts.filter(isAbout));
  return { ...query, tree: { ...query.tree, predicate, validateGovernorConstraints: false } };
}

/**
 * The records of an element that the rows of a query may be joined with: for one that is a view (a band) those that have its
 * values (of filters, whatever their instrument), with what the conjuncts say of its own dimensions alone.
 */
export function recordsQuery(
  element: DimensionElement,
  universe: Universe,
  conjuncts: readonly Predicate[],
): { readonly element: DimensionElement; readonly query: Query } {
  const query = constrainedQuery(universe.groupOf(element.name), conjuncts);
  if (element.viewOf === undefined) return { element, query };
  const dimensions = query.tree.dimensions.union(universe.groupOf(element.viewOf));
  return { element: universe.element(element.viewOf), query: { ...query, tree: { ...query.tree, dimensions } } };
}

/** Whether it is told by the key of an element's record alone that a predicate holds. */
export function isOfKey({ required }: DimensionElement, predicate: Predicate): boolean {
  return predicateReferences(predicate).every((of) => of.type === 'dimension_key' && required.includes(of.dimension));
}

/** Whether data IDs that were sent stand for an element's records, whether or not there are any. */
export function isSent({ required }: DimensionElement, { tree, uploads }: Query): boolean {
  const { names } = tree.dimensions.universe.conform(required);
  return uploads.some(({ dimensions }) => names.every((name) => dimensions.required.includes(name)));
}

/**
 * Whether every row has a record of an element that no search has in its data IDs: of a combination such as
 * visit_detector_region only where the query says something of it.
 * @param overlaps pairs of elements whose regions must overlap
 */
export function isJoined(element: DimensionElement, query: Query, overlaps: readonly SpatialJoin[]): boolean {
  if (isSent(element, query)) return false;
  return (
    element.isDimension ||
    element.alwaysJoin ||
    overlaps.some((pair) => pair.includes(element)) ||
    columnsOfPredicate(query.tree.predicate).elements.has(element.name)
  );
}
