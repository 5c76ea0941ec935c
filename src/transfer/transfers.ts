/** Transfers and ingests as the faces call them. */
import { nameInAddresses, type VisibleRepositories } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Job, Jobs } from '../jobs/job.ts';
import { searchDatasets } from '../repository/search/datasets.ts';
import type { SatelliteDirectory } from '../satellite/satellite.ts';
import type { IngestDatasets, IngestStart, TransferDatasets, TransferPlan, TransferService } from './service.ts';
import { planTransfer, transferInput, transferKind, type TransferSurroundings } from './transfer-kind.ts';

export interface TransferOptions extends TransferSurroundings {
  readonly jobs: Jobs;
  readonly satellites: SatelliteDirectory;
  /** Longest that a dry run may take, ms. */
  readonly planMilliseconds: number;
}
