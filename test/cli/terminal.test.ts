import { expect, test } from 'vitest';
import { printable } from '../../src/cli/terminal.ts';

test('what a terminal would obey is spelt out, and text stays as it is', () => {
  const title = '\u001b]0;owned\u0007\u009b2J\r\u202egpj';
  expect(printable(`Collection 'u/é/星':\n${title}`)).toBe(
    String.raw`Collection 'u/é/星':` + '\n' + String.raw`\u001b]0;owned\u0007\u009b2J\u000d\u202egpj`,
  );
});

test('JSON stays the same JSON', () => {
  const value = { doc: 'a\u0000\u001b[31m\t\u009b\u202e\n' };
  expect(JSON.parse(printable(JSON.stringify(value, undefined, 2)))).toEqual(value);
});
