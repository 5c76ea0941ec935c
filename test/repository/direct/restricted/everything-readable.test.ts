import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import { postgresRepositories, sqliteRepository } from '../../../fixtures/repositories.ts';
import { defineRepositorySuite } from '../../contract.ts';

const name = 'official';
const everything = { key: 'everything', allows: () => true };

defineRepositorySuite('A direct repository on SQLite of which all is readable', async () => {
  const whole = await openDirectRepository({ name, path: sqliteRepository(name) });
  return { repository: whole.readableAs(everything), datasetTypes: 21, dispose: () => whole.close() };
});

defineRepositorySuite('A direct repository on PostgreSQL of which all is readable', async () => {
  const server = await postgresRepositories();
  const whole = await openDirectRepository({ name, path: server[name] });
  return {
    repository: whole.readableAs(everything),
    datasetTypes: 21,
    dispose: async () => {
      await whole.close();
      await server[Symbol.asyncDispose]();
    },
  };
});
