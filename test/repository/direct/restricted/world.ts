/** Random repositories, and what is left of them for somebody who may read only a part. */
import type { CollectionType } from '../../../../src/butler/collection.ts';
import type { DataIdValue } from '../../../../src/butler/data-id.ts';
import type { CollectionRule, QueryContext } from '../../../../src/repository/repository.ts';
import type { DimensionRecordRow } from '../../../../src/repository/rows.ts';
import type { WriteableRepository } from '../../../../src/repository/writeable-repository.ts';
import fc from '../../../sample.ts';
import {
  CAMERAS,
  DETECTORS,
  dimensionsOf,
  FILTERS,
  PATCHES,
  RECORDS,
  recordsCarriedBy,
  TRACTS,
  universe,
  VISITS,
} from './sky.ts';

export const TYPES = {
  raw: { dimensions: ['instrument', 'detector', 'exposure'], isCalibration: false },
  calexp: { dimensions: ['instrument', 'detector', 'visit'], isCalibration: false },
  source: { dimensions: ['instrument', 'detector', 'visit'], isCalibration: false },
  visitSummary: { dimensions: ['instrument', 'visit'], isCalibration: false },
  warp: { dimensions: ['instrument', 'skymap', 'tract', 'patch', 'visit'], isCalibration: false },
  coadd: { dimensions: ['band', 'skymap', 'tract', 'patch'], isCalibration: false },
  bias: { dimensions: ['instrument', 'detector'], isCalibration: true },
  flat: { dimensions: ['instrument', 'detector', 'physical_filter'], isCalibration: true },
  config: { dimensions: [], isCalibration: false },
} as const;
export type TypeName = keyof typeof TYPES;
export const TYPE_NAMES = Object.keys(TYPES) as readonly TypeName[];

export const RUNS = ['u/ann/r1', 'u/ann/r2', 'u/bob/r1', 'u/bob/r2', 'g/lab/r1', 'shared'];
export const TAGS = ['u/ann/tag', 'u/bob/tag'];
export const CALIBS = ['g/lab/calib', 'u/bob/calib'];
export const CHAINS = ['u/ann/chain', 'u/bob/chain', 'g/lab/all'];
export const NAMES = [...RUNS, ...TAGS, ...CALIBS, ...CHAINS];

export interface Dataset {
  readonly uuid: string;
  readonly type: TypeName;
  readonly run: string;
  /** Of the required dimensions, in order. */
  readonly values: readonly DataIdValue[];
  /** Bytes of its file; null where it has none. */
  readonly size: number | null;
}

interface Certification {
  readonly collection: string;
  readonly uuid: string;
  /** Validity ranges are decades: number 3 is from 30 to 40 ns. */
  readonly decade: number;
}

export interface World {
  readonly collections: readonly { readonly name: string; readonly type: CollectionType; readonly doc: string }[];
  readonly datasets: readonly Dataset[];
  readonly tags: readonly { readonly collection: string; readonly uuid: string }[];
  readonly certifications: readonly Certification[];
  /** Chain → children, of collections that stand before it. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

const VALUES: Readonly<Record<string, readonly DataIdValue[]>> = {
  instrument: CAMERAS,
  detector: DETECTORS,
  exposure: VISITS,
  visit: VISITS,
  physical_filter: FILTERS,
  band: ['g', 'r'],
  skymap: ['sky'],
  tract: TRACTS,
  patch: PATCHES,
};

/** Data IDs of a dataset type. */
export function dataIdOf(type: TypeName): fc.Arbitrary<readonly DataIdValue[]> {
  const { required } = universe.conform(TYPES[type].dimensions);
  return fc.tuple(...required.map((name) => fc.constantFrom(...VALUES[name]!)));
}

const dataset = fc.constantFrom(...TYPE_NAMES).chain((type) =>
  fc.record({
    type: fc.constant(type),
    run: fc.constantFrom(...RUNS),
    values: dataIdOf(type),
    size: fc.option(fc.integer({ min: 1, max: 999 }), { freq: 3 }),
  }),
);

const keyOf = ({ type, values }: Pick<Dataset, 'type' | 'values'>) => JSON.stringify([type, values]);

function firstOfEach<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  const firsts = new Map<string, T>();
  for (const item of items) if (!firsts.has(key(item))) firsts.set(key(item), item);
  return [...firsts.values()];
}

