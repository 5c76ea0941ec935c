/**
 * The grammar of where-expressions.  Chains of one precedence are loops and not recursion;
 * only parentheses and arguments nest.
 */
import { EmbeddedActionsParser, type IToken } from 'chevrotain';
import * as t from './lexer.ts';
import { literalInteger } from './literals.ts';
import type { ArithmeticOperator, ComparisonSign, Syntax } from './syntax.ts';

class WhereParser extends EmbeddedActionsParser {
  constructor() {
    super(t.TOKENS, { recoveryEnabled: false, maxLookahead: 2, skipValidations: false });
    this.performSelfAnalysis();
  }

  /** expression := NOT* comparison { (AND | OR) NOT* comparison } */
  readonly expression = this.RULE('expression', (): Syntax => {
    const alternatives: Syntax[] = [];
    let conjunction: Syntax[] = [this.SUBRULE(this.negation)];
    this.MANY(() => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(t.And);
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Or);
            alternatives.push(chain('and', conjunction));
            conjunction = [];
          },
        },
      ]);
      conjunction.push(this.SUBRULE2(this.negation));
    });
    alternatives.push(chain('and', conjunction));
    return chain('or', alternatives);
  });

  private readonly negation = this.RULE('negation', (): Syntax => {
    let depth = 0;
    this.MANY(() => {
      this.CONSUME(t.Not);
      depth += 1;
    });
    let syntax = this.SUBRULE(this.comparison);
    for (; depth > 0; depth -= 1) syntax = { kind: 'not', operand: syntax };
    return syntax;
  });

  /** comparison := membership { sign membership }, from the left */
  private readonly comparison = this.RULE('comparison', (): Syntax => {
    let a = this.SUBRULE(this.membership);
    this.MANY(() => {
      const sign = this.OR([
        { ALT: () => this.CONSUME(t.Equal) },
        { ALT: () => this.CONSUME(t.NotEqual) },
        { ALT: () => this.CONSUME(t.Less) },
        { ALT: () => this.CONSUME(t.LessEqual) },
        { ALT: () => this.CONSUME(t.Greater) },
        { ALT: () => this.CONSUME(t.GreaterEqual) },
        { ALT: () => this.CONSUME(t.Overlaps) },
      ]);
      const b = this.SUBRULE2(this.membership);
      a = this.ACTION(() => ({ kind: 'comparison', operator: sign.image.toUpperCase() as ComparisonSign, a, b }));
    });
    return a;
  });

  /** membership := operand { arithmetic operand } [[NOT] IN ( item {, item} )] */
  private readonly membership = this.RULE('membership', (): Syntax => {
    const operands = [this.SUBRULE(this.operand)];
    const operators: ArithmeticOperator[] = [];
    this.MANY(() => {
      const operator = this.OR([
        { ALT: () => this.CONSUME(t.Plus) },
        { ALT: () => this.CONSUME(t.Minus) },
        { ALT: () => this.CONSUME(t.Times) },
        { ALT: () => this.CONSUME(t.Divide) },
        { ALT: () => this.CONSUME(t.Modulo) },
      ]);
      operators.push(operator.image as ArithmeticOperator);
      operands.push(this.SUBRULE2(this.operand));
    });
    const member = this.ACTION(() => arithmetic(operands, operators));
    return (
      this.OPTION(() => {
        const negated = this.OPTION2(() => this.CONSUME(t.Not)) !== undefined;
        this.CONSUME(t.In);
        this.CONSUME(t.Open);
        const items: Syntax[] = [];
        this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.item)) });
        this.CONSUME(t.Close);
        return { kind: 'in', member, items, negated } as const;
      }) ?? member
    );
  });

  private readonly item = this.RULE('item', (): Syntax =>
    this.OR([
      { ALT: () => this.SUBRULE(this.literal) },
      {
        ALT: () => {
          const sign = this.OR2([{ ALT: () => this.CONSUME(t.Plus) }, { ALT: () => this.CONSUME(t.Minus) }]);
          return { kind: 'number', text: sign.image + this.CONSUME(t.Numeric).image } as const;
        },
      },
      { ALT: () => ({ kind: 'bind', name: this.CONSUME(t.Bind).image.slice(1) }) as const },
      { ALT: () => this.SUBRULE(this.nameOrCall) },
    ]),
  );

  /** operand := { + | - } primary */
  private readonly operand = this.RULE('operand', (): Syntax => {
    const signs: IToken[] = [];
    this.MANY(() => {
      signs.push(this.OR([{ ALT: () => this.CONSUME(t.Plus) }, { ALT: () => this.CONSUME(t.Minus) }]));
    });
    const primary: Syntax = this.OR2([
      { ALT: () => this.SUBRULE(this.literal) },
      { ALT: () => ({ kind: 'identifier', name: this.CONSUME(t.Qualified).image }) as const },
      { ALT: () => ({ kind: 'bind', name: this.CONSUME(t.Bind).image.slice(1) }) as const },
      { ALT: () => this.SUBRULE(this.nameOrCall) },
      {
        ALT: () => {
          this.CONSUME(t.Open);
          const first = this.SUBRULE(this.expression);
          const second = this.OPTION(() => {
            this.CONSUME(t.Comma);
            return this.SUBRULE2(this.expression);
          });
          this.CONSUME(t.Close);
          return second
            ? ({ kind: 'pair', begin: first, end: second } as const)
            : ({ kind: 'parentheses', operand: first } as const);
        },
      },
    ]);
    return signs.reduceRight<Syntax>(
      (operand, sign) => ({ kind: 'sign', operator: sign.image as '+' | '-', operand }),
      primary,
    );
  });

  /** Stock Butler's grammar lets a list of arguments begin with a comma. */
  private readonly nameOrCall = this.RULE('nameOrCall', (): Syntax => {
    const name = this.CONSUME(t.Simple).image;
    const args = this.OPTION(() => {
      const list: Syntax[] = [];
      this.CONSUME(t.Open);
      this.OPTION2(() => list.push(this.SUBRULE(this.expression)));
      this.MANY(() => {
        this.CONSUME(t.Comma);
        list.push(this.SUBRULE2(this.expression));
      });
      this.CONSUME(t.Close);
      return list;
    });
    return args ? { kind: 'call', name, args } : { kind: 'identifier', name };
  });

  private readonly literal = this.RULE('literal', (): Syntax =>
    this.OR([
      { ALT: () => ({ kind: 'number', text: this.CONSUME(t.Numeric).image }) as const },
      { ALT: () => ({ kind: 'string', value: this.CONSUME(t.Text).image.slice(1, -1) }) as const },
      { ALT: () => ({ kind: 'time', text: this.CONSUME(t.Time).image.slice(2, -1) }) as const },
      {
        ALT: () => {
          const { image } = this.CONSUME(t.Range);
          return this.ACTION(() => range(image));
        },
      },
    ]),
  );
}

