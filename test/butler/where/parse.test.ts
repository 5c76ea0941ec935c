import { describe, expect, it } from 'vitest';
import { InvalidQueryError, QueryTooCostlyError, SatelliteError } from '../../../src/butler/errors.ts';
import { MAX_LENGTH, MAX_NESTING, parseWhere } from '../../../src/butler/where/parse.ts';
import { syntaxText, type Syntax } from '../../../src/butler/where/syntax.ts';
import fc from '../../sample.ts';

const keywords = new Set(['AND', 'OR', 'NOT', 'IN', 'OVERLAPS', 'T']);
const word = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/).filter((name) => !keywords.has(name.toUpperCase()));

/** Syntax trees as the parser makes them: operators never hold operands that bind less tightly than themselves. */
const { expression } = fc.letrec<Record<'expression' | 'comparison' | 'value' | 'primary', Syntax>>((tie) => {
  const item = fc.oneof(
    fc.stringMatching(/^[-+]?\d{1,6}$/).map((text): Syntax => ({ kind: 'number', text })),
    word.map((name): Syntax => ({ kind: 'identifier', name })),
    word.map((name): Syntax => ({ kind: 'bind', name })),
    fc.string().map((text): Syntax => ({ kind: 'string', value: text.replaceAll(/['\n]/g, '') })),
    fc.tuple(fc.nat(), fc.nat(), fc.option(fc.integer({ min: 1 }))).map(([start, length, stride]): Syntax => ({
      kind: 'range',
      start: BigInt(start),
      stop: BigInt(start + length),
      stride: stride === null ? undefined : BigInt(stride),
    })),
  );
  const junction = (kind: 'and' | 'or', operand: fc.Arbitrary<Syntax>) =>
    fc.array(operand, { minLength: 2, maxLength: 4 }).map((operands): Syntax => ({ kind, operands }));
  const negation = fc.oneof(
    tie('comparison'),
    tie('comparison').map((operand): Syntax => ({ kind: 'not', operand })),
  );
  const conjunction = fc.oneof(negation, junction('and', negation));
  return {
    expression: fc.oneof(conjunction, junction('or', conjunction)),
    comparison: fc.oneof(
      tie('value'),
      fc
        .tuple(tie('value'), fc.constantFrom('=', '!=', '<', '<=', '>', '>=', 'OVERLAPS'), tie('value'))
        .map(([a, operator, b]): Syntax => ({ kind: 'comparison', a, operator, b })),
      fc
        .tuple(tie('value'), fc.array(item, { minLength: 1, maxLength: 4 }), fc.boolean())
        .map(([member, items, negated]): Syntax => ({ kind: 'in', member, items, negated })),
    ),
    value: fc.oneof(
      { depthSize: 'small' },
      tie('primary'),
      fc
        .tuple(tie('primary'), fc.constantFrom('+', '-', '*', '/', '%'), tie('primary'))
        .map(([a, operator, b]): Syntax => ({ kind: 'arithmetic', a, operator, b })),
    ),
    primary: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc
        .stringMatching(/^(\d{1,6}(\.\d{0,3})?|\.\d{1,3})(e[-+]?\d{1,2})?$/)
        .map((text): Syntax => ({ kind: 'number', text })),
      fc
        .array(word, { minLength: 1, maxLength: 3 })
        .map((names): Syntax => ({ kind: 'identifier', name: names.join('.') })),
      fc.string().map((text): Syntax => ({ kind: 'time', text: text.replaceAll(/['\n]/g, '') })),
      tie('expression').map((operand): Syntax => ({ kind: 'parentheses', operand })),
      tie('primary').map((operand): Syntax => ({ kind: 'sign', operator: '-', operand })),
      fc.tuple(tie('expression'), tie('expression')).map(([begin, end]): Syntax => ({ kind: 'pair', begin, end })),
      fc
        .tuple(word, fc.array(tie('expression'), { maxLength: 3 }))
        .map(([name, args]): Syntax => ({ kind: 'call', name, args })),
    ),
  };
});

describe('the grammar', () => {
  it('reads back every expression that it writes', () => {
    fc.assert(
      fc.property(expression, (syntax) => {
        expect(parseWhere(syntaxText(syntax))).toEqual(syntax);
      }),
    );
  });

  it('answers any text with syntax or an error for the user', () => {
    const pieces = fc.constantFrom(
      ..."()',:.-+*/%=<>!T1a ".split(''),
      '..',
      ' IN ',
      ' AND ',
      'NOT ',
      '\n',
      '\r',
      'é',
      '💫',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(pieces).map((p) => p.join('')),
        ),
        (text) => {
          try {
            parseWhere(text);
          } catch (error) {
            expect(error).toBeInstanceOf(SatelliteError);
          }
        },
      ),
    );
  });

  it.each(['', ' \t\n', '\n\n'])('takes %j for no condition at all', (text) =>
    expect(parseWhere(text)).toBeUndefined(),
  );

  it.each([
    ['a = 1 OR b = 2 AND NOT c = 3 = d', 'a = 1 OR b = 2 AND NOT c = 3 = d'],
    ['a=-1*2+3', 'a = - 1 * 2 + 3'],
    ['a in(-1,+2,:b,1 .. 5 : 2)', 'a IN (-1, +2, :b, 1..5:2)'],
    ['f(,1)', 'f(1)'],
    ['or.x = Null', 'or.x = Null'],
    ["t'2020-01-01' < a.b.c", "T'2020-01-01' < a.b.c"],
  ])('reads %s', (text, expected) => expect(syntaxText(parseWhere(text)!)).toBe(expected));

  it.each([
    ['a ==1', "near '=' (line: 1, pos: 4)"],
    ['a =', 'End of input'],
    ["a =\n ''''", "near '''' (line: 2, pos: 4)"],
    ['a = 1\r\n', 'Unexpected character at position 5'],
    ['a.b.c.d = 1', 'Unexpected character at position 5'],
    ['5-1..3', "near '-1..3'"],
    ['a IN ()', "near ')'"],
    ['a IN ((1))', "near '('"],
    ['a + NOT b', "near 'NOT'"],
    ['1..5:0', 'Unexpected character at position 4'],
    ['a IN (0..9223372036854775808)', 'integers have 64 bits'],
  ])('does not read %j', (text, reason) => {
    expect(() => parseWhere(text)).toThrow(InvalidQueryError);
    expect(() => parseWhere(text)).toThrow(reason);
  });

  it.each([
    ['text without end', 'a = 1 OR '.repeat(MAX_LENGTH)],
    ['parentheses without end', `${'('.repeat(MAX_NESTING + 1)}a = 1${')'.repeat(MAX_NESTING + 1)}`],
    ['opening parentheses only', '('.repeat(MAX_LENGTH)],
    ['functions in functions', 'f('.repeat(MAX_LENGTH / 2)],
  ])('refuses %s', (_, text) => expect(() => parseWhere(text)).toThrow(QueryTooCostlyError));

  it('reads as many parentheses as it says, and long chains', () => {
    expect(parseWhere(`${'('.repeat(MAX_NESTING)}a = 1${')'.repeat(MAX_NESTING)}`)).toBeDefined();
    expect(parseWhere(`${'a = 1 OR '.repeat(7000)}a = 1`)).toBeDefined();
    expect(parseWhere(`${'- '.repeat(30_000)}1`)).toBeDefined();
  });
});
