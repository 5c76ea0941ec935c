/**
 * A repository of what a query needs of several others, in which it is answered as in any: the same compiler, the same
 * joins of regions and times, the same find-first.  It lives in a directory of its own, which goes with it; worker processes
 * read it, which can be stopped.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Universe } from '../../../butler/universe.ts';
import { anyRows, countRows, explainRows, queryRows } from '../../direct/compile/execute.ts';
import { SqliteDatabase } from '../../direct/sqlite/sqlite-database.ts';
import type { QueryContext, Repository } from '../../repository.ts';
import type { Gathered } from './gather.ts';
import { writeScratchFile } from './scratch-file.ts';
import { ScratchRegistry, type SearchedCollection } from './scratch-registry.ts';

export interface Scratch extends AsyncDisposable {
  readonly repository: Pick<Repository, 'query' | 'count' | 'any' | 'explain'>;
  readonly directory: string;
}

/**
 * @param name that it has in positions and errors
 * @param searched collections that searches lead to, flattened: those without datasets too
 */
export async function scratchRepository(
  name: string,
  universe: Universe,
  gathered: Gathered,
  searched: readonly SearchedCollection[],
  ctx: QueryContext,
): Promise<Scratch> {
  const directory = await mkdtemp(join(tmpdir(), 'satellite-join-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const registry = new ScratchRegistry(universe, gathered, searched);
    const path = join(directory, 'joined.sqlite3');
    await writeScratchFile(path, registry, gathered, ctx.signal);
    const access = { repository: name, database: new SqliteDatabase(name, path), registry };
    const repository: Scratch['repository'] = {
      query: (query, spec, { signal }, options) => queryRows(access, query, spec, signal, options),
      count: (query, spec, { signal }, options = {}) => countRows(access, query, spec, signal, options),
      any: (query, { signal }, { execute = true, exact = true } = {}) =>
        anyRows(access, query, signal, { execute, exact }),
      explain: (query, { signal }) => explainRows(access, query, signal),
    };
    return { repository, directory, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
