/** Numbers and regions of large publications, of which many ask at once. */
import { expect, test } from 'vitest';
import { skyOf } from '../../resolvers/publication-manifest.ts';
import { encodeRegion } from '../../src/butler/region/codec.ts';
import { parseIvoaPos } from '../../src/butler/region/ivoa.ts';
import { KeptSummaries } from '../../src/publish/kept-summaries.ts';
import { MOST_REGIONS, type ManifestSummary } from '../../src/publish/manifest-summary.ts';

const REGION = encodeRegion(parseIvoaPos('CIRCLE 10 20 0.5'));

function summaryWith(regions: readonly Uint8Array[]): ManifestSummary {
  const places = regions.map((region, visit) => ({ element: 'visit', dataId: { visit }, region, datasetCount: 1 }));
  return { sizes: [], regions: places, regionCount: regions.length, elsewhere: 0 };
}

test('a manifest is read once for all who ask, and again where that failed', async () => {
  const summaries = new KeptSummaries();
  let made = 0;
  const make = () => {
    made++;
    return made === 1 ? Promise.reject(new Error('interrupted')) : Promise.resolve(summaryWith([REGION]));
  };
  await expect(Promise.all([summaries.get('a', make), summaries.get('a', make)])).rejects.toThrow('interrupted');
  expect(made).toBe(1);
  const [first, second] = await Promise.all([summaries.get('a', make), summaries.get('a', make)]);
  expect(await summaries.get('a', make)).toBe(first);
  expect(second).toBe(first);
  expect(made).toBe(2);
});

test('of many large ones, those stay that were asked for last', async () => {
  const summaries = new KeptSummaries();
  const large = summaryWith(Array.from({ length: MOST_REGIONS }, () => REGION));
  const made: string[] = [];
  for (const digest of ['a', 'b', 'c', 'd', 'e', 'f', 'f', 'a']) {
    await summaries.get(digest, () => {
      made.push(digest);
      return Promise.resolve(large);
    });
  }
  expect(made).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'a']);
});

test('a region that cannot be read hides no other one', async () => {
  const summary = () => Promise.resolve(summaryWith([Uint8Array.of(1, 2, 3), REGION]));
  const { regions } = await skyOf({ summary }, 10);
  expect(regions.map(({ regionPos }) => regionPos)).toEqual([null, expect.stringContaining('CIRCLE')]);
});
