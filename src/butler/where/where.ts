/**
 * Where-expressions of the Butler's language: text, binds and a scope of names to a checked predicate
 *.
 */
import { InvalidQueryError, QueryTooCostlyError } from '../errors.ts';
import type { ColumnType, Universe } from '../universe.ts';
import { binary, comparison, inContainer, inRange, unary } from '../query/checked.ts';
import { columnType, isColumnReference } from '../query/column-type.ts';
import type { Expression } from '../query/expression.ts';
import type { Predicate } from '../query/predicate.ts';
import { TRUE } from '../query/predicate.ts';
import { timespanBetween } from '../timespan.ts';
import { readBind, type BindInput, type BindValue } from './bind.ts';
import { functionOf, globArguments, regionOf, uuidOf } from './functions.ts';
import { namesColumn, resolveIdentifier, type NameScope } from './identifiers.ts';
import { literalFloat, literalInteger, literalTime } from './literals.ts';
import { parseWhere } from './parse.ts';
import { syntaxText, type ComparisonSign, type Syntax } from './syntax.ts';

/** What an expression is read with. */
export interface WhereContext extends NameScope {
  readonly bind: BindInput;
  /** Takes a sentence where the expression does not mean what it seems to (a doubled radius, a clipped time, …). */
  readonly warn: (warning: string) => void;
}

/** What a part of an expression means. */
type Meaning =
  | { readonly kind: 'predicate'; readonly predicate: Predicate }
  | { readonly kind: 'value'; readonly expression: Expression }
  | { readonly kind: 'null' }
  | { readonly kind: 'sequence'; readonly items: readonly Expression[] }
  | { readonly kind: 'range'; readonly start: bigint; readonly stop: bigint; readonly stride: bigint };

/** Parts within parts: nested parentheses, and chains of arithmetic and comparisons. */
const MAX_DEPTH = 900;

/**
 * The predicate of an expression; TRUE where it is empty.
 * @throws InvalidQueryError where it is not in the grammar, a name is unknown, types do not fit, or stock Butler would
 * crash; QueryTooCostlyError where it is too long or too deep.
 */
export function wherePredicate(text: string, context: WhereContext): Predicate {
  const syntax = parseWhere(text);
  if (!syntax) return TRUE;
  const meaning = new Interpreter(context).interpret(syntax, 0);
  if (meaning.kind === 'predicate') return meaning.predicate;
  throw new InvalidQueryError(
    `Expression '${excerpt(syntax)}' is a value of type ${typeName(context.dimensions.universe, meaning)}, not a condition.`,
  );
}

class Interpreter {
  readonly #context: WhereContext;
  readonly #universe: Universe;
  readonly #binds = new Map<string, BindValue>();

  constructor(context: WhereContext) {
    this.#context = context;
    this.#universe = context.dimensions.universe;
  }

