/** A writer of the gateway's own, in a process: `node concurrent-writers.ts ROOT NUMBER COUNT FILE`. */
import { createHash } from 'node:crypto';
import { SatelliteError } from '../../../../src/butler/errors.ts';
import { openWriteableRepository } from '../../../../src/repository/direct/open-writeable.ts';

const [root, number, count, path] = process.argv.slice(2) as [string, string, string, string];
const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(3_000_000) };
const repository = await openWriteableRepository({ name: `writer-${number}`, path: root });

/** The same for all writers, so that they meet. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** What honest writers who meet may be told. */
const HONEST = ['CONFLICT', 'MISSING_COLLECTION', 'DATASET_NOT_FOUND'];
const told: Record<string, number> = {};
const formatter = 'lsst.daf.butler.formatters.yaml.YamlFormatter';

async function step(i: number): Promise<void> {
  const name = `type_${i % 7}`;
  const dimensions = [['instrument', 'detector'], ['instrument'], ['instrument', 'physical_filter']][i % 3]!;
  const own = uuidOf(`${number} ${i}`);
  const detector = 1 + (i % 4);
  const type = (await repository.datasetTypes(ctx)).get('bias')!;
  switch (i % 6) {
    case 0:
      await repository.registerDatasetTypes(
        [
          {
            name: `${name}_${dimensions.length}`,
            dimensions,
            storageClass: 'StructuredDataDict',
            isCalibration: i % 2 === 0,
          },
        ],
        ctx,
      );
      return;
    case 1: {
      const run = `run/${number}/${i}`;
      await repository.registerCollection({ name: run, type: 'RUN' }, ctx);
      await repository.setCollectionChain('all', [run], i % 12 < 6 ? 'EXTEND' : 'PREPEND', ctx);
      const file = { path, formatter, storageClass: type.storageClass };
      const files = [{ ...file, component: null, checksum: null, size: 7 }];
      await repository.importDatasets([{ uuid: own, datasetType: type, run, values: ['Cam1', detector], files }], ctx);
      return;
    }
    case 2: {
      // All writers want the same dataset.
      const uuid = uuidOf(`shared ${detector}`);
      await repository.importDatasets(
        [{ uuid, datasetType: type, run: 'shared', values: ['Cam1', detector], files: [] }],
        ctx,
      );
      await repository.associate('tag', [uuid], ctx);
      return;
    }
    case 3: {
      const begin = BigInt(10 * (i % 20));
      await repository.certify('calib', [uuidOf(`shared ${detector}`)], { begin, end: begin + 15n }, ctx);
      return;
    }
    case 4: {
      const element = (await repository.universe()).element('physical_filter');
      const fields = { instrument: 'Cam1', name: `filter-${i % 9}`, band: 'r' };
      await repository.insertDimensionRecords([{ element, fields, repository: 'x' }], 'SKIP', ctx);
      return;
    }
    default:
      await repository.removeCollection(`run/${number}/${i - 4}`, true, ctx);
  }
}

for (let i = 0; i < Number(count); i += 1) {
  try {
    await step(i);
  } catch (error) {
    if (!(error instanceof SatelliteError) || !HONEST.includes(error.code)) throw error;
    told[error.code] = (told[error.code] ?? 0) + 1;
  }
}
await repository.close();
console.log(JSON.stringify(told));
