/** Chains that somebody wrote into their own satellite to keep the gateway busy, or to fill its memory. */
import { expect, test } from 'vitest';
import { childrenFirst } from '../../src/butler/chains.ts';
import type { CollectionInfo } from '../../src/butler/collection.ts';
import type { QueryContext, Repository } from '../../src/repository/repository.ts';
import { officialAsFrozen, publishedStructure } from '../../src/publish/structure.ts';

const chain = (name: string, children: readonly string[]): CollectionInfo => {
  return { name, type: children.length > 0 ? 'CHAINED' : 'RUN', doc: '', children };
};
const ctx: QueryContext = { caller: { username: 'alice' }, signal: new AbortController().signal };

function structureOf(names: readonly string[], collections: readonly CollectionInfo[]) {
  const byName = new Map(collections.map((info) => [info.name, info]));
  const source: Partial<Repository> = {
    collections: ({ search }) => Promise.resolve(search.flatMap((name) => byName.get(name) ?? [])),
  };
  return publishedStructure(source as Repository, names, officialAsFrozen([]), ctx);
}

/** Two chains a level, each of which holds both of the next one: 2 to the power of their number ways lead down. */
const ladder = (levels: number, prefix = '') =>
  Array.from({ length: levels }, (_, i) =>
    ['a', 'b'].map((side) =>
      chain(`${prefix}${side}${i}`, i < levels - 1 ? [`${prefix}a${i + 1}`, `${prefix}b${i + 1}`] : []),
    ),
  ).flat();

test('chains of official names that hold the same in ever more ways are looked at once each', async () => {
  const top = chain('u/alice/top', ['a0', 'b0']);
  const { collections, flattened } = await structureOf(['u/alice/top'], [top, ...ladder(200)]);
  expect(collections.map(({ name, children }) => [name, children])).toEqual([
    ['a199', []],
    ['b199', []],
    ['u/alice/top', ['a199', 'b199']],
  ]);
  expect(flattened).toHaveLength(398);
});

test('so are chains of one’s own', async () => {
  const { collections } = await structureOf(['u/alice/a0'], ladder(200, 'u/alice/'));
  expect(collections).toHaveLength(399);
});

test.each(['', 'u/alice/'])('chains that hold themselves are refused (names begin with “%s”)', async (prefix) => {
  const circle = [
    chain(`${prefix}a`, [`${prefix}b`]),
    chain(`${prefix}b`, [`${prefix}c`, `${prefix}a`]),
    chain(`${prefix}c`, []),
  ];
  await expect(structureOf([`${prefix}a`], circle)).rejects.toMatchObject({ code: 'COLLECTION_CYCLE' });
});

test('chains that lead to far more children than anybody has are refused', async () => {
  const many = Array.from({ length: 2000 }, (_, i) => chain(`run${i}`, []));
  const all = chain(
    'all',
    many.map(({ name }) => name),
  );
  const own = Array.from({ length: 1000 }, (_, i) => chain(`u/alice/${i}`, ['all']));
  const names = own.map(({ name }) => name);
  await expect(structureOf(names, [...many, all, ...own])).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test('chains come after what they hold, however deep and in whichever order', () => {
  const deep = Array.from({ length: 50_000 }, (_, i) => chain(`c${i}`, i > 0 ? [`c${i - 1}`] : []));
  const found = new Map(deep.toReversed().map((info) => [info.name, info]));
  expect(childrenFirst(found)).toEqual(deep);
  const mixed = [chain('top', ['x', 'y']), chain('y', ['x', 'z']), chain('x', ['z']), chain('z', [])];
  const order = childrenFirst(new Map(mixed.map((info) => [info.name, info])));
  expect(order.map(({ name }) => name)).toEqual(['z', 'x', 'y', 'top']);
});
