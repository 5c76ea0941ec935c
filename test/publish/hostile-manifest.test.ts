/** Manifests of packs that are made to fill the gateway's memory, or to keep it busy. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Universe } from '../../src/butler/universe.ts';
import type { ManifestCollection } from '../../src/publish/manifest.ts';
import type { ManifestStore } from '../../src/publish/manifest-store.ts';
import { linesOf } from '../../src/publish/packs/manifest-lines.ts';
import { PACK_FORMAT, PACK_VERSION, PackError } from '../../src/publish/packs/pack-format.ts';
import type { PackRecords } from '../../src/publish/packs/pack-records.ts';
import { checkChains } from '../../src/publish/packs/pack-references.ts';
import { packedStructure } from '../../src/publish/packs/packed-source.ts';
import type { ExaminedPack } from '../../src/publish/packs/packs.ts';
import { readPack } from '../../src/publish/packs/read-pack.ts';

const chain = (name: string, children: readonly string[]): ManifestCollection => {
  return { name, type: children.length > 0 ? 'CHAINED' : 'RUN', doc: '', children, isOfficial: false };
};
const byName = (collections: readonly ManifestCollection[]) => new Map(collections.map((info) => [info.name, info]));

/** Two chains a level, each of which holds both of the next one: 2 to the power of their number ways lead down. */
const ladder = Array.from({ length: 200 }, (_, level) =>
  ['a', 'b'].map((side) => chain(`${side}${level}`, level < 199 ? [`a${level + 1}`, `b${level + 1}`] : [])),
).flat();

test('chains that hold the same in ever more ways are looked at once each', () => {
  checkChains(byName(ladder));
  const pack = { header: { collections: ['a0', 'b0'], flattened: [] }, collections: ladder } as unknown as ExaminedPack;
  const { collections } = packedStructure(pack, { collections: ['a0', 'b0'], groups: [] }, new Set());
  expect(collections).toHaveLength(400);
});

test('chains that hold themselves, what is not there, or far too much below each other are refused', () => {
  const refused =
    (...collections: readonly ManifestCollection[]) =>
    () =>
      checkChains(byName(collections));
  expect(refused(chain('a', ['b']), chain('b', ['c']), chain('c', ['b']))).toThrow(/holds itself/);
  expect(refused(chain('a', ['b']))).toThrow("'a' holds 'b', which is not in the pack");
  const deep = Array.from({ length: 50_000 }, (_, i) => chain(`c${i}`, i > 0 ? [`c${i - 1}`] : []));
  expect(refused(...deep)).toThrow(/too deep/);
});

const header = {
  ...{ format: PACK_FORMAT, version: PACK_VERSION, universe: { namespace: 'daf_butler', version: 7 } },
  ...{ collections: [], officialDatasets: 0, flattened: [] },
};
const collection = (i: number, doc: string, children: readonly string[] = []) =>
  JSON.stringify(['collection', { ...chain(`u/alice/${i}`, children), doc }]);

/** How many items each write into the state has. */
async function batches(lines: Iterable<string>): Promise<readonly number[]> {
  const sizes: number[] = [];
  const store: Partial<ManifestStore> = {
    add: (_name, items) => Promise.resolve(sizes.push(items.length) && items.length),
    sameWitness: () => Promise.resolve(null),
  };
  const packs: Partial<PackRecords> = { unused: () => Promise.resolve([]) };
  const bytes = function* () {
    yield Buffer.from(`${JSON.stringify(header)}\n`);
    for (const line of lines) yield Buffer.from(`${line}\n`);
  };
  await readPack(Readable.from(bytes()), {
    ...{ name: { publication: 'p', version: 1 }, upload: 'u', signal: AbortSignal.timeout(60_000) },
    ...{ store: store as ManifestStore, packs: packs as PackRecords, universe: header.universe as Universe },
    progress: () => Promise.resolve(),
  });
  return sizes;
}

function* times(count: number, line: (i: number) => string): Generator<string> {
  for (let i = 0; i < count; i += 1) yield line(i);
}

test('long lines are looked at some at a time, and short ones a thousand', async () => {
  expect(await batches(times(2500, (i) => collection(i, '')))).toEqual([1000, 1000, 500]);
  const long = await batches(times(500, (i) => collection(i, 'x'.repeat(20_000))));
  expect(Math.max(...long)).toBeLessThan(220);
});

test('what would stay in memory has an end', async () => {
  await expect(batches(times(2000, (i) => collection(i, 'x'.repeat(20_000))))).rejects.toThrow(
    /dataset types and collections have more than 33554432 characters/,
  );
  const children = Array.from({ length: 100_000 }, (_, i) => `c${i}`);
  await expect(batches(times(11, (i) => collection(i, '', children)))).rejects.toThrow(/more than 1000000 children/);
});

test('a line is read as it comes, and refused once it is too long', async () => {
  const read = async (chunks: Iterable<Buffer>) => {
    const lines: string[] = [];
    for await (const line of linesOf(Readable.from(chunks))) lines.push(line);
    return lines;
  };
  const text = 'a\n\nbc\n\u00e9\n';
  expect(await read([...Buffer.from(text)].map((byte) => Buffer.from([byte])))).toEqual(['a', '', 'bc', '\u00e9']);
  expect(await read([Buffer.from(text)])).toEqual(['a', '', 'bc', '\u00e9']);
  await expect(read([Buffer.from('a\nb')])).rejects.toThrow(/ends within a line/);
  let given = 0;
  const endless = function* () {
    for (;;) yield Buffer.alloc((given += 1) && 1000, 'x');
  };
  await expect(read(endless())).rejects.toThrow(PackError);
  expect(given).toBeLessThan(2000);
});
