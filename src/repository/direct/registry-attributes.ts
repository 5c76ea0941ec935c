/** What a registry says about its own format, and whether it is one that we know. */
import { RepositoryUnavailableError, SatelliteError } from '../../butler/errors.ts';
import { Universe } from '../../butler/universe.ts';

const PACKAGE = 'lsst.daf.butler.registry.';

/** What is read: class and schema version of each manager, without the package's name. */
const MANAGERS = {
  attributes: { cls: 'attributes.DefaultButlerAttributeManager', version: '1.0.1' },
  dimensions: { cls: 'dimensions.static.StaticDimensionRecordStorageManager', version: '6.0.2' },
  collections: { cls: 'collections.synthIntKey.SynthIntKeyCollectionManager', version: '2.0.0' },
  datasets: { cls: 'datasets.byDimensions._manager.ByDimensionsDatasetRecordStorageManagerUUID', version: '2.0.0' },
  opaque: { cls: 'opaque.ByNameOpaqueTableStorageManager', version: '0.2.0' },
  datastores: { cls: 'bridge.monolithic.MonolithicDatastoreRegistryBridgeManager', version: '0.2.1' },
} as const;

/**
 * Checks everything that `butler_attributes` says and gives the repository's universe.
 * @param attributes rows of `butler_attributes`
 * @param configured manager classes that `butler.yaml` names
 * @throws RepositoryUnavailableError naming the key, what was found and what is supported
 */
export function checkAttributes(
  repository: string,
  attributes: ReadonlyMap<string, string>,
  configured: ReadonlyMap<string, string>,
): Universe {
  const refuse = (message: string): never => {
    throw new RepositoryUnavailableError(repository, `Repository '${repository}' cannot be opened: ${message}`);
  };
  if (attributes.size === 0) refuse('its database holds no Butler registry.');
  for (const [kind, { cls, version }] of Object.entries(MANAGERS)) {
    const supported = PACKAGE + cls;
    const key = `config:registry.managers.${kind}`;
    const found = attributes.get(key) ?? refuse(`'${key}' is missing; supported: '${supported}'.`);
    if (found !== supported) refuse(`'${key}' is '${found}'; supported: '${supported}'.`);

    const inFile = configured.get(kind);
    // The package re-exports the datasets manager, and butler.yaml has it by that shorter name.
    if (inFile !== undefined && inFile !== supported && inFile !== supported.replace('._manager.', '.')) {
      refuse(`'registry.managers.${kind}' in butler.yaml is '${inFile}', but the registry has '${found}'.`);
    }
    const stored = attributes.get(`version:${found}`);
    if (stored !== undefined && !isReadable(stored, version)) {
      refuse(`'version:${found}' is '${stored}'; supported: ${version} and older ones of the same major version.`);
    }
  }
  return readUniverse(attributes.get('config:dimensions.json'), refuse);
}

/** Rows of `butler_attributes` of a new repository. */
export function newAttributes(universe: Universe): readonly (readonly [name: string, value: string])[] {
  const managers = Object.entries(MANAGERS).flatMap(([kind, { cls, version }]) => [
    [`config:registry.managers.${kind}`, PACKAGE + cls] as const,
    [`version:${PACKAGE}${cls}`, version] as const,
  ]);
  return [...managers, ['config:dimensions.json', JSON.stringify(universe.document)]];
}

/** Kind → class name as `butler.yaml` has it, of the managers of a new repository. */
export function configuredManagers(): Readonly<Record<string, string>> {
  const entries = Object.entries(MANAGERS).map(([kind, { cls }]) => [kind, PACKAGE + cls.replace('._manager.', '.')]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/**
 * Checks that a registry which can be read can be written too.
 * @throws RepositoryUnavailableError naming the key, what was found and what is supported
 */
export function checkWriteableAttributes(repository: string, attributes: ReadonlyMap<string, string>): void {
  const refuse = (message: string): never => {
    throw new RepositoryUnavailableError(repository, `Repository '${repository}' cannot be written to: ${message}`);
  };
  // Whatever else keeps tables of its own would have to be told of each dataset.
  if (attributes.has('config:registry.managers.obscore') || attributes.has('config:obscore.json')) {
    refuse("'config:registry.managers.obscore' is set; supported: repositories without ObsCore tables.");
  }
  for (const { cls, version } of Object.values(MANAGERS)) {
    const key = `version:${PACKAGE}${cls}`;
    const stored = attributes.get(key);
    const minor = /^\d+\.\d+\./.exec(version)![0];
    if (stored !== undefined && !stored.startsWith(minor)) {
      refuse(`'${key}' is '${stored}'; supported for writing: ${minor}x.`);
    }
  }
}

/** Same major version, and not newer in the minor one; a patch changes nothing for readers. */
function isReadable(stored: string, supported: string): boolean {
  const [major, minor] = supported.split('.').map(Number) as [number, number];
  const parts = /^(\d+)\.(\d+)\.\d+$/.exec(stored);
  return parts !== null && Number(parts[1]) === major && Number(parts[2]) <= minor;
}

function readUniverse(json: string | undefined, refuse: (message: string) => never): Universe {
  const key = 'config:dimensions.json';
  if (json === undefined) return refuse(`'${key}' is missing.`);
  let universe: Universe;
  try {
    universe = Universe.fromJson(JSON.parse(json));
  } catch (error) {
    const why = error instanceof SatelliteError ? error.message : 'it is no JSON.';
    return refuse(`'${key}' is not understood: ${why}`);
  }
  // Overlap tables hold pixels of this system, and only HTM pixels can be computed here.
  if (!/^htm\d+$/.test(universe.commonSkypix)) {
    refuse(`'${key}' has the common skypix dimension '${universe.commonSkypix}'; supported: one of htm1 … htm24.`);
  }
  return universe;
}
