/** Sweeping of what was uploaded to be published and is not needed any more. */
import type { Logger } from 'pino';
import type { ArtifactStore } from '../../repository/direct/datastore/artifact-store.ts';
import type { PackRecords, PackUpload } from './pack-records.ts';

export interface UploadStores {
  /** Names of the published repositories. */
  readonly repositories: readonly string[];
  /** Where the files of a published repository are. */
  readonly artifacts: (repository: string) => Promise<ArtifactStore>;
  /** Uploads that are still to be published, and with which publication. */
  readonly needed: () => Promise<ReadonlyMap<string, string>>;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

/** What has taken an upload that is to be removed: see `takeUpload`. */
export const REMOVAL = 'removal';

/** How long what nobody submits is kept, ms. */
const KEPT_MILLISECONDS = 24 * 3_600_000;
const SWEEP_MILLISECONDS = 60_000;
const UPLOADS = 'uploads';

/** Relative to the root of the published repository, where no record leads. */
export function pathOfUpload({ id }: Pick<PackUpload, 'id'>): string {
  return `${UPLOADS}/${id}.zip`;
}

/**
 * Removes what nobody has submitted for a day, and of which everything is published or given up, and what did not come to its
 * end.  What a store does not let go now, the next time does.
 * @param hasty who does not wait for the day to pass, where everything that came in an upload of theirs is over
 */
export async function removeOldUploads(records: PackRecords, stores: UploadStores, hasty?: string): Promise<void> {
  const { repositories, artifacts, needed, now, log } = stores;
  const before = now() - KEPT_MILLISECONDS;
  const unlessUnavailable = async (
    repository: string,
    work: (store: ArtifactStore, signal: AbortSignal) => Promise<void>,
  ) => {
    try {
      await work(await artifacts(repository), AbortSignal.timeout(SWEEP_MILLISECONDS));
    } catch (err) {
      log.warn({ err, repository }, 'could not remove uploads of publications');
    }
  };
  const old = (await records.list()).filter(
    ({ createdAt, owner, takenBy }) => createdAt <= before || (owner === hasty && takenBy !== ''),
  );
  const kept = old.length === 0 ? new Map() : await needed();
  for (const upload of old) {
    // Nothing can be submitted from then on that comes in it.
    if (kept.has(upload.id) || !(await records.take(upload, REMOVAL))) continue;
    await unlessUnavailable(upload.repository, async (store, signal) => {
      await store.remove([pathOfUpload(upload)], signal);
      await records.remove(upload.id);
    });
  }
  for (const repository of repositories) {
    await unlessUnavailable(repository, async (store, signal) => {
      for await (const { remove } of store.unfinished(new Date(before), signal, UPLOADS)) await remove();
    });
  }
}
