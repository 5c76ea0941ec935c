/** Gives every dataset of a repository a file record, as if its file were there: transfers by reference never look. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';

/** @returns the directory of a copy of the repository at `root`, which replaces what was there */
export async function withRecordedFiles(root: string, copy: string): Promise<string> {
  await rm(copy, { recursive: true, force: true });
  await cp(root, copy, { recursive: true });
  const database = new Sqlite(join(copy, 'gen3.sqlite3'));
  try {
    database.exec(`
      CREATE TABLE IF NOT EXISTS file_datastore_records (
        dataset_id CHAR(32), path VARCHAR(256) NOT NULL, formatter VARCHAR(128) NOT NULL, storage_class VARCHAR(64) NOT NULL,
        component VARCHAR(32), checksum VARCHAR(128), file_size BIGINT, PRIMARY KEY (dataset_id, component)
      );
      BEGIN;
      INSERT INTO file_datastore_records
        SELECT d.id, 'SimCam/runs/big/' || t.name || '/' || d.id || '.bin', 'lsst.daf.butler.formatters.json.JsonFormatter',
          t.storage_class, '__NULL_STRING__', NULL, 1000
        FROM dataset AS d JOIN dataset_type AS t ON t.id = d.dataset_type_id;
      INSERT INTO dataset_location SELECT 'FileDatastore@<butlerRoot>', id FROM dataset;
      COMMIT;
    `);
  } finally {
    database.close();
  }
  return copy;
}
