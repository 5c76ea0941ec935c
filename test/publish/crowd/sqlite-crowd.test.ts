import { join } from 'node:path';
import { describeCrowd } from './crowd-contract.ts';

describeCrowd('SQLite', {
  state: (directory) => Promise.resolve(`sqlite:${join(directory, 'state.sqlite3')}`),
  published: () => Promise.resolve({ dialect: 'sqlite' }),
  rows: () => Promise.resolve(''),
});
