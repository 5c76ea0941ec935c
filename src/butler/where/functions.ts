/** Functions of where-expressions. */
import { InvalidQueryError } from '../errors.ts';
import { didYouMean } from '../nearest-name.ts';
import type { Expression } from '../query/expression.ts';
import { box, circle, point, polygon } from '../region/construct.ts';
import { parseIvoaPos } from '../region/ivoa.ts';
import type { Region } from '../region/region.ts';
import { literalUuid } from './literals.ts';
import { FUNCTION_NAMES, syntaxText, type FunctionName, type Syntax } from './syntax.ts';

type Call = Extract<Syntax, { kind: 'call' }>;

/** Evaluates an argument to an expression; undefined where it is no value. */
type Evaluate = (argument: Syntax) => Expression | undefined;

/** The function of a call.  @throws InvalidQueryError for an unknown one, naming the nearest. */
export function functionOf({ name }: Call): FunctionName {
  const found = FUNCTION_NAMES.find((known) => known === name.toUpperCase());
  if (found) return found;
  throw new InvalidQueryError(`Unknown function '${name}' in expression.${didYouMean(name, FUNCTION_NAMES)}`);
}

/**
 * The region that POINT, CIRCLE, BOX, POLYGON or REGION means.
 * @param warn is told that the radius of a CIRCLE is doubled
 * @throws InvalidQueryError where arguments are of the wrong number or kind
 */
export function regionOf(
  call: Call,
  name: Exclude<FunctionName, 'GLOB' | 'UUID'>,
  evaluate: Evaluate,
  warn: (warning: string) => void,
): Region {
  switch (name) {
    case 'POINT': {
      const [ra, dec] = numbers(call, 2, 'two arguments (ra, dec)', evaluate);
      return point([ra!, dec!]);
    }
    case 'CIRCLE': {
      const [ra, dec, radius] = numbers(call, 3, 'three arguments (ra, dec, radius)', evaluate, true);
      warn(
        `CIRCLE doubles its radius, as the Butler does: ${syntaxText(call)} reaches ${2 * radius!} degrees. ` +
          `REGION('CIRCLE ${ra} ${dec} ${radius}') has the radius that is written.`,
      );
      return circle([ra!, dec!], 2 * radius!);
    }
    case 'BOX': {
      const [ra, dec, width, height] = numbers(call, 4, 'four arguments (ra, dec, width, height)', evaluate, true);
      return box([ra!, dec!], width!, height!);
    }
    case 'POLYGON': {
      if (call.args.length % 2 !== 0) throw new InvalidQueryError('POLYGON requires an even number of arguments.');
      if (call.args.length < 6) throw new InvalidQueryError('POLYGON requires at least three vertices.');
      const values = numbers(call, call.args.length, '', evaluate, true);
      return polygon(
        Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i]!, values[2 * i + 1]!] as const),
      );
    }
    case 'REGION': {
      const [argument] = args(call, 1, 'a single string argument');
      const text = ['string', 'bind', 'identifier'].includes(argument!.kind) ? evaluate(argument!) : undefined;
      if (text?.type !== 'string') {
        throw new InvalidQueryError(`Expression '${syntaxText(argument!)}' in REGION() is not a literal string.`);
      }
      return parseIvoaPos(text.value);
    }
  }
}

/** The UUID that `UUID('…')` means.  @throws InvalidQueryError where the argument is not a literal UUID. */
export function uuidOf(call: Call): Expression {
  const [argument] = args(call, 1, "a single argument, UUID('…')").map(withoutParentheses);
  if (argument!.kind !== 'string') throw new InvalidQueryError('UUID() argument must be a string literal.');
  return { type: 'uuid', value: literalUuid(argument.value) };
}

/** Column and pattern of `GLOB(column, pattern)`, as written.  @throws InvalidQueryError where they are of the wrong kind. */
export function globArguments(call: Call): readonly [column: Syntax, pattern: Syntax] {
  const [column, pattern] = args(call, 2, 'two arguments (column, pattern)').map(withoutParentheses);
  if (column!.kind !== 'identifier') throw new InvalidQueryError('GLOB() first argument must be an identifier.');
  if (pattern!.kind !== 'string' && pattern!.kind !== 'bind') {
    throw new InvalidQueryError('GLOB() second argument must be a string or a bind name (prefixed with colon).');
  }
  return [column, pattern];
}

function args(call: Call, count: number, expected: string): readonly Syntax[] {
  if (call.args.length !== count) throw new InvalidQueryError(`${call.name.toUpperCase()} requires ${expected}.`);
  return call.args;
}

/** Numbers of the arguments; `bare` ones may not stand in parentheses. */
function numbers(call: Call, count: number, expected: string, evaluate: Evaluate, bare = false): readonly number[] {
  return args(call, count, expected).map((argument) => {
    const value = bare && !bareKinds.has(argument.kind) ? undefined : numberOf(evaluate(argument));
    if (value !== undefined) return value;
    const name = call.name.toUpperCase();
    throw new InvalidQueryError(`Expression '${syntaxText(argument)}' in ${name}() is not a literal number.`);
  });
}

const bareKinds: ReadonlySet<Syntax['kind']> = new Set(['number', 'bind', 'identifier', 'sign']);

function numberOf(expression: Expression | undefined): number | undefined {
  switch (expression?.type) {
    case 'float':
      return expression.value;
    case 'int':
      return Number(expression.value);
    case 'unary': {
      const operand = expression.operator === '-' ? numberOf(expression.operand) : undefined;
      return operand === undefined ? undefined : -operand;
    }
    default:
      return undefined;
  }
}

function withoutParentheses(syntax: Syntax): Syntax {
  let inner = syntax;
  while (inner.kind === 'parentheses') inner = inner.operand;
  return inner;
}
