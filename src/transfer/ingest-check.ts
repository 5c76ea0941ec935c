/** Checks what is to be ingested, before anything is written. */
import type { DataId, DataIdValue, DataIdValues } from '../butler/data-id.ts';
import type { DatasetType } from '../butler/dataset-type.ts';
import { ButlerUserError, SatelliteError } from '../butler/errors.ts';
import { jsonInteger } from '../butler/json.ts';
import { didYouMean } from '../butler/nearest-name.ts';
import { newArtifactPath } from '../repository/direct/datastore/artifact-path.ts';
import { checkCollectionName } from '../repository/direct/write/names.ts';
import { storedDimensionValue } from '../repository/direct/write/stored-values.ts';
import type { QueryContext } from '../repository/repository.ts';
import { recordsOfDataIds } from '../repository/search/records-of-data-ids.ts';
import type { WriteableRepository } from '../repository/writeable-repository.ts';
import { collectionNamed } from '../satellite/curation.ts';
import { newDatasetUuid } from './dataset-uuid.ts';
import { defaultFormatter } from './default-formatters.ts';
import type { IngestedFile } from './service.ts';

/** A file that becomes a dataset, checked; as jobs and uploads keep it. */
export type CheckedFile = {
  readonly uuid: string;
  /** Values of the type's required dimensions, in order. */
  readonly values: readonly (string | number)[];
  readonly formatter: string;
  /** Relative to the satellite's root. */
  readonly path: string;
  /** What was promised of the bytes; null for a file that lies there already. */
  readonly upload: { readonly fileName: string; readonly size: number; readonly sha256: string } | null;
};

/** Most files of one call. */
const MOST_FILES = 10_000;
const SHA256 = /^[0-9a-f]{64}$/i;
const PYTHON_CLASS = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/;

/**
 * @param newUuid for those that are given none, and for places of uploads
 * @returns the files with UUIDs, paths and formatters, in the order given
 * @throws SatelliteError BAD_USER_INPUT for paths that lead out of the root, addresses, and what cannot be;
 *   MISSING_DATASET_TYPE; DIMENSION_NAME, DIMENSION_VALUE, DATA_ID_VALUE, INCONSISTENT_DATA_ID for data IDs
 */
export async function checkFiles(
  satellite: WriteableRepository,
  typeName: string,
  files: readonly IngestedFile[],
  ctx: QueryContext,
  newUuid: () => string = newDatasetUuid,
): Promise<{ readonly datasetType: DatasetType; readonly files: readonly CheckedFile[] }> {
  const datasetType = (await satellite.datasetTypes(ctx)).get(typeName);
  if (!datasetType) {
    throw new ButlerUserError(
      'MISSING_DATASET_TYPE',
      `Dataset type '${typeName}' does not exist in '${satellite.name}': register it first.`,
    );
  }
  if (files.length > MOST_FILES)
    throw badInput(`${files.length} files are too many for one call: ${MOST_FILES} at most.`);
  const values = files.map(({ dataId }) => requiredValues(datasetType, dataId));
  await checkAgainstRecords(satellite, datasetType, files, values, ctx);
  const checked = files.map((file, i) => checkFile(file, datasetType, values[i]!, newUuid));
  refuseTwice(
    checked.map(({ uuid }) => uuid),
    'UUID',
  );
  refuseTwice(
    checked.map(({ path }) => path),
    'path',
  );
  refuseTwice(
    checked.map((file) => JSON.stringify(file.values)),
    'data ID',
  );
  return { datasetType, files: checked };
}

/**
 * The RUN that datasets are to be in, which need not be there yet.
 * @throws SatelliteError BAD_USER_INPUT for a name that it cannot have; CONFLICT where another collection has it
 */
export async function checkRun(satellite: WriteableRepository, run: string, ctx: QueryContext): Promise<void> {
  const found = await collectionNamed(satellite, run, ctx).catch((error: unknown) => {
    if (error instanceof SatelliteError && error.code === 'MISSING_COLLECTION') return undefined;
    throw error;
  });
  if (!found) return checkCollectionName(run);
  if (found.type === 'RUN') return;
  throw new SatelliteError('CONFLICT', `Collection '${run}' is ${found.type}: datasets are put into a RUN.`);
}

