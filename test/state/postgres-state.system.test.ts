import { afterAll } from 'vitest';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { describeState } from './contract.ts';

let postgres: Postgres | undefined;
afterAll(() => postgres?.stop());

describeState('PostgreSQL', async () => {
  postgres ??= await startPostgres();
  return postgres.createDatabase();
});