function chain(kind: 'and' | 'or', operands: readonly Syntax[]): Syntax {
  return operands.length === 1 ? operands[0]! : { kind, operands };
}

/** `* / %` before `+ -`, from the left. */
function arithmetic(operands: readonly Syntax[], operators: readonly ArithmeticOperator[]): Syntax {
  const terms = [operands[0]!];
  const sums: ArithmeticOperator[] = [];
  operators.forEach((operator, i) => {
    const b = operands[i + 1]!;
    if (operator === '+' || operator === '-') {
      sums.push(operator);
      terms.push(b);
    } else {
      terms.push({ kind: 'arithmetic', operator, a: terms.pop()!, b });
    }
  });
  return terms.reduce((a, b, i) => ({ kind: 'arithmetic', operator: sums[i - 1]!, a, b }));
}

/** @throws InvalidQueryError for an end of more than 64 bits, on which the stock server fails */
function range(image: string): Syntax {
  const [, start, stop, stride] = /^(-?\d+)\s*\.\.\s*(-?\d+)(?:\s*:\s*(\d+))?$/.exec(image)!;
  return {
    kind: 'range',
    start: literalInteger(start!),
    stop: literalInteger(stop!),
    stride: stride === undefined ? undefined : literalInteger(stride),
  };
}

export const parser = new WhereParser();
