/** What a query says of some of its dimensions alone. */
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { columnsOfPredicate } from '../../../butler/query/column-type.ts';
import { predicateWithDefaults } from '../../../butler/query/governors.ts';
import { allOf, leavesOf, type Predicate } from '../../../butler/query/predicate.ts';
import type { Query } from '../../../butler/query/tree.ts';
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
