import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import type { DirectRepository } from '../../src/repository/direct/direct-repository.ts';
import { postgresRepositories, sqliteRepository } from '../fixtures/repositories.ts';
import { answerOf, COLLECTION_KINDS, QUERY_KINDS } from './answers.ts';
import { readCases, REPOSITORIES, type RepositoryName } from './corpus.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { satisfies } from './verdict.ts';

const KINDS = [...QUERY_KINDS, ...COLLECTION_KINDS, 'get_dataset_type', 'get_dataset', 'find_dataset'];
const cases = readCases().filter(({ id }) => !EXCEPTIONS.has(id));

describe.each(['sqlite', 'postgresql'] as const)('A direct repository on %s', (dialect) => {
  const open = new Map<RepositoryName, DirectRepository>();
  let server: Awaited<ReturnType<typeof postgresRepositories>> | undefined;

  beforeAll(async () => {
    server = dialect === 'postgresql' ? await postgresRepositories() : undefined;
    for (const name of REPOSITORIES) {
      const path = server ? server[name] : sqliteRepository(name);
      open.set(name, await openDirectRepository({ name, path }));
    }
  });

  afterAll(async () => {
    for (const repository of open.values()) await repository.close();
    await server?.[Symbol.asyncDispose]();
  });

  it.each(KINDS)('answers as stock Butler does: %s', async (kind) => {
    const wrong: unknown[] = [];
    for (const testCase of cases.filter((candidate) => candidate.kind === kind)) {
      const answer = await answerOf(testCase, open.get(testCase.repo)!);
      if (!satisfies(testCase, answer)) wrong.push({ id: testCase.id, answer });
    }
    expect(wrong).toEqual([]);
  });
});
