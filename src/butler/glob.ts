/** Globs in names of collections and dataset types, as Python's `fnmatch` reads them. */

/** Whether a search term is a glob and not a plain name: `*`, `?` or a pair of brackets. */
export function isGlob(term: string): boolean {
  return /[*?]|\[.*\]/.test(term);
}

/**
 * The regular expression that matches whole names as the glob does: case sensitive; `[!x]` negates.  Every `*` but the
 * last takes the shortest match for good, so that matching takes no longer than the product of both lengths.
 */
export function globToRegExp(glob: string): RegExp {
  const [head = '', ...parts] = partsBetweenStars([...glob]);
  const tail = parts.pop();
  const middle = parts.map((part, i) => (part === '' ? '' : `(?=(?<m${i}>.*?${part}))\\k<m${i}>`));
  return new RegExp(`^${head}${middle.join('')}${tail === undefined ? '' : `.*${tail}`}$`, 'su');
}

/** The sources of what stands before, between and after the stars. */
function partsBetweenStars(characters: readonly string[]): readonly string[] {
  const parts: string[] = [];
  let source = '';
  for (let i = 0; i < characters.length; i += 1) {
    const c = characters[i]!;
    if (c === '*') {
      parts.push(source);
      source = '';
    } else if (c === '?') source += '.';
    else if (c === '[') {
      // The first character of a set may be `]` itself.
      const first = characters[i + 1] === '!' ? i + 2 : i + 1;
      const end = characters.indexOf(']', first + 1);
      if (end < 0) source += '\\[';
      else {
        source += characterSet(characters.slice(first, end), first === i + 2);
        i = end;
      }
    } else source += literal(c);
  }
  return [...parts, source];
}

function characterSet(characters: readonly string[], negated: boolean): string {
  let set = '';
  for (let i = 0; i < characters.length; i += 1) {
    const from = characters[i]!;
    const to = characters[i + 2];
    if (characters[i + 1] === '-' && to !== undefined) {
      // A range that runs backwards holds nothing.
      if (from.codePointAt(0)! <= to.codePointAt(0)!) set += `${literal(from)}-${literal(to)}`;
      i += 2;
    } else set += literal(from);
  }
  return negated ? `[^${set}]` : `[${set}]`;
}

/** Letters, digits and `_` mean themselves everywhere in an expression; everything else is written by its number. */
function literal(character: string): string {
  return /\w/.test(character) ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