function checkFile(
  file: IngestedFile,
  { storageClass, name }: DatasetType,
  values: DataIdValues,
  newUuid: () => string,
): CheckedFile {
  const formatter = file.formatter ?? defaultFormatter(storageClass);
  if (formatter === undefined) {
    throw badInput(`Storage class '${storageClass}' has no default formatter: give "formatter", a Python class.`);
  }
  if (!PYTHON_CLASS.test(formatter) || formatter.length > 128) {
    throw badInput(
      `"formatter" must be the full name of a Python class, such as 'lsst.daf.butler.formatters.json.JsonFormatter'.`,
    );
  }
  const uuid = file.uuid?.toLowerCase() ?? newUuid();
  const { upload } = file;
  if (upload && !SHA256.test(upload.sha256)) throw badInput('"sha256" must be 64 hexadecimal digits.');
  if (upload && !(Number.isSafeInteger(upload.size) && upload.size >= 0))
    throw badInput('"size" must be a number of bytes.');
  return {
    uuid,
    values: values.map((value) => (typeof value === 'bigint' ? String(value) : value)),
    formatter,
    path: newArtifactPath(file.path ?? uploadPath(name, upload!.fileName, newUuid())),
    upload: upload ? { ...upload, sha256: upload.sha256.toLowerCase() } : null,
  };
}

/**
 * A path that nothing has: what is put there is put before the dataset is registered, and may be refused then. With the
 * dataset's UUID, which the caller may choose, it could be the file of one that is there.
 */
function uploadPath(datasetType: string, fileName: string, place: string): string {
  const name = fileName
    .replace(/[^\w.+-]/g, '_')
    .slice(-150)
    .replace(/^\.+/, '');
  return ['ingested', datasetType, place, name || 'file'].join('/');
}

/** Values of the required dimensions. @throws ButlerUserError DIMENSION_NAME, DIMENSION_VALUE */
function requiredValues({ name, dimensions }: DatasetType, dataId: DataId): DataIdValues {
  const unknown = Object.keys(dataId).find((key) => !dimensions.has(key));
  if (unknown !== undefined) {
    throw new ButlerUserError(
      'DIMENSION_NAME',
      `'${unknown}' is no dimension of dataset type '${name}' ${String(dimensions)}.${didYouMean(unknown, dimensions.names)}`,
    );
  }
  return dimensions.required.map((dimension) => {
    const value = dataId[dimension];
    if (value !== undefined) {
      const stored = storedDimensionValue(dimension, dimensions.universe.element(dimension).primaryKey!, value);
      return typeof stored === 'bigint' ? jsonInteger(stored) : stored;
    }
    throw new ButlerUserError(
      'DIMENSION_NAME',
      `The data ID lacks '${dimension}': datasets of type '${name}' need ${dimensions.required.join(', ')}.`,
    );
  });
}

/** Every dimension has its record, and what a data ID says of implied dimensions is what the records say. */
async function checkAgainstRecords(
  satellite: WriteableRepository,
  { dimensions }: DatasetType,
  files: readonly IngestedFile[],
  values: readonly DataIdValues[],
  ctx: QueryContext,
): Promise<void> {
  const records = await recordsOfDataIds(satellite, dimensions, values, ctx);
  for (const [i, { dataId }] of files.entries()) {
    const known = new Map<string, DataIdValue>();
    for (const { element, fields } of records[i]!) {
      for (const name of element.implied) known.set(name, fields[name] as DataIdValue);
    }
    const found = new Set(records[i]!.map(({ element }) => element.name));
    for (const [j, name] of dimensions.required.entries()) {
      if (!dimensions.universe.element(name).hasTable || found.has(name)) continue;
      throw new ButlerUserError(
        'DATA_ID_VALUE',
        `There is no ${name} ${String(values[i]![j])} in '${satellite.name}'.`,
      );
    }
    for (const name of dimensions.implied) {
      if (dataId[name] === undefined || String(dataId[name]) === String(known.get(name))) continue;
      throw new ButlerUserError(
        'INCONSISTENT_DATA_ID',
        `The data ID says ${name}=${String(dataId[name])}, but its records say ${name}=${String(known.get(name))}.`,
      );
    }
  }
}

function refuseTwice(keys: readonly string[], what: string): void {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) throw badInput(`Two files have the same ${what}: ${key.slice(0, 200)}.`);
    seen.add(key);
  }
}

function badInput(message: string): SatelliteError {
  return new SatelliteError('BAD_USER_INPUT', message);
}
