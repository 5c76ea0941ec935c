import { SatelliteError } from '../../butler/errors.ts';
import { didYouMean } from '../../butler/nearest-name.ts';
import { toleratingFailures } from '../federated/members.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import type { Answer } from './search.ts';

/**
 * The dataset of a UUID, from the earliest member that has it (or only from the one named `repository`); null where
 * there is none.
 * @throws SatelliteError NOT_FOUND where no member has the name `repository`
 */
export async function getDataset(
  members: readonly Repository[],
  uuid: string,
  repository: string | undefined,
  ctx: QueryContext,
): Promise<Answer<DatasetRow | null>> {
  const asked = repository === undefined ? members : members.filter(({ name }) => name === repository);
  if (asked.length === 0) {
    const names = members.map(({ name }) => name);
    throw new SatelliteError(
      'NOT_FOUND',
      `Repository '${repository}' does not exist, or is not shared with you (signed in as ${ctx.caller.username}).` +
        didYouMean(repository ?? '', names),
    );
  }
  const id = uuid.toLowerCase();
  const { value, failures } = await toleratingFailures(asked, (repositories) =>
    Promise.all(repositories.map((member) => member.datasets([id], ctx))),
  );
  return { rows: value.map((found) => found.get(id)).find((row) => row !== undefined) ?? null, failures };
}
