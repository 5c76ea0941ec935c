/**
 * Brings a predicate into the form that the rest of the compiler works on: NOT only directly over leaves, no TRUE or
 * FALSE inside, AND and OR flattened.  Its size stays linear, other than that of stock Butler's conjunctive normal form
 *, and every question that stock asks of its form has the same answer here.
 */
import { FALSE, TRUE, type Predicate } from '../../../butler/query/predicate.ts';
import type { Expression } from '../../../butler/query/expression.ts';
import { columnId } from './columns.ts';
import { checkDepth } from './dialect.ts';

export function negationNormalForm(predicate: Predicate): Predicate {
  return normalize(predicate, false, 0);
}

function normalize(predicate: Predicate, inverted: boolean, depth: number): Predicate {
  checkDepth(depth);
  switch (predicate.type) {
    case 'not':
      return normalize(predicate.operand, !inverted, depth + 1);
    case 'and':
    case 'or': {
      const type = (predicate.type === 'and') !== inverted ? 'and' : 'or';
      const operands = predicate.operands
        .map((operand) => normalize(operand, inverted, depth + 1))
        .flatMap((operand) => (operand.type === type ? operand.operands : [operand]));
      // what decides the whole (FALSE in AND, TRUE in OR); the neutral ones went with the flattening
      const decisive = type === 'and' ? FALSE : TRUE;
      if (operands.some((operand) => isConstant(operand, decisive))) return decisive;
      return operands.length === 1 ? operands[0]! : { type, operands };
    }
    default:
      return inverted ? { type: 'not', operand: predicate } : predicate;
  }
}

function isConstant(predicate: Predicate, constant: Predicate): boolean {
  return predicate.type === constant.type && 'operands' in predicate && predicate.operands.length === 0;
}

type PlainLiteral = Extract<Expression, { readonly type: 'int' | 'string' }>;

/** `x = 1 OR x = 2 OR …` as `x IN (1, 2, …)`, which databases look up in an index and take in any number. */
export function joinAlternatives(operands: readonly Predicate[]): readonly Predicate[] {
  const lists = new Map<string, { readonly member: Expression; readonly container: PlainLiteral[] }>();
  const others: Predicate[] = [];
  for (const operand of operands) {
    const { type } = operand;
    const isPlain =
      type === 'comparison' &&
      operand.operator === '==' &&
      (operand.b.type === 'int' || operand.b.type === 'string') &&
      (operand.a.type === 'dimension_key' || operand.a.type === 'dimension_field');
    if (!isPlain) {
      others.push(operand);
      continue;
    }
    const [member, literal] = [operand.a, operand.b];
    const key = `${literal.type} ${columnId(member)}`;
    const list = lists.get(key);
    if (list) list.container.push(literal);
    else lists.set(key, { member, container: [literal] });
  }
  return [
    ...others,
    ...[...lists.values()].map(({ member, container }): Predicate =>
      container.length === 1
        ? { type: 'comparison', operator: '==', a: member, b: container[0]! }
        : { type: 'in_container', member, container },
    ),
  ];
}