/** @param datasets about how many */
export function worlds(datasets: number): fc.Arbitrary<World> {
  const index = fc.nat(999);
  return fc
    .record({
      datasets: fc.array(dataset, { minLength: datasets / 2, maxLength: datasets, size: 'max' }),
      tags: fc.array(fc.tuple(fc.constantFrom(...TAGS), index), { minLength: 5, maxLength: datasets / 3, size: 'max' }),
      certifications: fc.array(fc.tuple(fc.constantFrom(...CALIBS), index, fc.nat(3)), { minLength: 5, maxLength: 20 }),
      children: fc.array(fc.array(fc.nat(NAMES.length - 2), { minLength: 1, maxLength: 5 }), {
        minLength: CHAINS.length,
        maxLength: CHAINS.length,
      }),
    })
    .map(({ datasets: random, tags, certifications, children }) => {
      const unique = firstOfEach(random, (d) => keyOf(d) + d.run).map((d, i): Dataset => ({
        ...d,
        uuid: `0198d2a4-0000-7000-8000-${String(i).padStart(12, '0')}`,
      }));
      const calibrations = unique.filter(({ type }) => TYPES[type].isCalibration);
      const tagged = tags.map(([collection, i]) => ({ collection, of: unique[i % unique.length]! }));
      const certified = certifications.flatMap(([collection, i, decade]) =>
        calibrations.length === 0 ? [] : [{ collection, of: calibrations[i % calibrations.length]!, decade }],
      );
      const typeOf = (name: string): CollectionType =>
        RUNS.includes(name)
          ? 'RUN'
          : TAGS.includes(name)
            ? 'TAGGED'
            : CALIBS.includes(name)
              ? 'CALIBRATION'
              : 'CHAINED';
      return {
        collections: NAMES.map((name) => ({ name, type: typeOf(name), doc: `doc of ${name}` })),
        datasets: unique,
        tags: firstOfEach(tagged, ({ collection, of }) => collection + keyOf(of)).map(({ collection, of }) => ({
          collection,
          uuid: of.uuid,
        })),
        certifications: firstOfEach(
          certified,
          ({ collection, of, decade }) => collection + keyOf(of) + String(decade),
        ).map(({ collection, of, decade }) => ({ collection, uuid: of.uuid, decade })),
        chains: new Map(
          CHAINS.map((chain, c) => {
            const before = NAMES.slice(0, NAMES.length - CHAINS.length + c);
            return [chain, [...new Set(children[c]!.map((i) => before[i % before.length]!))]] as const;
          }),
        ),
      };
    });
}

/** Grants on names and on prefixes. */
export const rules: fc.Arbitrary<CollectionRule> = fc
  .tuple(fc.subarray(NAMES), fc.subarray(['u/ann/', 'u/bob/', 'g/lab/', 'u/', 'g/'], { maxLength: 2 }))
  .map(([names, prefixes]) => ({
    key: JSON.stringify([names, prefixes]),
    allows: (name) => names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)),
  }));

/** What of a world is readable, without a trace of the rest. */
export function readablePart(world: World, { allows }: CollectionRule): World {
  const datasets = world.datasets.filter(({ run }) => allows(run));
  const uuids = new Set(datasets.map(({ uuid }) => uuid));
  const isReadable = (member: { readonly collection: string; readonly uuid: string }) =>
    allows(member.collection) && uuids.has(member.uuid);
  return {
    collections: world.collections.filter(({ name }) => allows(name)),
    datasets,
    tags: world.tags.filter(isReadable),
    certifications: world.certifications.filter(isReadable),
    chains: new Map(
      [...world.chains].filter(([name]) => allows(name)).map(([name, children]) => [name, children.filter(allows)]),
    ),
  };
}

/** The records that the datasets carry, with those that say how visits and exposures belong together. */
export function carriedRecords({ datasets }: World): readonly DimensionRecordRow[] {
  const carried = new Set(
    datasets.flatMap(({ type, values }) => recordsCarriedBy(universe.conform(TYPES[type].dimensions).required, values)),
  );
  const has = (element: string, of: ReadonlyMap<string, DataIdValue>) =>
    [...carried].some(
      (record) =>
        record.element.name === element && [...dimensionsOf(record)].every(([k, v]) => !of.has(k) || of.get(k) === v),
    );
  const definitions = RECORDS.filter((record) => {
    const of = dimensionsOf(record);
    if (record.element.name === 'visit_definition') return has('visit', of) && has('exposure', of);
    return record.element.name === 'visit_system_membership' && has('visit', of);
  });
  const systems = RECORDS.filter(
    (record) =>
      record.element.name === 'visit_system' &&
      definitions.some(
        (d) =>
          d.fields['instrument'] === record.fields['instrument'] && d.fields['visit_system'] === record.fields['id'],
      ),
  );
  const all = new Set([...carried, ...definitions, ...systems]);
  return RECORDS.filter((record) => all.has(record));
}

/** Writes a world into an empty repository. */
export async function build(
  repository: WriteableRepository,
  world: World,
  records: readonly DimensionRecordRow[],
  ctx: QueryContext,
): Promise<void> {
  if (records.length > 0) await repository.insertDimensionRecords(records, 'FAIL', ctx);
  const present = TYPE_NAMES.filter((name) => world.datasets.some(({ type }) => type === name));
  await repository.registerDatasetTypes(
    present.map((name) => ({ name, ...TYPES[name], storageClass: 'StructuredDataDict' })),
    ctx,
  );
  for (const collection of world.collections) await repository.registerCollection(collection, ctx);
  const types = await repository.datasetTypes(ctx);
  const files = (uuid: string, size: number | null) =>
    size === null
      ? []
      : [{ path: `files/${uuid}`, formatter: 'f.F', storageClass: 'S', component: null, checksum: null, size }];
  await repository.importDatasets(
    world.datasets.map(({ uuid, type, run, values, size }) => ({
      uuid,
      datasetType: types.get(type)!,
      run,
      values,
      files: files(uuid, size),
    })),
    ctx,
  );
  for (const [collection, members] of Map.groupBy(world.tags, (tag) => tag.collection)) {
    await repository.associate(
      collection,
      members.map(({ uuid }) => uuid),
      ctx,
    );
  }
  for (const { collection, uuid, decade } of world.certifications) {
    const begin = BigInt(decade) * 10n;
    await repository.certify(collection, [uuid], { begin, end: begin + 10n }, ctx);
  }
  for (const [chain, children] of world.chains) await repository.setCollectionChain(chain, children, 'REDEFINE', ctx);
}
