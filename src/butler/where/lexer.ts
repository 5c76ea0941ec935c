/**
 * Tokens of where-expressions.  The first pattern of the list that matches wins, as in
 * stock Butler's lexer, so their order matters.
 */
import { createToken, Lexer, type TokenType } from 'chevrotain';

const digits = '0123456789'.split('');
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_'];

function token(name: string, pattern: RegExp, startsWith: readonly string[], longerAlternative?: TokenType): TokenType {
  return createToken({
    name,
    pattern,
    start_chars_hint: [...startsWith],
    line_breaks: false,
    ...(longerAlternative ? { longer_alt: longerAlternative } : {}),
  });
}

const Space = createToken({ name: 'Space', pattern: /[ \t\n]+/, group: Lexer.SKIPPED, line_breaks: true });
export const Time = token('Time', /T'[^'\n]*'/i, ['T', 't']);
export const Text = token('Text', /'[^'\n]*'/, ["'"]);
export const Range = token('Range', /-?\d+\s*\.\.\s*-?\d+(?:\s*:\s*[1-9]\d*)?/, ['-', ...digits]);
export const Numeric = token('Numeric', /\d+(?:\.\d*)?(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?/i, ['.', ...digits]);
export const Qualified = token('Qualified', /[a-z_]\w*(?:\.[a-z_]\w*){1,2}/i, letters);
export const Simple = token('Simple', /[a-z_]\w*/i, letters);
export const Or = token('Or', /OR/i, ['O', 'o'], Simple);
export const And = token('And', /AND/i, ['A', 'a'], Simple);
export const Not = token('Not', /NOT/i, ['N', 'n'], Simple);
export const In = token('In', /IN/i, ['I', 'i'], Simple);
export const Overlaps = token('Overlaps', /OVERLAPS/i, ['O', 'o'], Simple);
export const Bind = token('Bind', /:[a-z_]\w*/i, [':']);
export const NotEqual = token('NotEqual', /!=/, ['!']);
export const LessEqual = token('LessEqual', /<=/, ['<']);
export const GreaterEqual = token('GreaterEqual', />=/, ['>']);
export const Equal = token('Equal', /=/, ['=']);
export const Less = token('Less', /</, ['<']);
export const Greater = token('Greater', />/, ['>']);
export const Plus = token('Plus', /\+/, ['+']);
export const Minus = token('Minus', /-/, ['-']);
export const Times = token('Times', /\*/, ['*']);
export const Divide = token('Divide', /\//, ['/']);
export const Modulo = token('Modulo', /%/, ['%']);
export const Open = token('Open', /\(/, ['(']);
export const Close = token('Close', /\)/, [')']);
export const Comma = token('Comma', /,/, [',']);

export const TOKENS: TokenType[] = [
  Space,
  Time,
  Text,
  Range,
  Numeric,
  Qualified,
  Or,
  And,
  Not,
  In,
  Overlaps,
  Simple,
  Bind,
  NotEqual,
  LessEqual,
  GreaterEqual,
  Equal,
  Less,
  Greater,
  Plus,
  Minus,
  Times,
  Divide,
  Modulo,
  Open,
  Close,
  Comma,
];

export const lexer = new Lexer(TOKENS, { positionTracking: 'onlyOffset', ensureOptimizations: true });
