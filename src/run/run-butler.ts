/** The Butler configuration of a run's directory: where its outputs go, and nothing of the satellite's registry. */
import { stringify } from 'yaml';
import { RUN_FILES, type RunDirectory } from './directory.ts';

/** Class of every satellite's datastore. */
const FILE_DATASTORE = 'lsst.daf.butler.datastores.fileDatastore.FileDatastore';
/** Name of the datastore, by which graphs know the records of its files. */
export const RUN_DATASTORE = 'FileDatastore@satellite';

/**
 * Writes what a QuantumBackedButler is opened with.
 * @param root of the satellite's files, as whoever executes the run finds it
 * @returns the file's name in the run's directory
 */
export async function writeRunButler(directory: RunDirectory, root: string, signal: AbortSignal): Promise<string> {
  const name = `${RUN_FILES.butler}/butler.yaml`;
  // Its registry is never opened, and must be named.
  const config = {
    datastore: { cls: FILE_DATASTORE, name: RUN_DATASTORE, root },
    registry: { db: 'sqlite:///:memory:' },
  };
  await directory.write(name, stringify(config), signal);
  return name;
}
