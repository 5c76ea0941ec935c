/** Random repositories that share names, data IDs and datasets, and the answer that they should give together. */
import fc from 'fast-check';
import type { DatasetType } from '../../../src/butler/dataset-type.ts';
import { ArrayRepository, type ArrayCollection, type ArrayContent, type ArrayDataset } from './array-repository.ts';
import { smallUniverse } from './small-universe.ts';

const universe = smallUniverse();

function datasetType(name: string, dimensions: readonly string[], isCalibration = false): DatasetType {
  return { name, dimensions: universe.conform(dimensions), storageClass: 'Exposure', isCalibration };
}

export const DATASET_TYPES = [
  datasetType('bias', ['detector'], true),
  datasetType('dome', ['instrument']),
  datasetType('log', []),
  datasetType('raw', ['detector']),
];

const LEAVES = ['r0', 'r1', 'r2', 't0', 't1', 'c0'];
const CHAINS = ['ch0', 'ch1'];

/** Content of a member and, by name, its collections. */
export interface Scenario {
  readonly contents: readonly ArrayContent[];
  readonly path: readonly string[];
}

const dataset = fc
  .record({
    datasetType: fc.constantFrom(...DATASET_TYPES),
    run: fc.constantFrom('r0', 'r1', 'r2'),
    instrument: fc.constantFrom('A', 'b', '\u{1F52D}', '\uFFFD'),
    detector: fc.integer({ min: 0, max: 2 }),
    variant: fc.integer({ min: 0, max: 1 }),
  })
  .map(({ datasetType, run, variant, ...values }): ArrayDataset => {
    const dataId = Object.fromEntries(Object.entries(values).filter(([name]) => datasetType.dimensions.has(name)));
    const where = `${datasetType.name}:${run}:${Object.values(dataId).join(',')}`;
    return { uuid: `${where}:${variant}`, datasetType: datasetType.name, dataId, run };
  });

const content = fc
  .record({
    datasets: fc.uniqueArray(dataset, { maxLength: 14, selector: (d) => d.uuid.replace(/:.$/, '') }),
    holds: fc.subarray(LEAVES),
    tagged: fc.array(fc.tuple(fc.constantFrom('t0', 't1', 'c0'), fc.nat()), { maxLength: 10 }),
    chains: fc.dictionary(fc.constantFrom(...CHAINS), fc.array(fc.constantFrom(...LEAVES), { maxLength: 4 })),
  })
  .map(({ datasets, holds, tagged, chains }): ArrayContent => {
    const collections: Record<string, ArrayCollection> = {};
    for (const { run } of datasets) collections[run] = { type: 'RUN' };
    for (const name of holds) collections[name] = emptyCollection(name);
    for (const [name, pick] of tagged) {
      const picked = datasets[pick % Math.max(datasets.length, 1)];
      const uuids = collections[name]?.uuids ?? [];
      if (!picked || isTaken(picked, name, uuids, datasets)) continue;
      collections[name] = { type: name === 'c0' ? 'CALIBRATION' : 'TAGGED', uuids: [...uuids, picked.uuid] };
    }
    const leaves = new Set(Object.keys(collections));
    for (const [name, children] of Object.entries(chains)) {
      const own = [...new Set(children.filter((child) => leaves.has(child)))];
      collections[name] = { type: 'CHAINED', children: name === 'ch1' && collections['ch0'] ? ['ch0', ...own] : own };
    }
    return { universe, datasetTypes: DATASET_TYPES, collections, datasets };
  });

function emptyCollection(name: string): ArrayCollection {
  if (name.startsWith('r')) return { type: 'RUN' };
  return { type: name === 'c0' ? 'CALIBRATION' : 'TAGGED', uuids: [] };
}

