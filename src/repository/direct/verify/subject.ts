import type { ArtifactStore } from '../datastore/artifact-store.ts';
import type { WriteableDatabase } from '../database.ts';
import type { Registry } from '../registry.ts';

/** What a verification looks at. */
export interface Verified {
  readonly database: WriteableDatabase;
  readonly registry: Registry;
  readonly store: ArtifactStore;
  readonly recordsTable: string;
  /** As `dataset_location.datastore_name` has it. */
  readonly datastoreName: string;
}
