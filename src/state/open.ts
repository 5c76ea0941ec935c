import { scratch } from '../../test/jobs/scratch-sqlite.ts';
import { readSecret } from './secret.ts';
import { prepareTables, STATE_TABLES } from './tables.ts';
import type { State } from './state.ts';
export async function openState(url: string, signal: AbortSignal): Promise<State> {
  const database = scratch(url.slice('sqlite:'.length));
  await prepareTables(database, STATE_TABLES, signal);
  return { database, secret: await readSecret(database, signal), postgresUrl: undefined, close: () => database.close() };
}
