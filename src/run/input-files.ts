/** Where a run finds the files of its inputs: its satellite's own in its root, all others at permanent addresses. */
import { fileUrl } from '../access/permanent-address.ts';
import { isUri } from '../repository/direct/datastore/artifact-path.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { FileRecord } from '../repository/rows.ts';
import { inBatches } from '../butler/in-batches.ts';
import type { NamedRepository } from './transfer/readable-repositories.ts';

/** As many as one request to the official server may name. */
const UUIDS_AT_ONCE = 10_000;

/**
 * Files of datasets, of each in the first repository that has one.  Addresses hold no capability and no signature: whoever
 * reads there is asked for the right at that moment.
 * @param repositories in search order, as the run's user may read them
 * @param own full name of the run's satellite, whose root is seen where it is executed; null: only the gateway is reached there
 */
export async function inputFiles(
  repositories: readonly NamedRepository[],
  own: string | null,
  publicUrl: string,
  uuids: readonly string[],
  ctx: QueryContext,
): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
  const found = new Map<string, readonly FileRecord[]>();
  for (const { name, repository } of repositories) {
    const left = uuids.filter((uuid) => !found.has(uuid));
    for (const batch of inBatches(left, UUIDS_AT_ONCE)) {
      for (const [uuid, files] of await repository.files(batch, ctx)) {
        if (files.length === 0) continue;
        const isOwn = name === own;
        const at = { repository: name, uuid };
        found.set(
          uuid,
          files.map((file) => (isOwn && !isUri(file.path) ? file : { ...file, path: fileUrl(publicUrl, at, file) })),
        );
      }
    }
  }
  return found;
}
