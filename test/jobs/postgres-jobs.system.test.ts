import { afterAll } from 'vitest';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { describeQueue } from './contract.ts';

let postgres: Postgres | undefined;
afterAll(() => postgres?.stop());

describeQueue('PostgreSQL', {
  url: async () => {
    postgres ??= await startPostgres();
    return postgres.createDatabase();
  },
  leaseMilliseconds: 5000,
});
