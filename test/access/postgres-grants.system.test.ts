import { afterAll } from 'vitest';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { describeGrants } from './grant-contract.ts';

let postgres: Postgres | undefined;
afterAll(() => postgres?.stop());

describeGrants('PostgreSQL', async () => {
  postgres ??= await startPostgres();
  return postgres.createDatabase();
});
