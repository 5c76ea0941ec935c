import { SatelliteError } from '../../butler/errors.ts';
import { toleratingFailures } from '../federated/members.ts';
import { nearestName } from '../federated/nearest-name.ts';
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
    const nearest =
      repository &&
      nearestName(
        repository,
        members.map(({ name }) => name),
      );
    throw new SatelliteError(
      'NOT_FOUND',
      `Repository '${repository}' does not exist, or is not shared with you (signed in as ${ctx.caller.username}).` +
        (nearest ? ` Did you mean '${nearest}'?` : ''),
    );
  }
  const id = uuid.toLowerCase();
  const { value, failures } = await toleratingFailures(asked, (repositories) =>
    Promise.all(repositories.map((member) => member.datasets([id], ctx))),
  );
  return { rows: value.map((found) => found.get(id)).find((row) => row !== undefined) ?? null, failures };
}
