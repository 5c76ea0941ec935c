import { SatelliteError } from '../../butler/errors.ts';
import { FederatedRepository } from '../federated/federated-repository.ts';
import { firstDataset } from '../federated/first-dataset.ts';
import { toleratingFailures } from '../federated/members.ts';
import { resolveSearchPath } from '../federated/search-path.ts';
import type { FindDatasetRequest, QueryContext, Repository } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import type { Answer } from './search.ts';

/** The first dataset of a data ID along a search path over all members; null where there is none. */
export async function findDataset(
  members: readonly Repository[],
  request: FindDatasetRequest,
  ctx: QueryContext,
): Promise<Answer<DatasetRow | null>> {
  const { value, failures } = await toleratingFailures(members, (repositories, failed) =>
    members.length === 1
      ? findInOne(members[0]!, request, ctx)
      : firstDataset(new FederatedRepository(repositories), repositories, request, failed, ctx),
  );
  return { rows: value, failures };
}

async function findInOne(
  member: Repository,
  request: FindDatasetRequest,
  ctx: QueryContext,
): Promise<DatasetRow | null> {
  try {
    return await member.findDataset(request, ctx);
  } catch (error) {
    if (error instanceof SatelliteError && error.code === 'MISSING_COLLECTION') {
      await resolveSearchPath([member], request.collections, [], ctx); // says it in words that help
    }
    throw error;
  }
}
