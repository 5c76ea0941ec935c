/** Expressions and leaves as text, for messages to users. */
import type { OrderExpression } from './expression.ts';
import type { Predicate, PredicateLeaf } from './predicate.ts';

/** Characters of a predicate that are shown: a list may hold thousands of values. */
const MOST_SHOWN = 200;

/** A predicate about as its user wrote it, cut where it is long. */
export function predicateText(predicate: Predicate): string {
  const text = wholeText(predicate);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

function wholeText(predicate: Predicate): string {
  switch (predicate.type) {
    case 'and':
    case 'or': {
      if (predicate.operands.length === 0) return predicate.type === 'and' ? 'TRUE' : 'FALSE';
      const operands = predicate.operands.map((operand) =>
        operand.type === 'and' || operand.type === 'or' ? `(${wholeText(operand)})` : wholeText(operand),
      );
      return operands.join(` ${predicate.type.toUpperCase()} `);
    }
    case 'not':
      return `NOT (${wholeText(predicate.operand)})`;
    case 'comparison':
      return predicate.operator === '=='
        ? `${expressionText(predicate.a)} = ${expressionText(predicate.b)}`
        : leafText(predicate);
    case 'in_range': {
      const { member, start, stop, step } = predicate;
      const every = step === 1n ? '' : `:${step}`;
      return `${expressionText(member)} IN (${start}..${stop === null ? '' : stop - 1n}${every})`;
    }
    default:
      return leafText(predicate);
  }
}

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
