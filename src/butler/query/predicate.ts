/**
 * Predicates: an AND/OR/NOT tree over leaves.  The wire's conjunctive normal form is made only at the border
 * (`wire.ts`), with a bounded size, because it explodes.
 */
import type { Expression } from './expression.ts';
import type { QueryTree } from './tree.ts';

export type ComparisonOperator = '==' | '!=' | '<' | '>' | '<=' | '>=' | 'overlaps' | 'glob';

export type PredicateLeaf =
  | {
      readonly type: 'comparison';
      readonly operator: ComparisonOperator;
      readonly a: Expression;
      readonly b: Expression;
    }
  | { readonly type: 'is_null'; readonly operand: Expression }
  /** A bare boolean column. */
  | { readonly type: 'boolean_wrapper'; readonly operand: Expression }
  | { readonly type: 'in_container'; readonly member: Expression; readonly container: readonly Expression[] }
  /** start <= member < stop (null: unbounded), in steps. */
  | {
      readonly type: 'in_range';
      readonly member: Expression;
      readonly start: bigint;
      readonly stop: bigint | null;
      readonly step: bigint;
    }
  | { readonly type: 'in_query'; readonly member: Expression; readonly column: Expression; readonly tree: QueryTree };

/** `and` of nothing is TRUE, `or` of nothing is FALSE. */
export type Predicate =
  | { readonly type: 'and'; readonly operands: readonly Predicate[] }
  | { readonly type: 'or'; readonly operands: readonly Predicate[] }
  | { readonly type: 'not'; readonly operand: Predicate }
  | PredicateLeaf;

export const TRUE: Predicate = { type: 'and', operands: [] };
export const FALSE: Predicate = { type: 'or', operands: [] };

/** AND of predicates, without needless nesting. */
export function allOf(...predicates: readonly Predicate[]): Predicate {
  const operands = predicates.flatMap((p) => (p.type === 'and' ? p.operands : [p]));
  return operands.length === 1 ? operands[0]! : { type: 'and', operands };
}

/** OR of predicates, without needless nesting. */
export function anyOf(...predicates: readonly Predicate[]): Predicate {
  const operands = predicates.flatMap((p) => (p.type === 'or' ? p.operands : [p]));
  return operands.length === 1 ? operands[0]! : { type: 'or', operands };
}

export function negation(operand: Predicate): Predicate {
  return operand.type === 'not' ? operand.operand : { type: 'not', operand };
}

/** The leaves of a predicate, left to right; without recursion, so that depth does not matter. */
export function* leavesOf(predicate: Predicate): Generator<PredicateLeaf> {
  const pending: Predicate[] = [predicate];
  for (let p = pending.pop(); p !== undefined; p = pending.pop()) {
    if (p.type === 'and' || p.type === 'or') for (const operand of p.operands.toReversed()) pending.push(operand);
    else if (p.type === 'not') pending.push(p.operand);
    else yield p;
  }
}

/** Trees of the queries that a predicate compares with, at any depth. */
export function* treesInside(predicate: Predicate): Generator<QueryTree> {
  for (const leaf of leavesOf(predicate)) {
    if (leaf.type !== 'in_query') continue;
    yield leaf.tree;
    yield* treesInside(leaf.tree.predicate);
  }
}

/** The predicate with the trees that it compares with made anew, the innermost first. */
export function withTreesInside(predicate: Predicate, made: (tree: QueryTree) => QueryTree): Predicate {
  switch (predicate.type) {
    case 'and':
    case 'or':
      return { ...predicate, operands: predicate.operands.map((operand) => withTreesInside(operand, made)) };
    case 'not':
      return { ...predicate, operand: withTreesInside(predicate.operand, made) };
    case 'in_query': {
      const { tree } = predicate;
      return { ...predicate, tree: made({ ...tree, predicate: withTreesInside(tree.predicate, made) }) };
    }
    default:
      return predicate;
  }
}
