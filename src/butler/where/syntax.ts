/** Syntax trees of where-expressions, before names and types are resolved. */

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export type ComparisonSign = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'OVERLAPS';

/** Functions of the language; their names are accepted in any case. */
export const FUNCTION_NAMES = ['POINT', 'CIRCLE', 'BOX', 'POLYGON', 'REGION', 'GLOB', 'UUID'] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

export type Syntax =
  /** As written, with its sign where it is an item of IN. */
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  /** The text between the quotes of `T'…'`. */
  | { readonly kind: 'time'; readonly text: string }
  /** Both ends inclusive. */
  | { readonly kind: 'range'; readonly start: bigint; readonly stop: bigint; readonly stride: bigint | undefined }
  /** With one or two dots where it is qualified. */
  | { readonly kind: 'identifier'; readonly name: string }
  /** `:name`, without the colon. */
  | { readonly kind: 'bind'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Syntax[] }
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: Syntax }
  | { readonly kind: 'arithmetic'; readonly operator: ArithmeticOperator; readonly a: Syntax; readonly b: Syntax }
  | { readonly kind: 'comparison'; readonly operator: ComparisonSign; readonly a: Syntax; readonly b: Syntax }
  | {
      readonly kind: 'in';
      readonly member: Syntax;
      readonly items: readonly Syntax[];
      readonly negated: boolean;
    }
  | { readonly kind: 'not'; readonly operand: Syntax }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Syntax[] }
  | { readonly kind: 'parentheses'; readonly operand: Syntax }
  | { readonly kind: 'pair'; readonly begin: Syntax; readonly end: Syntax };

/** The expression as text, with single spaces; it parses to the same syntax. */
export function syntaxText(syntax: Syntax): string {
  switch (syntax.kind) {
    case 'number':
      return syntax.text;
    case 'string':
      return `'${syntax.value}'`;
    case 'time':
      return `T'${syntax.text}'`;
    case 'range':
      return `${syntax.start}..${syntax.stop}${syntax.stride === undefined ? '' : `:${syntax.stride}`}`;
    case 'identifier':
      return syntax.name;
    case 'bind':
      return `:${syntax.name}`;
    case 'call':
      return `${syntax.name}(${syntax.args.map(syntaxText).join(', ')})`;
    case 'sign':
      return `${syntax.operator} ${syntaxText(syntax.operand)}`;
    case 'arithmetic':
    case 'comparison':
      return `${syntaxText(syntax.a)} ${syntax.operator} ${syntaxText(syntax.b)}`;
    case 'in':
      return `${syntaxText(syntax.member)}${syntax.negated ? ' NOT' : ''} IN (${syntax.items.map(syntaxText).join(', ')})`;
    case 'not':
      return `NOT ${syntaxText(syntax.operand)}`;
    case 'and':
    case 'or':
      return syntax.operands.map(syntaxText).join(syntax.kind === 'and' ? ' AND ' : ' OR ');
    case 'parentheses':
      return `(${syntaxText(syntax.operand)})`;
    case 'pair':
      return `(${syntaxText(syntax.begin)}, ${syntaxText(syntax.end)})`;
  }
}