  interpret(syntax: Syntax, depth: number): Meaning {
    if (depth > MAX_DEPTH) {
      throw new QueryTooCostlyError(`The expression nests deeper than ${MAX_DEPTH} levels; simplify it.`);
    }
    switch (syntax.kind) {
      case 'and':
      case 'or':
        return this.#junction(syntax, depth);
      case 'not': {
        const operand = this.interpret(syntax.operand, depth + 1);
        if (operand.kind !== 'predicate') throw this.#notUnary('NOT', operand, syntax);
        return predicate({ type: 'not', operand: operand.predicate });
      }
      case 'comparison':
        return this.#comparison(syntax, this.interpret(syntax.a, depth + 1), this.interpret(syntax.b, depth + 1));
      case 'in':
        return this.#membership(syntax, depth);
      case 'arithmetic': {
        const a = this.interpret(syntax.a, depth + 1);
        const b = this.interpret(syntax.b, depth + 1);
        if (a.kind !== 'value' || b.kind !== 'value') throw this.#notBinary(syntax.operator, a, b, syntax);
        return value(binary(this.#universe, syntax.operator, a.expression, b.expression));
      }
      case 'sign':
        return this.#sign(syntax, this.interpret(syntax.operand, depth + 1));
      case 'parentheses':
        return this.interpret(syntax.operand, depth + 1);
      case 'pair':
        return this.#timespan(syntax, depth);
      case 'call':
        return this.#call(syntax, depth);
      case 'identifier':
        if (Object.hasOwn(this.#context.bind, syntax.name) && namesColumn(this.#context, syntax.name)) {
          this.#context.warn(`Bind '${syntax.name}' takes the place of the column of the same name.`);
        }
        return this.#identifier(syntax.name);
      case 'bind':
        if (!Object.hasOwn(this.#context.bind, syntax.name)) {
          throw new InvalidQueryError(`Name '${syntax.name}' is not in the bind map.`);
        }
        return this.#identifier(syntax.name);
      case 'number':
        return value(
          /^[-+]?\d+$/.test(syntax.text)
            ? { type: 'int', value: literalInteger(syntax.text) }
            : { type: 'float', value: literalFloat(syntax.text) },
        );
      case 'string':
        return value({ type: 'string', value: syntax.value });
      case 'time':
        return value({ type: 'datetime', nsec: literalTime(syntax.text, this.#context.warn) });
      case 'range':
        return { kind: 'range', start: syntax.start, stop: syntax.stop, stride: syntax.stride ?? 1n };
    }
  }

  #junction(syntax: Extract<Syntax, { kind: 'and' | 'or' }>, depth: number): Meaning {
    const meanings = syntax.operands.map((operand) => this.interpret(operand, depth + 1));
    const operands = meanings.map((meaning, i) => {
      if (meaning.kind === 'predicate') return meaning.predicate;
      throw this.#notBinary(
        syntax.kind.toUpperCase(),
        meanings[Math.max(0, i - 1)]!,
        meanings[Math.max(1, i)]!,
        syntax,
      );
    });
    return predicate({ type: syntax.kind, operands });
  }

  #comparison(syntax: Extract<Syntax, { kind: 'comparison' }>, a: Meaning, b: Meaning): Meaning {
    if (a.kind === 'value' && b.kind === 'value') {
      return predicate(comparison(this.#universe, a.expression, operatorOf(syntax.operator), b.expression));
    }
    const operand = a.kind === 'null' ? columnOf(b) : b.kind === 'null' ? columnOf(a) : undefined;
    if (!operand || (syntax.operator !== '=' && syntax.operator !== '!=')) {
      throw this.#notBinary(syntax.operator, a, b, syntax);
    }
    const isNull: Predicate = { type: 'is_null', operand };
    return predicate(syntax.operator === '=' ? isNull : { type: 'not', operand: isNull });
  }

  #membership(syntax: Extract<Syntax, { kind: 'in' }>, depth: number): Meaning {
    const member = this.interpret(syntax.member, depth + 1);
    if (member.kind !== 'value') {
      throw new InvalidQueryError(`Left side of IN must be a value in '${excerpt(syntax)}'.`);
    }
    const operands = syntax.items.map((item): Predicate => {
      if (item.kind === 'call' && functionOf(item) !== 'UUID') {
        throw new InvalidQueryError(`Unsupported type of expression in IN operator: ${syntaxText(item)}`);
      }
      return this.#isMember(member.expression, this.interpret(item, depth + 1), syntax);
    });
    const any: Predicate = operands.length === 1 ? operands[0]! : { type: 'or', operands };
    return predicate(syntax.negated ? { type: 'not', operand: any } : any);
  }

  #isMember(member: Expression, item: Meaning, syntax: Syntax): Predicate {
    switch (item.kind) {
      case 'sequence':
        return inContainer(this.#universe, member, item.items);
      case 'range':
        return inRange(this.#universe, member, item.start, item.stop + 1n, item.stride);
      case 'value':
        return comparison(this.#universe, member, '==', item.expression);
      case 'null':
        return { type: 'is_null', operand: member };
      default:
        throw new InvalidQueryError(`Invalid IN expression: '${excerpt(syntax)}'`);
    }
  }

  #sign(syntax: Extract<Syntax, { kind: 'sign' }>, operand: Meaning): Meaning {
    if (operand.kind !== 'value') throw this.#notUnary(syntax.operator, operand, syntax);
    const type = columnType(this.#universe, operand.expression);
    if (type !== 'int' && type !== 'float') throw this.#notUnary(syntax.operator, operand, syntax);
    return syntax.operator === '+' ? operand : value(unary(this.#universe, '-', operand.expression));
  }

  #timespan(syntax: Extract<Syntax, { kind: 'pair' }>, depth: number): Meaning {
    const [begin, end] = [syntax.begin, syntax.end].map((part) => {
      const bound = this.interpret(part, depth + 1);
      if (bound.kind === 'null') return null;
      if (bound.kind === 'value' && bound.expression.type === 'datetime') return bound.expression.nsec;
      throw new InvalidQueryError(
        `Invalid type in timespan tuple "${excerpt(syntax)}" ` +
          '(Note that date/time strings must be preceded by "T" to be recognized).',
      );
    });
    if (typeof begin === 'bigint' && typeof end === 'bigint' && begin > end) {
      this.#context.warn(`Timespan ${excerpt(syntax)} begins after its end: it is empty and overlaps nothing.`);
    }
    return value({ type: 'timespan', ...timespanBetween(begin ?? null, end ?? null) });
  }

  #call(syntax: Extract<Syntax, { kind: 'call' }>, depth: number): Meaning {
    const name = functionOf(syntax);
    if (name === 'UUID') return value(uuidOf(syntax));
    if (name === 'GLOB') {
      const [column, pattern] = globArguments(syntax).map((part) => this.interpret(part, depth + 1));
      if (pattern!.kind !== 'value' || pattern!.expression.type !== 'string') {
        throw new InvalidQueryError(`GLOB() second argument must be a string (in '${excerpt(syntax)}').`);
      }
      if (column!.kind !== 'value' || !isStringColumn(this.#universe, column!.expression)) {
        throw new InvalidQueryError(`GLOB() first argument must be a string column (in '${excerpt(syntax)}').`);
      }
      return predicate(comparison(this.#universe, column!.expression, 'glob', pattern!.expression));
    }
    const evaluate = (argument: Syntax) => {
      const meaning = this.interpret(argument, depth + 1);
      return meaning.kind === 'value' ? meaning.expression : undefined;
    };
    return value({ type: 'region', region: regionOf(syntax, name, evaluate, this.#context.warn) });
  }

  #identifier(name: string): Meaning {
    const isNull = name.toLowerCase() === 'null';
    if (Object.hasOwn(this.#context.bind, name)) {
      const bound = this.#bound(name);
      if (bound.type === 'sequence') return { kind: 'sequence', items: bound.items };
      if (!isNull) return value(bound);
      this.#context.warn(`Bind '${name}' is not used: NULL stands for no value.`);
    }
    if (isNull) return { kind: 'null' };
    const column = resolveIdentifier(this.#context, name);
    if (isColumnReference(column) && columnType(this.#universe, column) === 'bool') {
      return predicate({ type: 'boolean_wrapper', operand: column });
    }
    return value(column);
  }

  #bound(name: string): BindValue {
    const known = this.#binds.get(name);
    if (known) return known;
    const bound = readBind(name, this.#context.bind[name], this.#context.warn);
    this.#binds.set(name, bound);
    return bound;
  }

  #notBinary(operator: string, a: Meaning, b: Meaning, syntax: Syntax): InvalidQueryError {
    const types = [a, b].map((meaning) => typeName(this.#universe, meaning)).join(', ');
    return new InvalidQueryError(
      `Invalid types ${types} for binary operator '${operator}' in expression ${excerpt(syntax)}.`,
    );
  }

  #notUnary(operator: string, operand: Meaning, syntax: Syntax): InvalidQueryError {
    const type = typeName(this.#universe, operand);
    return new InvalidQueryError(
      `Unary operator '${operator}' is not valid for operand of type ${type} in ${excerpt(syntax)}.`,
    );
  }
}

function predicate(p: Predicate): Meaning {
  return { kind: 'predicate', predicate: p };
}

function value(expression: Expression): Meaning {
  return { kind: 'value', expression };
}

/** The column that a comparison with NULL tests. */
function columnOf(meaning: Meaning): Expression | undefined {
  if (meaning.kind === 'value') return meaning.expression;
  if (meaning.kind === 'predicate' && meaning.predicate.type === 'boolean_wrapper') return meaning.predicate.operand;
  return undefined;
}

function operatorOf(sign: ComparisonSign) {
  return sign === '=' ? '==' : sign === 'OVERLAPS' ? 'overlaps' : sign;
}

function isStringColumn(universe: Universe, expression: Expression): boolean {
  return isColumnReference(expression) && columnType(universe, expression) === 'string';
}

function typeName(universe: Universe, meaning: Meaning): ColumnType | Meaning['kind'] {
  if (meaning.kind === 'value') return columnType(universe, meaning.expression);
  return meaning.kind === 'predicate' ? 'bool' : meaning.kind;
}

/** The text of a part, cut where it is long. */
function excerpt(syntax: Syntax): string {
  const text = syntaxText(syntax);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