/** A tag has one dataset a type and data ID; a calibration collection may have one more than once. */
function isTaken(
  picked: ArrayDataset,
  collection: string,
  uuids: readonly string[],
  datasets: readonly ArrayDataset[],
): boolean {
  if (collection === 'c0') return picked.datasetType !== 'bias';
  const slot = (d: ArrayDataset) => `${d.datasetType}${Object.values(d.dataId).join(',')}`;
  return datasets.some((d) => uuids.includes(d.uuid) && slot(d) === slot(picked));
}

/** Repositories, and a path of names that exist. */
export function scenarios(members: { min: number; max: number }): fc.Arbitrary<Scenario> {
  return fc.array(content, { minLength: members.min, maxLength: members.max }).chain((contents) => {
    const names = [...new Set(contents.flatMap((c) => Object.keys(c.collections)))];
    const path =
      names.length > 0 ? fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 5 }) : fc.constant([]);
    return path.map((p) => ({ contents, path: p }));
  });
}

export function repositoriesOf(scenario: Scenario, options?: { pageSize?: number; isBackwards?: boolean }) {
  return scenario.contents.map((c, i) => new ArrayRepository(`m${i}`, c, options));
}

/** A dataset of the answer. */
export interface Expected extends ArrayDataset {
  readonly repository: string;
}

/** The answer by looking at everything: which datasets, of which members; in no order. */
export function expectedDatasets(
  { contents, path }: Scenario,
  datasetType: string,
  findFirst: boolean,
  isUp: (member: number) => boolean = () => true,
): readonly Expected[] {
  const members = [...contents.entries()].filter(([i]) => isUp(i));
  const leaves: string[] = [];
  const visited = new Set<string>();
  const visit = (name: string): void => {
    const found = members.map(([, c]) => c.collections[name]).find((c) => c !== undefined);
    if (!found || visited.has(name)) return;
    visited.add(name);
    if (found.type === 'CHAINED') found.children!.forEach(visit);
    else leaves.push(name);
  };
  path.forEach(visit);
  const inLeaf = (i: number, leaf: string): readonly Expected[] => {
    const { collections, datasets } = contents[i]!;
    const ofType = datasets.filter((d) => d.datasetType === datasetType);
    const collection = collections[leaf];
    const held =
      collection?.type === 'RUN'
        ? ofType.filter((d) => d.run === leaf)
        : (collection?.uuids ?? []).flatMap((uuid) => ofType.filter((d) => d.uuid === uuid));
    return held.map((d) => ({ ...d, repository: `m${i}` }));
  };
  const indices = members.map(([i]) => i);
  const candidates = findFirst
    ? leaves.flatMap((leaf) => indices.flatMap((i) => inLeaf(i, leaf)))
    : indices.flatMap((i) => leaves.flatMap((leaf) => inLeaf(i, leaf)));
  const chosen = new Map<string, Expected>();
  for (const d of candidates) {
    const id = findFirst ? Object.values(d.dataId).join('|') : d.uuid;
    if (!chosen.has(id)) chosen.set(id, d);
  }
  return [...chosen.values()];
}

/** Sorted by `orderBy`, dataset type, data ID and run; text by UTF-8 bytes. */
export function inOrder(datasets: readonly Expected[], orderBy: readonly string[]): readonly Expected[] {
  const keyOf = (d: Expected) => [
    ...orderBy.map((term) => columnOf(d, term.replace('-', ''))),
    d.datasetType,
    ...Object.values(d.dataId),
    d.run,
  ];
  return datasets.toSorted((a, b) => {
    const [x, y] = [keyOf(a), keyOf(b)];
    for (const [i, value] of x.entries()) {
      const order = compared(value, y[i]!) * (orderBy[i]?.startsWith('-') ? -1 : 1);
      if (order !== 0) return order;
    }
    return 0;
  });
}

function columnOf(d: Expected, name: string): string | number {
  return name === 'run' ? d.run : (d.dataId[name] as string | number);
}

function compared(a: string | number | bigint, b: string | number | bigint): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
  return Number(a) - Number(b);
}
