import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { gatewayConfig } from '../../src/gateway/config.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Every key that holds a value, as the documentation writes it, and its default as it writes that. */
function keysOf(schema: JsonSchema, key = ''): [string, string | undefined][] {
  const choices = schema.oneOf ?? schema.anyOf ?? [];
  const items = schema.items as JsonSchema | undefined;
  if (choices.length > 0) return choices.flatMap((choice) => keysOf(choice, key));
  if (items?.properties || items?.oneOf) return keysOf(items, `${key}[]`);
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([name, value]) =>
      keysOf(value as JsonSchema, key === '' ? name : `${key}.${name}`),
    );
  }
  const { default: value } = schema;
  return [[key, typeof value === 'object' ? JSON.stringify(value) : (value as string | undefined)?.toString()]];
}

/** Keys, default and meaning of every row of the table in docs/configuration.md. */
async function documentedKeys(): Promise<Map<string, { given: string; meaning: string }>> {
  const page = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  return new Map(
    rows.flatMap((row) => {
      const [keys = '', given = '', meaning = ''] = row.split('|').slice(1);
      return keys.split(',').map((key) => [key.trim().replaceAll('`', ''), { given: given.trim(), meaning }] as const);
    }),
  );
}

const keys = new Map(keysOf(z.toJSONSchema(gatewayConfig, { io: 'input' })));

test('every key of a configuration has a row in docs/configuration.md, and every row has a key', async () => {
  expect([...(await documentedKeys()).keys()].toSorted()).toEqual([...keys.keys()].toSorted());
});

test('every row of docs/configuration.md says what the key means, and its default', async () => {
  for (const [key, { given, meaning }] of await documentedKeys()) {
    expect(meaning.trim(), key).toMatch(/^\S.{10,}$/);
    const value = keys.get(key);
    if (value === undefined) expect(given, key).toMatch(/^[a-z]/);
    else expect(given, key).toBe(`\`${value}\``);
  }
});
