/** References: file records whose path is a permanent address (design section 5). */
import type { CapabilityGrant } from '../access/capability.ts';
import { parsePermanentAddress, permanentAddress } from '../access/permanent-address.ts';
import type { ImportedFile } from '../repository/writeable-repository.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import type { SelectedDataset } from './page.ts';

export interface ReferenceSettings {
  /** Address of the gateway as its users see it, without a slash at the end. */
  readonly publicUrl: () => string;
  /** All addresses of the gateway, as they may stand in records. */
  readonly ownUrls: () => readonly string[];
  readonly mintCapability: (grant: CapabilityGrant) => string;
}

/**
 * The files of a dataset of `source` as a satellite records them by reference.  What is a reference already is passed on:
 * it leads to where the bytes are, never through a satellite in between.
 * @param source name of the repository in addresses
 */
export function referencesTo(
  dataset: SelectedDataset,
  source: string,
  satellite: Pick<OpenSatellite, 'capability'>,
  settings: ReferenceSettings,
): readonly ImportedFile[] {
  return dataset.files.map((file) => {
    const { fileName, component, formatter, storageClass, checksum, size } = file;
    const origin = parsePermanentAddress(file.path, settings.ownUrls()) ?? {
      repository: source,
      uuid: dataset.uuid,
      component,
      fileName,
    };
    const { capability } = satellite;
    const { repository, uuid } = origin;
    const address = {
      ...origin,
      capability: capability && settings.mintCapability({ ...capability, repository, uuid }),
    };
    return {
      path: permanentAddress(settings.publicUrl(), address),
      formatter,
      storageClass,
      component,
      checksum,
      size,
    };
  });
}
