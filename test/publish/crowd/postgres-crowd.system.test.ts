import { afterAll } from 'vitest';
import { startPostgres, type Postgres } from '../../../stack/postgres.ts';
import { describeCrowd } from './crowd-contract.ts';

let postgres: Postgres | undefined;
afterAll(() => postgres?.stop());

async function database(): Promise<string> {
  postgres ??= await startPostgres();
  return postgres.createDatabase();
}

describeCrowd('PostgreSQL', {
  state: database,
  published: async () => {
    const url = await database();
    return { dialect: 'postgresql', url, publicUrl: url, namespace: 'public' };
  },
});
