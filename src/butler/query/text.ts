/** Expressions and leaves as text, for messages to users. */
import type { OrderExpression } from './expression.ts';
import type { PredicateLeaf } from './predicate.ts';

/** Like stock Butler's `str()` of the same expression. */
export function expressionText(expression: OrderExpression): string {
  switch (expression.type) {
    case 'int':
      return expression.value.toString();
    case 'float':
      return Number.isInteger(expression.value) ? expression.value.toFixed(1) : String(expression.value);
    case 'string':
      return `'${expression.value}'`;
    case 'uuid':
      return expression.value;
    case 'datetime':
      return instantText(expression.nsec);
    case 'timespan':
      return `[${instantText(expression.begin)}, ${instantText(expression.end)})`;
    case 'region':
      return '(region)';
    case 'hash':
      return '(bytes)';
    case 'dimension_key':
      return expression.dimension;
    case 'dimension_field':
      return `${expression.element}.${expression.field}`;
    case 'dataset_field':
      return `${expression.datasetType}.${expression.field}`;
    case 'unary': {
      const operand = operandText(expression.operand);
      if (expression.operator === '-') return `-${operand}`;
      return `${operand}.${expression.operator === 'begin_of' ? 'begin' : 'end'}`;
    }
    case 'binary':
      return `${operandText(expression.a)} ${expression.operator} ${operandText(expression.b)}`;
    case 'reversed':
      return `${expressionText(expression.operand)} DESC`;
  }
}

/** Like stock Butler's `str()` of the same leaf. */
export function leafText(leaf: PredicateLeaf): string {
  switch (leaf.type) {
    case 'comparison':
      return `${expressionText(leaf.a)} ${leaf.operator.toUpperCase()} ${expressionText(leaf.b)}`;
    case 'is_null':
      return `${expressionText(leaf.operand)} IS NULL`;
    case 'boolean_wrapper':
      return expressionText(leaf.operand);
    case 'in_container':
      return `${expressionText(leaf.member)} IN [${leaf.container.map(expressionText).join(', ')}]`;
    case 'in_range': {
      const step = leaf.step === 1n ? '' : `:${leaf.step}`;
      return `${expressionText(leaf.member)} IN ${leaf.start || ''}:${leaf.stop ?? ''}${step}`;
    }
    case 'in_query':
      return `${expressionText(leaf.member)} IN (query).${expressionText(leaf.column)}`;
  }
}

function operandText(expression: OrderExpression): string {
  const text = expressionText(expression);
  return expression.type === 'unary' || expression.type === 'binary' ? `(${text})` : text;
}

function instantText(nsec: bigint): string {
  return new Date(Number(nsec / 1_000_000n)).toISOString().slice(0, 19);
}
