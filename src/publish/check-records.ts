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
 * alternate key is another's there; and what to do.  A later version is no exception, as records stay with what else needs them.
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
      if (conflicts[0]) {
        return `${conflicts[0].reason} Bring the record of '${name}' into your repository, or ask the operator which of them is right.`;
      }
      const [taken] = await alternateKeyConflicts(repository, missing, ctx);
      if (taken) {
        return `${taken.reason} Give yours another one, or write your datasets with the data ID of the record that has it there.`;
      }
    }
  }
  return null;
}
