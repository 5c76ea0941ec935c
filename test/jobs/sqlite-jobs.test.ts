import { join } from 'node:path';
import { describeQueue } from './contract.ts';

describeQueue('SQLite', {
  url: async (directory) => `sqlite:${join(directory, 'state.sqlite3')}`,
  leaseMilliseconds: 60_000,
});
