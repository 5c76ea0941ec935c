import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { BUTLER_ERROR_CODES, GATEWAY_ERROR_CODES } from '../../src/butler/errors.ts';

/** Code, meaning and remedy of every row of the tables in docs/errors.md. */
async function documentedErrors(): Promise<string[][]> {
  const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

test('every error code has one row in docs/errors.md, and every row has a code', async () => {
  const documented = (await documentedErrors()).map(([code]) => code);
  const codes = [...BUTLER_ERROR_CODES, ...GATEWAY_ERROR_CODES, 'INTERNAL_SERVER_ERROR'];
  expect(documented.toSorted()).toEqual(codes.toSorted());
});

test('every row of docs/errors.md says what the error means and what to do about it', async () => {
  for (const [code, ...cells] of await documentedErrors()) {
    expect(cells, code).toHaveLength(2);
    for (const cell of cells) expect(cell, code).toMatch(/^\S.{10,}\.$/);
  }
});
