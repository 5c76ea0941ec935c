import type { Json } from '../../jobs/job.ts';
import type { Repository } from '../../repository/repository.ts';
import { visibleSource, type TransferSurroundings } from '../../transfer/attempt-setting.ts';

/** A repository as someone may read it. */
export interface NamedRepository {
  /** In addresses. */
  readonly name: string;
  readonly repository: Repository;
}

/**
 * How much of some repositories someone may read now, as text that is the same as long as that is.
 * @throws HeldError (`RIGHTS`) where one of them is not there for them (any more)
 */
export async function readingRules(
  surroundings: Pick<TransferSurroundings, 'rights' | 'repositoriesOf'>,
  owner: string,
  names: readonly string[],
): Promise<string> {
  const rules: Json[] = [];
  for (const name of names) rules.push((await visibleSource(surroundings, owner, name)).visible.ruleOf(name) ?? null);
  return JSON.stringify(rules);
}

/**
 * The repositories of a run as its owner may read them now.
 * @throws HeldError (`RIGHTS`) where one of them is not there for them (any more)
 */
export async function readableRepositories(
  surroundings: Pick<TransferSurroundings, 'rights' | 'repositoriesOf'>,
  owner: string,
  names: readonly string[],
): Promise<readonly NamedRepository[]> {
  const found: NamedRepository[] = [];
  for (const name of names) {
    found.push({ name, repository: (await visibleSource(surroundings, owner, name)).source });
  }
  return found;
}
