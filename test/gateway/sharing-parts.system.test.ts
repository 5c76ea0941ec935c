import { afterAll } from 'vitest';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { describeSharing } from './sharing-contract.ts';

let postgres: Postgres | undefined;
afterAll(() => postgres?.stop());

describeSharing('PostgreSQL', 'POSTGRESQL', async () => {
  postgres ??= await startPostgres();
  const [state, satellites] = [await postgres.createDatabase(), await postgres.createDatabase()];
  return `state: ${JSON.stringify(state)}\nsatellites: {root: ./satellites, postgresql: ${JSON.stringify(satellites)}}`;
});
