/** What brings publications into the published repositories of the configuration, and where it can be seen then. */
import type { OfferedRepository } from '../access/policy.ts';
import { PublishedRepositories } from '../publish/commit/published-repositories.ts';
import { RepositoryCommit } from '../publish/commit/repository-commit.ts';
import type { RepositoryConfig } from './config.ts';
import { GENERATION_METRIC } from './metrics.ts';

/** How long another gateway may take to tell. */
const ASK_MILLISECONDS = 3000;

/** To be closed. */
export function openPublishing(
  configs: readonly RepositoryConfig[],
  offered: readonly OfferedRepository[],
): { readonly commit: RepositoryCommit; readonly close: () => Promise<void> } {
  const published = configs.filter(({ role }) => role === 'published');
  const places = published.flatMap(({ name, ...config }) =>
    config.kind === 'direct' ? [{ name, path: config.path }] : [],
  );
  const repositories = new PublishedRepositories(places);
  const isVisible = async (name: string, generation: number): Promise<boolean> => {
    const own = offered.find((repository) => repository.name === name)?.generation;
    if (own && (await own(AbortSignal.timeout(ASK_MILLISECONDS))) < generation) return false;
    const replicas = published.find((config) => config.name === name)?.publishing?.replicas ?? [];
    const reported = await Promise.all(replicas.map((url) => reportedGeneration(url, name)));
    return reported.every((number) => number >= generation);
  };
  return { commit: new RepositoryCommit(repositories, isVisible), close: () => repositories.close() };
}

/** What another gateway tells in its metrics; -1 where it does not. */
async function reportedGeneration(url: string, repository: string): Promise<number> {
  try {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(ASK_MILLISECONDS) });
    const text = await response.text();
    const prefix = `${GENERATION_METRIC}{repository="${repository}"} `;
    const line = response.ok ? text.split('\n').find((candidate) => candidate.startsWith(prefix)) : undefined;
    return line === undefined ? -1 : Number(line.slice(prefix.length));
  } catch {
    return -1;
  }
}
