/** A manifest as what a published repository takes in. */
import { SatelliteError } from '../../butler/errors.ts';
import type { Universe } from '../../butler/universe.ts';
import type { PublishedContent } from '../../repository/published-repository.ts';
import type { ImportedDataset } from '../../repository/writeable-repository.ts';
import type { Manifest } from '../manifest.ts';
import type { PublishedVersion } from '../commit.ts';
import { stagedPath } from './staged-path.ts';

/** @param universe of the published repository */
export async function contentOf(
  version: PublishedVersion,
  manifest: Manifest,
  universe: Universe,
): Promise<PublishedContent> {
  const { publication, repository } = version;
  const [datasetTypes, collections] = await Promise.all([manifest.datasetTypes(), manifest.collections()]);
  const types = new Map(
    datasetTypes.map((type) => [type.name, { ...type, dimensions: universe.conform(type.dimensions) }]),
  );
  return {
    publication,
    version: version.version,
    datasetTypes,
    collections,
    async *records() {
      for await (const records of manifest.records()) {
        yield records.map(({ element, fields }) => ({ element: universe.element(element), fields, repository }));
      }
    },
    async *datasets() {
      for await (const datasets of manifest.datasets()) {
        yield datasets.map(({ uuid, datasetType: name, run, dataId, files }): ImportedDataset => {
          const datasetType = types.get(name);
          if (!datasetType) throw new SatelliteError('CONFLICT', `The manifest does not say what a '${name}' is.`);
          return {
            uuid,
            datasetType,
            run,
            values: datasetType.dimensions.required.map((dimension) => dataId[dimension]!),
            files: files.map((file) => {
              const { formatter, storageClass, component, sha256: checksum, size } = file;
              return { path: stagedPath(publication, file), formatter, storageClass, component, checksum, size };
            }),
          };
        });
      }
    },
    memberships: () => manifest.memberships(),
  };
}
