/** References: file records whose path is a permanent address. */
import type { CapabilityGrant } from '../access/capability.ts';
import { parsePermanentAddress, permanentAddress, type AddressedFile } from '../access/permanent-address.ts';
import type { FileRecord } from '../repository/rows.ts';
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

/** A dataset of the gateway. */
export type Target = Pick<AddressedFile, 'repository' | 'uuid'>;

/** Where the files lead of which the source itself has references only. */
export function targetsOf(
  files: readonly FileRecord[],
  { ownUrls }: Pick<ReferenceSettings, 'ownUrls'>,
): readonly Target[] {
  return files.flatMap(({ path }) => parsePermanentAddress(path, ownUrls()) ?? []);
}

/**
 * The files of a dataset of `source` as a satellite records them by reference.  What is a reference already is passed on:
 * it leads to where the bytes are, never through a satellite in between.
 * @param source name of the repository in addresses
 * @param isPassedOn of the target of such a reference
 */
export function referencesTo(
  { uuid, files }: Pick<SelectedDataset, 'uuid' | 'files'>,
  source: string,
  satellite: Pick<OpenSatellite, 'capability'>,
  settings: ReferenceSettings,
  isPassedOn: (target: Target) => boolean,
): readonly ImportedFile[] {
  const { capability } = satellite;
  return files.map(({ path, fileName, component, formatter, storageClass, checksum, size }) => {
    const target = parsePermanentAddress(path, settings.ownUrls());
    const origin = target && isPassedOn(target) ? target : { repository: source, uuid, component, fileName };
    const opens = { repository: origin.repository, uuid: origin.uuid };
    const address = { ...origin, capability: capability && settings.mintCapability({ ...capability, ...opens }) };
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
