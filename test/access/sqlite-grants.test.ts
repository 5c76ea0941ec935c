import { join } from 'node:path';
import { describeGrants } from './grant-contract.ts';

describeGrants('SQLite', async (directory) => `sqlite:${join(directory, 'state.sqlite3')}`);
