import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { postgresRepositories, sqliteRepository } from '../../fixtures/repositories.ts';
import { defineRepositorySuite } from '../contract.ts';

const name = 'official';

defineRepositorySuite('A direct repository on SQLite', async () => ({
  repository: await openDirectRepository({ name, path: sqliteRepository(name) }),
  dispose: () => Promise.resolve(),
}));

defineRepositorySuite('A direct repository on PostgreSQL', async () => {
  const server = await postgresRepositories();
  const repository = await openDirectRepository({ name, path: server[name] });
  return { repository, dispose: () => server[Symbol.asyncDispose]() };
});
