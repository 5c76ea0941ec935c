import { describe, expect, test } from 'vitest';
import { globToRegExp, isGlob } from '../../src/butler/glob.ts';

describe('globs', () => {
  test.each([
    ['u/alice/*', 'u/alice/a/b', true],
    ['u/alice/*', 'u/bob', false],
    ['run?', 'run1', true],
    ['run?', 'run12', false],
    ['Run*', 'run1', false],
    ['a.b', 'axb', false],
    ['[ab]c', 'bc', true],
    ['[!ab]c', 'bc', false],
    ['[!ab]c', 'xc', true],
    ['[0-9]', '5', true],
    ['[9-0]', '5', false],
    ['[a-]', '-', true],
    ['[]]', ']', true],
    ['[[]x]', '[x]', true],
    ['u/[x]', 'u/[x]', false],
    ['[^a]', '^', true],
    ['a[b', 'a[b', true],
    ['a*z', 'a\nz', true],
    ['?', '💫', true],
  ])('%s on %s: %s, as fnmatch', (glob, name, matches) => {
    expect(globToRegExp(glob).test(name)).toBe(matches);
  });

  test('a plain name is no glob', () => {
    expect(['a', 'a[', 'a]['].map(isGlob)).toEqual([false, false, false]);
    expect(['a*', 'a?', 'a[b]'].map(isGlob)).toEqual([true, true, true]);
  });
});
