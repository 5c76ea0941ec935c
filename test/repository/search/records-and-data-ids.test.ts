import { describe, expect, it } from 'vitest';
import type { Repository, QueryContext } from '../../../src/repository/repository.ts';
import { searchDataIds } from '../../../src/repository/search/data-ids.ts';
import { searchDimensionRecords } from '../../../src/repository/search/dimension-records.ts';
import { recordDataId } from '../../../src/repository/federated/identity.ts';
import { recordsOfDataIds } from '../../../src/repository/search/records-of-data-ids.ts';
import type { SearchPage } from '../../../src/repository/search/search.ts';
import { streamDataIds, streamDimensionRecords } from '../../../src/repository/search/streams.ts';
import { ArrayRepository } from '../federated/array-repository.ts';
import { smallUniverse } from '../federated/small-universe.ts';
import fc from '../../sample.ts';

const ctx: QueryContext = { caller: { username: 'alice' }, signal: new AbortController().signal };
const universe = smallUniverse();

const detector = fc.record({
  instrument: fc.constantFrom('A', 'b', '\u{1F52D}', '\uFFFD'),
  detector: fc.integer({ min: 0, max: 4 }),
  purpose: fc.constantFrom('SCIENCE', 'WAVEFRONT', null),
});
type Detector = typeof detector extends fc.Arbitrary<infer T> ? T : never;

const idOf = ({ instrument, detector: id }: Detector) => `${instrument},${id}`;
const contents = fc.array(fc.uniqueArray(detector, { maxLength: 8, selector: idOf }), { minLength: 1, maxLength: 3 });

function repositoriesOf(detectors: readonly (readonly Detector[])[]): ArrayRepository[] {
  return detectors.map((own, i) => {
    const instruments = [...new Set(own.map((d) => d.instrument))].map((instrument) => ({ instrument }));
    const records = { instrument: instruments, detector: own };
    return new ArrayRepository(`m${i}`, { universe, datasetTypes: [], collections: {}, datasets: [], records });
  });
}

/** Each data ID once, as the earliest repository has it; by purpose (nulls first) where asked, then by UTF-8 bytes. */
function expected(detectors: readonly (readonly Detector[])[], byPurpose: boolean): readonly string[] {
  const united = new Map<string, Detector & { repository: string }>();
  for (const [i, own] of detectors.entries()) {
    for (const d of own) if (!united.has(idOf(d))) united.set(idOf(d), { ...d, repository: `m${i}` });
  }
  const bytes = (text: string) => Buffer.from(text);
  return [...united.values()]
    .sort(
      (a, b) =>
        (byPurpose ? (a.purpose ?? '').localeCompare(b.purpose ?? '') : 0) ||
        Buffer.compare(bytes(a.instrument), bytes(b.instrument)) ||
        a.detector - b.detector,
    )
    .map((d) => `${idOf(d)} of ${d.repository}`);
}

async function walk<Row>(first: number, search: (after: string | undefined) => Promise<SearchPage<Row>>) {
  const rows: Row[] = [];
  for (let after: string | undefined; ;) {
    const page = await search(after);
    rows.push(...page.rows);
    if (!page.hasNextPage) return { rows, total: await page.totalCount() };
    expect(page.rows).toHaveLength(first);
    after = page.cursorAt(page.rows.length - 1);
  }
}

const paging = (first: number, after: string | undefined) => ({ first, ...(after !== undefined && { after }) });
const question = fc.record({ first: fc.integer({ min: 1, max: 5 }), byPurpose: fc.boolean() });

