/** Names that a repository takes. */
import { SatelliteError } from '../../../butler/errors.ts';
import { DATASET_TYPE_NAME, splitDatasetTypeName } from '../../../butler/components.ts';
import type { Universe } from '../../../butler/universe.ts';

const MAX_COLLECTION_NAME = 64;
const MAX_DATASET_TYPE_NAME = 128;
const MAX_STORAGE_CLASS_NAME = 64;

/**
 * Stock Butler would take any name.  One that reads like a glob cannot be searched for, and a RUN's name becomes a
 * directory, where quotes, `#`, `%` and `$` give paths that are read back as others.
 * @throws SatelliteError BAD_USER_INPUT for a name that a new collection must not have
 */
export function checkCollectionName(name: string): void {
  const refuse = (why: string): never => {
    throw new SatelliteError('BAD_USER_INPUT', `'${printable(name)}' cannot be the name of a collection: ${why}.`);
  };
  if (name === '') refuse('it is empty');
  if ([...name].length > MAX_COLLECTION_NAME) refuse(`it has more than ${MAX_COLLECTION_NAME} characters`);
  if (!name.isWellFormed()) refuse('it is not Unicode text');
  if (/[*?[\]]/.test(name)) refuse('*, ?, [ and ] would make it a glob in searches');
  if (/[\p{Z}\p{C}]/u.test(name)) refuse('it holds spaces, control characters or others that cannot be seen');
  if (/['"`]/.test(name)) refuse('it holds quotes');
  if (/[#%$\\]/.test(name)) refuse('#, %, $ and \\ would give its files ambiguous paths');
  if (name.startsWith('~')) refuse("a ~ at its beginning would make its files' paths lead to somebody's home");
  if (name.split('/').some((part) => part === '' || /^\.+$/.test(part.normalize('NFKC')))) {
    refuse('the parts between its slashes must be names, neither empty nor dots');
  }
}

/** @throws SatelliteError BAD_USER_INPUT for a name that a new dataset type must not have */
export function checkDatasetTypeName(universe: Universe, name: string): void {
  const refuse = (why: string): never => {
    throw new SatelliteError('BAD_USER_INPUT', `'${printable(name)}' cannot be the name of a dataset type: ${why}.`);
  };
  if (name.length > MAX_DATASET_TYPE_NAME) refuse(`it has more than ${MAX_DATASET_TYPE_NAME} characters`);
  if (!DATASET_TYPE_NAME.test(name)) {
    refuse('it must be of letters, digits and underscores, and not begin with a digit');
  }
  if (universe.governors.includes(name)) refuse('it is the name of a dimension that has none above it');
  if (splitDatasetTypeName(name)[1] !== null)
    refuse('only whole datasets have types in a repository, components do not');
}

/** @throws SatelliteError BAD_USER_INPUT */
export function checkStorageClassName(name: string): void {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && name.length <= MAX_STORAGE_CLASS_NAME) return;
  throw new SatelliteError(
    'BAD_USER_INPUT',
    `'${printable(name)}' cannot be a storage class: it must be of letters, digits and underscores, at most ` +
      `${MAX_STORAGE_CLASS_NAME} of them.`,
  );
}

function printable(name: string): string {
  const shown = name.replace(/\p{C}/gu, '\u{fffd}');
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}
