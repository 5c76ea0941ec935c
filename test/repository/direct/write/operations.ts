/** Random operations on a small world, as stock Butler and as we do them. */
import type { CollectionType } from '../../../../src/butler/collection.ts';
import type { DataId } from '../../../../src/butler/data-id.ts';
import { SatelliteError } from '../../../../src/butler/errors.ts';
import type { Universe } from '../../../../src/butler/universe.ts';
import type { WriteableDirectRepository } from '../../../../src/repository/direct/writeable-direct-repository.ts';
import type { QueryContext } from '../../../../src/repository/repository.ts';
import type { FieldValue } from '../../../../src/repository/rows.ts';
import type { ChainEdit, ImportedDataset } from '../../../../src/repository/writeable-repository.ts';
import fc from '../../../sample.ts';

type Existing = 'FAIL' | 'SKIP' | 'REPLACE';

export type Operation =
  | {
      readonly kind: 'type';
      readonly name: string;
      readonly dimensions: readonly string[];
      readonly calibration: boolean;
    }
  | { readonly kind: 'collection'; readonly name: string; readonly type: CollectionType }
  | { readonly kind: 'doc'; readonly name: string; readonly doc: string }
  | { readonly kind: 'chain'; readonly parent: string; readonly children: readonly string[]; readonly edit: ChainEdit }
  | {
      readonly kind: 'records';
      readonly element: string;
      readonly records: readonly Readonly<Record<string, FieldValue>>[];
      readonly existing: Existing;
    }
  | {
      readonly kind: 'import';
      readonly type: string;
      readonly run: string;
      readonly datasets: readonly ImportChoice[];
    }
  | { readonly kind: 'associate' | 'disassociate'; readonly collection: string; readonly uuids: readonly string[] }
  | { readonly kind: 'certify'; readonly collection: string; readonly uuid: string; readonly bounds: Bounds }
  | {
      readonly kind: 'decertify';
      readonly collection: string;
      readonly type: string;
      readonly bounds: Bounds;
      readonly detectors: readonly number[] | null;
    }
  | { readonly kind: 'remove'; readonly uuids: readonly string[]; readonly mode: 'UNSTORE' | 'PURGE' }
  | { readonly kind: 'remove collection'; readonly name: string; readonly unlink: boolean };

type Bounds = readonly [bigint, bigint];

interface ImportChoice {
  readonly uuid: string;
  readonly detector: number;
  readonly stored: boolean;
}

const TYPES = ['gains', 'darks', 'notes'];
const RUNS = ['run/1', 'run/2'];
const COLLECTIONS = [...RUNS, 'tag', 'tag2', 'calib', 'chain', 'chain2'];
const UUIDS = Array.from({ length: 8 }, (_, i) => `0198d2a4-0000-7000-8000-00000000000${i}`);
const ALL_TIME: Bounds = [0n, 4102444800000000000n];

const uuids = fc.uniqueArray(fc.constantFrom(...UUIDS), { minLength: 1, maxLength: 3 });
const bounds = fc.constantFrom<Bounds>([10n, 20n], [15n, 30n], [20n, 40n], [0n, 12n], [35n, ALL_TIME[1]], ALL_TIME);
const detector = fc.integer({ min: 1, max: 4 });

