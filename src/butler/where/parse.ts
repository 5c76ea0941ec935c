/** From the text of a where-expression to its syntax tree. */
import { EOF } from 'chevrotain';
import { InvalidQueryError, QueryTooCostlyError } from '../errors.ts';
import { parser } from './grammar.ts';
import { Close, lexer, Open } from './lexer.ts';
import type { Syntax } from './syntax.ts';

export const MAX_LENGTH = 65_536;
/** Parentheses within parentheses. */
export const MAX_NESTING = 200;

/**
 * Parses an expression; undefined where there is nothing but white space.
 * @throws InvalidQueryError where it is not in the grammar; QueryTooCostlyError beyond `MAX_LENGTH` or `MAX_NESTING`.
 */
export function parseWhere(text: string): Syntax | undefined {
  if (text.length > MAX_LENGTH) {
    throw new QueryTooCostlyError(
      `The expression has ${text.length} characters, more than the limit of ${MAX_LENGTH}; use binds, or IN with a range.`,
    );
  }
  const { tokens, errors } = lexer.tokenize(text);
  if (errors[0]) throw parseFailure(text, `Unexpected character at position ${errors[0].offset}`);
  if (tokens.length === 0) return undefined;
  let depth = 0;
  for (const { tokenType } of tokens) {
    if (tokenType === Open) depth += 1;
    else if (tokenType === Close) depth -= 1;
    if (depth > MAX_NESTING) {
      throw new QueryTooCostlyError(`The expression nests parentheses deeper than ${MAX_NESTING}; simplify it.`);
    }
  }
  parser.input = tokens;
  const syntax = parser.expression();
  const error = parser.errors[0];
  if (!error) return syntax;
  const offset = error.token.startOffset;
  throw parseFailure(
    text,
    error.token.tokenType === EOF
      ? 'End of input reached while expecting further input'
      : `Syntax error at or near '${error.token.image}' (${position(text, offset)})`,
  );
}

/** The error of an expression that cannot be parsed, with what is wrong in it. */
function parseFailure(text: string, reason: string): InvalidQueryError {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return new InvalidQueryError(`Failed to parse expression '${shown}': ${reason}`);
}

function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line: ${before.length}, pos: ${before.at(-1)!.length + 1}`;
}
