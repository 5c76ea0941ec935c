import { afterAll } from 'vitest';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { describeLaw } from './law-contract.ts';

let postgres: Postgres | undefined;
afterAll(() => postgres?.stop());

describeLaw('PostgreSQL', async () => {
  postgres ??= await startPostgres();
  return postgres.createDatabase();
});
