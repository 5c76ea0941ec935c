import { isNamedToAll } from '../access/readable.ts';
import type { OfferedRepository, RepositoryKind } from '../access/policy.ts';
import { DirectRepository } from '../repository/direct/direct-repository.ts';
import { openDirectRepository } from '../repository/direct/open.ts';
import { RemoteRepository } from '../repository/remote/remote-repository.ts';
import type { Caller, Repository } from '../repository/repository.ts';
import type { RepositoryConfig } from './config.ts';
import type { Metrics } from './metrics.ts';
import { observed } from './observed-repository.ts';

/**
 * Opens the configured repositories.  A remote one is not asked yet, so the gateway starts although its server is down.
 * @throws RepositoryUnavailableError where a direct one cannot be opened
 */
export async function openRepositories(
  configs: readonly RepositoryConfig[],
  metrics: Metrics,
): Promise<OfferedRepository[]> {
  return Promise.all(
    configs.map(async (config) => {
      const whose = { owner: config.owner, ...(config.groups && { readers: config.groups }) };
      // The name of a user's own repository, or of some groups', is nobody else's business.
      const label = isNamedToAll(whose) ? config.name : 'satellites';
      const opened = await openRepository(config);
      const repository = observed(opened, (outcome) => {
        metrics.repositoryCalls.inc({ repository: label, outcome });
      });
      return {
        name: config.name,
        kind: kindOf(config),
        ...whose,
        ...(opened instanceof RemoteRepository && { admits: (caller: Caller) => opened.admits(caller) }),
        ...(config.role === 'published' &&
          opened instanceof DirectRepository && {
            generation: (signal: AbortSignal) => opened.generation({ caller: { username: 'generation' }, signal }),
          }),
        repository,
      };
    }),
  );
}

async function openRepository(config: RepositoryConfig): Promise<Repository> {
  if (config.kind === 'direct') return openDirectRepository(config);
  const { name, url, token, serviceToken } = config;
  return new RemoteRepository({ name, url, token: isCallers(token) ? token : { fixed: token }, serviceToken });
}

function kindOf({ role, owner }: RepositoryConfig): RepositoryKind {
  if (role === 'published') return 'PUBLISHED';
  return owner === undefined ? 'OFFICIAL' : 'SATELLITE';
}

/** Whether it says which of the caller's tokens to send, and is none itself. */
function isCallers(token: string): token is 'forward' | 'delegated' {
  return token === 'forward' || token === 'delegated';
}
