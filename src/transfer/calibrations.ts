import type { Task } from '../jobs/job.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import type { ReferenceSettings } from './references.ts';
import { TransferAttempt, type TransferResult } from './transfer-job.ts';

/**
 * Brings calibrations into a new satellite, by reference, with their validity ranges and the chains that were named.
 * @throws SatelliteError as a transfer does
 */
export function bringCalibrations(
  from: { readonly official: Repository; readonly collections: readonly string[]; readonly satellite: OpenSatellite },
  references: ReferenceSettings,
  task: Task,
  ctx: QueryContext,
): Promise<TransferResult> {
  const { official, collections, satellite } = from;
  const setting = {
    source: official,
    from: official.name,
    satellite,
    selection: { search: { datasetTypes: ['*'], collections, findFirst: false } },
    mode: 'REFERENCE' as const,
    collections: true,
    references,
    sizeOf: () => Promise.resolve(0),
    openFile: () => Promise.reject(new Error('the bytes of a reference stay where they are')),
    checkRun: () => {},
    readable: undefined,
    reserve: async () => {},
  };
  return new TransferAttempt(setting, task, ctx).run();
}
