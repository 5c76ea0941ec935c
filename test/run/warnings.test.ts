/** What a run says of inputs that changed after its graph was built, whatever has become of them. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { VisibleRepositories } from '../../src/access/policy.ts';
import { RepositoryUnavailableError } from '../../src/butler/errors.ts';
import type { ArtifactStore } from '../../src/repository/direct/datastore/artifact-store.ts';
import type { QueryContext } from '../../src/repository/repository.ts';
import type { RunRecord } from '../../src/run/run.ts';
import { Runs, type RunsOptions } from '../../src/run/runs.ts';

const RECORD = {
  ...{ state: 'BUILT', satellite: 'alice~work', directory: '/satellite/runs/o/1' },
  spec: { repositories: [], inputs: ['all'] },
} as unknown as RunRecord;
const QUERY: QueryContext = { caller: { username: 'alice' }, signal: AbortSignal.timeout(20 * 60_000) };

/** Of a run in whose directory `collections.json` has this text. */
function warnings(text: () => Buffer): Promise<readonly string[]> {
  const directory = {
    root: '/satellite',
    stat: async () => ({ size: text().length }),
    read: async (_path: string, range: { start: number } | null) => Readable.from([text().subarray(range?.start ?? 0)]),
  } as unknown as ArtifactStore;
  const runs = new Runs({ satellites: { forJob: async () => ({ directory }) } } as unknown as RunsOptions);
  return runs.warnings(RECORD, { find: () => null } as unknown as VisibleRepositories, QUERY);
}

test('a run over very many collections tells which of them is gone', async () => {
  const children = Array.from({ length: 100_000 }, (_, i) => `u/alice/raw/${i}`);
  const noted = Buffer.from(JSON.stringify([{ name: 'all', type: 'CHAINED', children }]));
  expect(noted.length).toBeGreaterThan(2 ** 20);
  expect(await warnings(() => noted)).toEqual([expect.stringContaining("'all' is not there any more")]);
});

test('a run whose inputs or directory are away is shown, and says why it cannot tell', async () => {
  const away = () => {
    throw new RepositoryUnavailableError('dp1', 'It is away.');
  };
  expect(await warnings(away)).toEqual([expect.stringMatching(/^It cannot be said.*It is away\./)]);
});