const operations: readonly fc.Arbitrary<Operation>[] = [
  fc.record({
    kind: fc.constant('type' as const),
    name: fc.constantFrom(...TYPES),
    dimensions: fc.constantFrom(['instrument', 'detector'], ['detector', 'instrument'], ['instrument']),
    calibration: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('collection' as const),
    name: fc.constantFrom(...COLLECTIONS),
    type: fc.constantFrom<CollectionType>('RUN', 'TAGGED', 'CHAINED', 'CALIBRATION'),
  }),
  fc.record({ kind: fc.constant('doc' as const), name: fc.constantFrom(...COLLECTIONS), doc: fc.string() }),
  fc.record({
    kind: fc.constant('chain' as const),
    parent: fc.constantFrom('chain', 'chain2', 'tag'),
    children: fc.array(fc.constantFrom(...COLLECTIONS), { minLength: 1, maxLength: 3 }),
    edit: fc.constantFrom<ChainEdit>('REDEFINE', 'EXTEND', 'PREPEND', 'REMOVE'),
  }),
  fc.record({
    kind: fc.constant('records' as const),
    element: fc.constant('detector'),
    records: fc.array(
      fc.record({
        instrument: fc.constantFrom('Cam1', 'Cam1', 'Cam1', 'Nowhere'),
        id: fc.integer({ min: 1, max: 6 }),
        full_name: fc.constantFrom('Aa', 'e', 'f', 'g'),
        raft: fc.constantFrom('A', null),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    existing: fc.constantFrom<Existing>('FAIL', 'SKIP', 'REPLACE'),
  }),
  fc.record({
    kind: fc.constant('import' as const),
    type: fc.constantFrom(...TYPES),
    run: fc.constantFrom(...RUNS),
    datasets: fc.array(
      fc.record({
        uuid: fc.constantFrom(...UUIDS),
        detector: fc.oneof({ weight: 9, arbitrary: detector }, { weight: 1, arbitrary: fc.constant(99) }),
        stored: fc.boolean(),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({
    kind: fc.constantFrom('associate' as const, 'disassociate' as const),
    collection: fc.constantFrom('tag', 'tag2', 'tag', 'calib', 'missing'),
    uuids,
  }),
  fc.record({
    kind: fc.constant('certify' as const),
    collection: fc.constantFrom('calib', 'calib', 'tag'),
    uuid: fc.constantFrom(...UUIDS),
    bounds,
  }),
  fc.record({
    kind: fc.constant('decertify' as const),
    collection: fc.constantFrom('calib', 'calib', 'tag'),
    type: fc.constantFrom(...TYPES),
    bounds,
    detectors: fc.option(fc.array(detector, { minLength: 1, maxLength: 2 }), { nil: null }),
  }),
  fc.record({
    kind: fc.constant('remove' as const),
    uuids,
    mode: fc.constantFrom('UNSTORE' as const, 'PURGE' as const),
  }),
  fc.record({
    kind: fc.constant('remove collection' as const),
    name: fc.constantFrom(...COLLECTIONS),
    unlink: fc.boolean(),
  }),
];

/** Sequences that begin with what most operations need. */
export const sequences: fc.Arbitrary<readonly Operation[]> = fc
  .array(fc.oneof(...operations), { minLength: 5, maxLength: 40 })
  .map((random) => [
    { kind: 'type', name: 'gains', dimensions: ['instrument', 'detector'], calibration: true },
    { kind: 'type', name: 'notes', dimensions: ['instrument', 'detector'], calibration: false },
    { kind: 'collection', name: 'run/1', type: 'RUN' },
    { kind: 'collection', name: 'run/2', type: 'RUN' },
    { kind: 'collection', name: 'tag', type: 'TAGGED' },
    { kind: 'collection', name: 'calib', type: 'CALIBRATION' },
    { kind: 'collection', name: 'chain', type: 'CHAINED' },
    {
      kind: 'import',
      type: 'gains',
      run: 'run/1',
      datasets: [1, 2, 3].map((i) => ({ uuid: UUIDS[i]!, detector: i, stored: i > 1 })),
    },
    ...random,
  ]);

export interface World {
  readonly universe: Universe;
  readonly repository: WriteableDirectRepository;
  readonly ctx: QueryContext;
  /** URI of the file that stored datasets refer to. */
  readonly file: string;
}

/** Does the operation our way. @returns the refusal, or null where it was done */
export async function ours(operation: Operation, world: World): Promise<SatelliteError | null> {
  try {
    await perform(operation, world);
    return null;
  } catch (error) {
    if (error instanceof SatelliteError) return error;
    throw error;
  }
}

async function perform(operation: Operation, { universe, repository, ctx, file }: World): Promise<void> {
  switch (operation.kind) {
    case 'type': {
      const { name, dimensions, calibration: isCalibration } = operation;
      await repository.registerDatasetTypes(
        [{ name, dimensions, storageClass: 'StructuredDataDict', isCalibration }],
        ctx,
      );
      return;
    }
    case 'collection':
      await repository.registerCollection(operation, ctx);
      return;
    case 'doc':
      return repository.setCollectionDoc(operation.name, operation.doc, ctx);
    case 'chain':
      return repository.setCollectionChain(operation.parent, operation.children, operation.edit, ctx);
    case 'records': {
      const element = universe.element(operation.element);
      const records = operation.records.map((fields) => ({ element, fields, repository: 'x' }));
      await repository.insertDimensionRecords(records, operation.existing, ctx);
      return;
    }
    case 'import':
      await repository.importDatasets(await importedDatasets(operation, { universe, repository, ctx, file }), ctx);
      return;
    case 'associate':
    case 'disassociate':
      return repository[operation.kind](operation.collection, operation.uuids, ctx);
    case 'certify': {
      const [begin, end] = operation.bounds;
      return repository.certify(operation.collection, [operation.uuid], { begin, end }, ctx);
    }
    case 'decertify': {
      const [begin, end] = operation.bounds;
      const { collection, type, detectors } = operation;
      return repository.decertify(
        collection,
        type,
        { begin, end },
        detectors && (await dataIds(type, detectors, { repository, ctx })),
        ctx,
      );
    }
    case 'remove':
      await repository.removeDatasets(operation.uuids, operation.mode, ctx);
      return;
    case 'remove collection':
      await repository.removeCollection(operation.name, operation.unlink, ctx);
  }
}

type Asked = Pick<World, 'repository' | 'ctx'>;

async function dataIds(
  type: string,
  detectors: readonly number[],
  { repository, ctx }: Asked,
): Promise<readonly DataId[]> {
  const dimensions = (await repository.datasetTypes(ctx)).get(type)?.dimensions;
  return detectors.map((d) => ({ instrument: 'Cam1', ...(dimensions?.has('detector') !== false && { detector: d }) }));
}

async function importedDatasets(
  { type: name, run, datasets }: Operation & { kind: 'import' },
  { universe, repository, ctx, file }: World,
): Promise<readonly ImportedDataset[]> {
  const types = await repository.datasetTypes(ctx);
  return datasets.map(({ uuid, detector: d, stored }) => {
    const type = types.get(name) ?? {
      name,
      dimensions: universe.conform(['detector']),
      storageClass: 'StructuredDataDict',
      isCalibration: false,
    };
    return {
      uuid,
      datasetType: type,
      run,
      values: type.dimensions.has('detector') ? ['Cam1', d] : ['Cam1'],
      files: stored
        ? [
            {
              path: file,
              formatter: FORMATTER,
              storageClass: type.storageClass,
              component: null,
              checksum: null,
              size: null,
            },
          ]
        : [],
    };
  });
}

const FORMATTER = 'lsst.daf.butler.formatters.yaml.YamlFormatter';

/** The operation as a command of the stock writer. */
export async function stockCommand(
  operation: Operation,
  root: string,
  world: World,
): Promise<readonly [string, object]> {
  switch (operation.kind) {
    case 'type': {
      const { name, dimensions, calibration } = operation;
      return ['register_type', { root, name, dimensions, storage_class: 'StructuredDataDict', calibration }];
    }
    case 'collection':
      return ['register_collection', { root, name: operation.name, type: operation.type, doc: null }];
    case 'doc':
      return ['set_doc', { root, name: operation.name, doc: operation.doc }];
    case 'chain': {
      const { parent, children, edit } = operation;
      return ['chain', { root, parent, children, edit }];
    }
    case 'records': {
      const { element, records, existing } = operation;
      return ['insert_records', { root, element, records, existing }];
    }
    case 'import': {
      const datasets = (await importedDatasets(operation, world)).map(({ datasetType, values, files, ...rest }) => ({
        ...rest,
        datasetType: datasetType.name,
        dataId: Object.fromEntries(datasetType.dimensions.required.map((name, i) => [name, values[i]])),
        path: files[0]?.path ?? null,
        formatter: FORMATTER,
      }));
      return ['import_datasets', { root, datasets }];
    }
    case 'associate':
    case 'disassociate':
      return [operation.kind, { root, collection: operation.collection, uuids: operation.uuids }];
    case 'certify': {
      const { collection, uuid, bounds: limits } = operation;
      return ['certify', { root, collection, uuids: [uuid], bounds: limits.map(String) }];
    }
    case 'decertify': {
      const { collection, type, bounds: limits, detectors } = operation;
      const data_ids = detectors && (await dataIds(type, detectors, world));
      return ['decertify', { root, collection, dataset_type: type, bounds: limits.map(String), data_ids }];
    }
    case 'remove':
      return ['remove_datasets', { root, uuids: operation.uuids, mode: operation.mode }];
    case 'remove collection':
      return ['remove_collection', { root, name: operation.name, unlink: operation.unlink }];
  }
}
