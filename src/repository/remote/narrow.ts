/** Conditions of our own on a query of somebody else's. */
import { predicateWithDefaults } from '../../butler/query/governors.ts';
import { allOf, type Predicate } from '../../butler/query/predicate.ts';
import type { Query } from '../../butler/query/tree.ts';

/**
 * The query with one more condition, which changes nothing else: the default data ID, which the server would ignore for
 * governors that our condition mentions, is written into the predicate, and our condition need not fix governors.
 * @throws InvalidQueryError where the query itself does not fix a governor that it has to
 */
export function narrowed(query: Query, condition: Predicate): Query {
  if (condition.type === 'and' && condition.operands.length === 0) return query;
  const predicate = allOf(predicateWithDefaults(query), condition);
  return { ...query, tree: { ...query.tree, predicate, validateGovernorConstraints: false }, defaultDataId: {} };
}
