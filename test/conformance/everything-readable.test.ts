/** Whoever may read all collections gets stock Butler's answers too, but for what no dataset carries. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import type { DirectRepository } from '../../src/repository/direct/direct-repository.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { postgresRepositories, sqliteRepository } from '../fixtures/repositories.ts';
import { oneIn } from '../sample.ts';
import { answerOf, COLLECTION_KINDS, QUERY_KINDS } from './answers.ts';
import { readCases, REPOSITORIES, type RepositoryName } from './corpus.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { satisfies } from './verdict.ts';

/** Cases about dataset types without datasets, and about dimension records that no dataset's data ID has. */
const NOT_CARRIED = new Set([
  ...['sat-pub-354', 'off-pub-356', 'sat-pub-355', 'off-pub-357', 'sat-pub-597', 'off-pub-597', 'off-pub-703'],
  ...['sat-pub-278', 'sat-pub-279', 'sat-pub-628', 'off-pub-631', 'sat-pub-300', 'sat-pub-304', 'sat-pub-306'],
  ...['sat-pub-308', 'sat-pub-602', 'sat-pub-613', 'off-pub-615', 'sat-pub-697', 'sat-pub-698', 'sat-pub-699'],
  ...['sat-pub-700', 'sat-pub-702', 'sat-pub-705', 'sat-pub-706', 'sat-pub-707', 'sat-pub-708', 'off-pub-689'],
]);
const KINDS = [...QUERY_KINDS, ...COLLECTION_KINDS, 'get_dataset_type', 'get_dataset', 'find_dataset'];
const cases = readCases().filter(({ id, kind }) => KINDS.includes(kind) && !EXCEPTIONS.has(id) && !NOT_CARRIED.has(id));

describe.each([
  ['sqlite', 4],
  ['postgresql', 12],
] as const)('A direct repository on %s of which all collections may be read', (dialect, n) => {
  const whole: DirectRepository[] = [];
  const seen = new Map<RepositoryName, Repository>();
  let server: Awaited<ReturnType<typeof postgresRepositories>> | undefined;

  beforeAll(async () => {
    server = dialect === 'postgresql' ? await postgresRepositories() : undefined;
    for (const name of REPOSITORIES) {
      const repository = await openDirectRepository({ name, path: server ? server[name] : sqliteRepository(name) });
      whole.push(repository);
      seen.set(name, repository.readableAs({ key: 'everything', allows: () => true }));
    }
  });
  afterAll(async () => {
    for (const repository of whole) await repository.close();
    await server?.[Symbol.asyncDispose]();
  });

  it('answers as stock Butler does of all that datasets carry', { timeout: 600_000 }, async () => {
    const wrong: unknown[] = [];
    for (const testCase of oneIn(n, cases)) {
      const answer = await answerOf(testCase, seen.get(testCase.repo)!);
      if (!satisfies(testCase, answer)) wrong.push({ id: testCase.id, answer });
    }
    expect(wrong).toEqual([]);
  });
});
