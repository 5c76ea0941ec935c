import { toleratingFailures } from '../federated/members.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import type { Answer } from './search.ts';

/** The dataset of a UUID, from the earliest member that has it; null where there is none. */
export async function getDataset(
  members: readonly Repository[],
  uuid: string,
  ctx: QueryContext,
): Promise<Answer<DatasetRow | null>> {
  const id = uuid.toLowerCase();
  const { value, failures } = await toleratingFailures(members, (repositories) =>
    Promise.all(repositories.map((member) => member.datasets([id], ctx))),
  );
  return { rows: value.map((found) => found.get(id)).find((row) => row !== undefined) ?? null, failures };
}
