/** Dimension records of a manifest, held against those that the published repository has. */
import type { OfferedRepository } from '../access/policy.ts';
import { inBatches } from '../butler/in-batches.ts';
import type { QueryContext } from '../repository/repository.ts';
import { alternateKeyConflicts } from '../transfer/alternate-keys.ts';
import { planRecords } from '../transfer/dimension-records.ts';
import type { Manifest } from './manifest.ts';

/** Asked for at once: meanwhile nobody else is answered. */
const AT_ONCE = 250;

/**
 * What is said of the first record that has other values there, as the commit would say it: element, data ID and fields; or whose
 * alternate key is another's there.  A later version is no exception, as records stay with what else needs them.
 */
export async function conflictingRecord(
  manifest: Manifest,
  { name, repository }: Pick<OfferedRepository, 'name' | 'repository'>,
  ctx: QueryContext,
): Promise<string | null> {
  const universe = await repository.universe(ctx);
  for await (const page of manifest.records()) {
    for (const batch of inBatches(page, AT_ONCE)) {
      const rows = batch.map(({ element, fields }) => ({
        ...{ element: universe.element(element), fields },
        repository: name,
      }));
      const { missing, conflicts } = await planRecords(repository, rows, ctx, `'${name}' and what is to be published`);
      const [conflict] = conflicts.length > 0 ? conflicts : await alternateKeyConflicts(repository, missing, ctx);
      if (conflict) return conflict.reason;
    }
  }
  return null;
}
