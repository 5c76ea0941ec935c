import { join } from 'node:path';
import { describeLaw } from './law-contract.ts';

describeLaw('SQLite', async (directory) => `sqlite:${join(directory, 'state.sqlite3')}`);
