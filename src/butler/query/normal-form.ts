/**
 * Conjunctive normal form, which the wire demands: an AND of OR-groups of leaves and negated leaves.  It is made exactly
 * as stock Butler makes it, group for group, but within a bound, because it explodes: k AND-pairs that are OR-ed give 2^k
 * groups, and their negation far more.
 */
import { QueryTooCostlyError } from '../errors.ts';
import { leavesOf, type Predicate, type PredicateLeaf } from './predicate.ts';

/** A leaf, or the negation of one. */
export interface SignedLeaf {
  readonly leaf: PredicateLeaf;
  readonly negated: boolean;
}

/** OR-ed; none: FALSE. */
export type OrGroup = readonly SignedLeaf[];
/** AND-ed; none: TRUE. */
export type NormalForm = readonly OrGroup[];

/** Groups that distribution may give; a predicate that has more terms itself may have as many groups as terms. */
export const MAX_GROUPS = 256;
/** Leaves of all groups together; a predicate that has more terms itself may have as many leaves as terms. */
export const MAX_LEAVES = 16_384;

/** Leaves that may be copied on the way, as NOT of NOT of a long OR does again and again. */
const MAX_COPIES = 4 * MAX_LEAVES;

interface Bound {
  readonly groups: number;
  readonly leaves: number;
  copies: number;
}

const falsehood: NormalForm = [[]];

/**
 * The normal form of a predicate.  Sizes are known before anything is expanded, so a hostile predicate costs no more
 * than an honest one.
 * @throws QueryTooCostlyError where it would be larger than `MAX_GROUPS` or `MAX_LEAVES`.
 */
export function normalForm(predicate: Predicate): NormalForm {
  const terms = leavesOf(predicate).reduce((n) => n + 1, 0);
  return expand(predicate, { groups: Math.max(MAX_GROUPS, terms), leaves: Math.max(MAX_LEAVES, terms), copies: 0 });
}

/** The predicate of a normal form. */
export function fromNormalForm(form: NormalForm): Predicate {
  const groups = form.map((group): Predicate => {
    const operands = group.map(({ leaf, negated }): Predicate => (negated ? { type: 'not', operand: leaf } : leaf));
    return operands.length === 1 ? operands[0]! : { type: 'or', operands };
  });
  return groups.length === 1 ? groups[0]! : { type: 'and', operands: groups };
}

function expand(predicate: Predicate, bound: Bound): NormalForm {
  switch (predicate.type) {
    case 'and': {
      const groups = predicate.operands.flatMap((operand) => expand(operand, bound));
      if (groups.some((group) => group.length === 0)) return falsehood;
      checkSize(groups.length, leafCount(groups), bound);
      return groups;
    }
    case 'or':
      return product(
        predicate.operands.map((operand) => expand(operand, bound)),
        bound,
      );
    case 'not': {
      const groups = expand(predicate.operand, bound);
      return product(
        groups.map((group) => group.map(({ leaf, negated }) => [{ leaf, negated: !negated }])),
        bound,
      );
    }
    default:
      return [[{ leaf: predicate, negated: false }]];
  }
}

/** OR of normal forms: each group joins one group of every form, the last form's groups changing fastest. */
function product(forms: readonly NormalForm[], bound: Bound): NormalForm {
  if (forms.some((form) => form.length === 0)) return [];
  const groups = forms.reduce((n, form) => n * form.length, 1);
  checkSize(groups, groups * forms.reduce((n, form) => n + leafCount(form) / form.length, 0), bound);
  return Array.from({ length: groups }, (_, index) => {
    let rest = index;
    const parts = forms.toReversed().map((form) => {
      const group = form[rest % form.length]!;
      rest = Math.floor(rest / form.length);
      return group;
    });
    return parts.toReversed().flat();
  });
}

function leafCount(form: NormalForm): number {
  return form.reduce((n, group) => n + group.length, 0);
}

function checkSize(groups: number, leaves: number, bound: Bound): void {
  bound.copies += leaves;
  if (groups <= bound.groups && leaves <= bound.leaves && bound.copies <= MAX_COPIES) return;
  throw new QueryTooCostlyError(
    `The query's normal form (an AND of ORs) would have more than ${bound.groups} groups or ${bound.leaves} terms: ` +
      'simplify ORs of ANDs, and NOT before them, for example by using IN.',
  );
}
