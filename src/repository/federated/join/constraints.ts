/** What a query says of some of its dimensions alone. */
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { columnsOfPredicate } from '../../../butler/query/column-type.ts';
import type { Expression } from '../../../butler/query/expression.ts';
import { predicateWithDefaults } from '../../../butler/query/governors.ts';
import { allOf, leavesOf, type Predicate } from '../../../butler/query/predicate.ts';
import type { Query } from '../../../butler/query/tree.ts';
import type { DimensionElement } from '../../../butler/universe.ts';
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
 * Pairs of elements whose regions must overlap in all rows: those that the query says, else the most specific ones of two
 * families that no dataset and no data ID joins (query-semantics.md section 10).
 */
export function overlapsOf(query: Query): readonly (readonly [DimensionElement, DimensionElement])[] {
  const { tree, uploads } = query;
  const { universe, elements } = tree.dimensions;
  const said = conjunctsOf(query).flatMap((leaf) => {
    if (leaf.type !== 'comparison' || leaf.operator !== 'overlaps') return [];
    const [a, b] = [leaf.a, leaf.b].map((side) => (isRegion(side) ? universe.element(side.element) : undefined));
    return a && b && !a.skypix && !b.skypix ? [[a, b] as const] : [];
  });
  if (said.length > 0) return said;
  const families = spatialFamilies(tree.dimensions);
  const isJoined = [...tree.datasets.values(), ...uploads].some((operand) => {
    return families.every((family) => spatialFamilies(operand.dimensions).includes(family));
  });
  if (families.length !== 2 || isJoined) return [];
  const [a, b] = families.map((family) => {
    const members = universe.spatialFamilies.get(family)!.map((name) => universe.element(name));
    return members.find((element) => elements.includes(element))!;
  });
  return [[a!, b!]];
}

/** Families of elements with regions of their own, as opposed to sky pixels. */
export function spatialFamilies({ elements }: DimensionGroup): readonly string[] {
  return [...new Set(elements.flatMap(({ skypix, spatialFamily }) => (skypix ? [] : (spatialFamily ?? []))))];
}

function isRegion(expression: Expression): expression is Expression & { readonly type: 'dimension_field' } {
  return expression.type === 'dimension_field' && expression.field === 'region';
}