describe('Dimension records of several repositories', () => {
  it('are given page by page as one answer, each as the earliest repository has it', async () => {
    await fc.assert(
      fc.asyncProperty(contents, question, async (detectors, { first, byPurpose }) => {
        const members: Repository[] = repositoriesOf(detectors);
        const terms = { element: 'detector', ...(byPurpose && { orderBy: ['purpose'] }) };
        const { rows, total } = await walk(first, (after) =>
          searchDimensionRecords(members, { ...terms, ...paging(first, after) }, ctx),
        );
        const written = ({ fields, repository }: (typeof rows)[number]) =>
          `${[fields['instrument'] as string, fields['id'] as number].join(',')} of ${repository}`;
        expect(rows.map(written)).toEqual(expected(detectors, byPurpose));
        expect(total).toBe(rows.length);
        const streamed = await Array.fromAsync(streamDimensionRecords(members, terms, ctx));
        expect(streamed.flat().map(written)).toEqual(expected(detectors, byPurpose));
      }),
    );
  });
});

describe('Data IDs of several repositories', () => {
  it('are given page by page as one answer, each from the earliest repository', async () => {
    await fc.assert(
      fc.asyncProperty(contents, question, async (detectors, { first, byPurpose }) => {
        const members: Repository[] = repositoriesOf(detectors);
        const terms = { dimensions: ['detector'], ...(byPurpose && { orderBy: ['detector.purpose'] }) };
        const { rows, total } = await walk(first, (after) =>
          searchDataIds(members, { ...terms, ...paging(first, after) }, ctx),
        );
        const written = ({ values, repository }: (typeof rows)[number]) => `${values.join(',')} of ${repository}`;
        expect(rows.map(written)).toEqual(expected(detectors, byPurpose));
        expect(total).toBe(rows.length);
        const streamed = await Array.fromAsync(streamDataIds(members, terms, ctx));
        expect(streamed.flat().map(written)).toEqual(expected(detectors, byPurpose));
      }),
    );
  });
});

describe('Records of data IDs', () => {
  const records = {
    instrument: [{ instrument: 'A', class_name: 'lsst.A' }],
    detector: [1, 2, 3].map((detector) => ({ instrument: 'A', detector, purpose: 'SCIENCE' })),
    band: [{ band: 'r' }],
    physical_filter: [{ instrument: 'A', physical_filter: 'r1', band: 'r' }],
    visit: [10, 11].map((visit) => ({ instrument: 'A', visit, physical_filter: 'r1', exposure_time: 30 })),
  };
  const content = { universe, datasetTypes: [], collections: {}, datasets: [], records };

  it('are those of every element, implied ones too, and none where there is none', async () => {
    const repository = new ArrayRepository('m', content);
    const group = universe.conform(['visit', 'detector']);
    const found = await recordsOfDataIds(repository, group, [['A', 1, 10], ['A', 9, 11]], ctx); // prettier-ignore
    const elements = found.map((of) => of.map((record) => record.element.name));
    expect(elements).toEqual([
      ['band', 'instrument', 'detector', 'physical_filter', 'visit'],
      ['band', 'instrument', 'physical_filter', 'visit'],
    ]);
  });

  it('are those of each data ID alone where these are all detectors of many visits but a few', async () => {
    const visits = Array.from({ length: 20 }, (_, i) => i);
    const visit = visits.map((id) => ({ instrument: 'A', visit: id, physical_filter: 'r1', exposure_time: 30 }));
    const detector = visits.map((id) => ({ instrument: 'A', detector: id, purpose: 'SCIENCE' }));
    const repository = new ArrayRepository('m', { ...content, records: { ...records, visit, detector } });
    const group = universe.conform(['visit', 'detector']);
    const dataIds = visits.flatMap((v) => visits.map((d) => ['A', d, v] as const)).filter(([, d, v]) => d + v > 3);
    const found = await recordsOfDataIds(repository, group, dataIds, ctx);
    expect(found.map((of) => recordDataId(of.at(-1)!, ['visit']))).toEqual(dataIds.map(([, , v]) => [v]));
  });

  it('take as many queries for many data IDs as for one', async () => {
    const [one, many] = [new ArrayRepository('m', content), new ArrayRepository('m', content)];
    const group = universe.conform(['detector']);
    await recordsOfDataIds(one, group, [['A', 1]], ctx);
    await recordsOfDataIds(many, group, [['A', 1], ['A', 2], ['A', 3]], ctx); // prettier-ignore
    expect(many.calls).toEqual(one.calls);
  });
});
