/** The chart's values, as far as they can be checked without helm. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseConfig } from '../../src/gateway/config.ts';
import { CHECKOUT } from '../../stack/checkout.ts';

const CHART = join(CHECKOUT, 'deploy', 'satellite');
const read = (name: string) => readFile(join(CHART, name), 'utf8');
const values = parse(await read('values.yaml')) as Values;
const example = parse(await read('values-example.yaml')) as Values;

interface Values {
  readonly config: { readonly repositories: readonly object[]; readonly gateway: object };
  readonly secrets: Readonly<Record<string, string>>;
}

/** Dotted names of all values; what is `{}` by default takes any keys. */
function pathsOf(of: unknown, known: unknown = of, path = ''): readonly string[] {
  const isOpen = known === undefined || known === null || Object.keys(known).length === 0 || path === 'secrets';
  if (typeof of !== 'object' || of === null || Array.isArray(of) || isOpen) return [path];
  return Object.entries(of).flatMap(([key, value]) =>
    pathsOf(value, (known as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`),
  );
}

test('what templates read has a default, and no default is for nothing', async () => {
  const templates = await Promise.all(
    (await readdir(join(CHART, 'templates'))).map((name) => read(`templates/${name}`)),
  );
  const used = templates.flatMap((text) => [...text.matchAll(/\.Values\.([\w.]+)/g)].map(([, path]) => path!));
  const known = pathsOf(values);
  const covers = (path: string, other: string) => path === other || path.startsWith(`${other}.`);
  expect(used.filter((path) => !known.some((other) => covers(other, path)))).toEqual([]);
  expect(known.filter((path) => !used.some((other) => covers(path, other)))).toEqual([]);
});

test('the example sets only what there is', () => {
  const known = new Set(pathsOf(values));
  expect(pathsOf(example, values).filter((path) => !known.has(path))).toEqual([]);
});

test('every secret is described, and the configuration names no other', async () => {
  const secrets = { ...values.secrets, ...example.secrets };
  const described = Object.keys(parse(await read('secrets.yaml')) as object);
  expect(Object.values(secrets).toSorted()).toEqual(described.toSorted());
  const named = [...stringify(example.config.gateway).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!);
  expect(named.filter((name) => !(name in secrets))).toEqual([]);
});

test('the example’s repositories and further sections are ones that the gateway takes', () => {
  const { repositories, gateway } = example.config;
  const auth = { gafaelfawr: { url: 'https://data.example.org' } };
  const text = stringify({ auth, state: '${SATELLITE_STATE}', repositories, ...gateway });
  const environment = Object.fromEntries(
    Object.keys({ ...values.secrets, ...example.secrets }).map((name) => [
      name,
      name.includes('KEY') ? 'key' : 'postgresql://host/database',
    ]),
  );
  const config = parseConfig(text, { file: '/etc/satellite/gateway.yaml', environment });
  expect(config.repositories.map(({ name }) => name)).toEqual(['dp1']);
});
