/** A manifest as what a published repository takes in. */
import { SatelliteError } from '../../butler/errors.ts';
import { inBatches } from '../../butler/in-batches.ts';
import type { PublishedContent } from '../../repository/published-repository.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { DimensionRecordRow } from '../../repository/rows.ts';
import type { ImportedDataset } from '../../repository/writeable-repository.ts';
import { planRecords } from '../../transfer/dimension-records.ts';
import type { Manifest, ManifestDataset } from '../manifest.ts';
import type { PublishedVersion } from '../commit.ts';
import { stagedPath, stagingArea } from './staged-path.ts';

/** Made into rows at once: meanwhile nobody else is answered. */
const AT_ONCE = 250;

const WHERE = 'the published repository and what is to be published';

/** @param target the published repository */
export async function contentOf(
  version: PublishedVersion,
  manifest: Manifest,
  target: Repository,
  ctx: QueryContext,
): Promise<PublishedContent> {
  const { publication, repository } = version;
  const universe = await target.universe(ctx);
  const [datasetTypes, collections] = await Promise.all([manifest.datasetTypes(), manifest.collections()]);
  const types = new Map(
    datasetTypes.map((type) => [type.name, { ...type, dimensions: universe.conform(type.dimensions) }]),
  );
  const records = async function* (): AsyncGenerator<readonly DimensionRecordRow[]> {
    for await (const page of manifest.records()) {
      for (const batch of inBatches(page, AT_ONCE)) {
        yield batch.map(({ element, fields }) => ({ element: universe.element(element), fields, repository }));
      }
    }
  };
  const imported = ({ uuid, datasetType: name, run, dataId, files }: ManifestDataset): ImportedDataset => {
    const datasetType = types.get(name);
    if (!datasetType) throw new SatelliteError('CONFLICT', `The manifest does not say what a '${name}' is.`);
    return {
      uuid,
      datasetType,
      run,
      values: datasetType.dimensions.required.map((dimension) => dataId[dimension]!),
      files: files.map((file) => {
        const { formatter, storageClass, component, sha256: checksum, size } = file;
        return { path: stagedPath(version, file), formatter, storageClass, component, checksum, size };
      }),
    };
  };
  return {
    publication,
    version: version.version,
    datasetTypes,
    collections,
    staged: stagingArea(version),
    check: async () => {
      for await (const page of records()) {
        const { conflicts } = await planRecords(target, page, ctx, WHERE);
        if (conflicts[0]) throw new SatelliteError('CONFLICT', conflicts[0].reason);
      }
    },
    records,
    async *datasets() {
      for await (const page of manifest.datasets()) {
        for (const datasets of inBatches(page, AT_ONCE)) yield datasets.map(imported);
      }
    },
    memberships: () => manifest.memberships(),
  };
}
