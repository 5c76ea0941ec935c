import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { RemoteRepository } from '../../src/repository/remote/remote-repository.ts';
import { startRemoteButler, type RemoteButler } from '../../stack/remote-butler.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { answerOf, COLLECTION_KINDS, QUERY_KINDS } from './answers.ts';
import { corpusFile, readRemoteCases, REPOSITORIES, type Case, type RepositoryName } from './corpus.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { satisfies } from './verdict.ts';

const KINDS = [...QUERY_KINDS, ...COLLECTION_KINDS, 'get_dataset_type', 'get_dataset', 'find_dataset'];

const cases = readRemoteCases().filter(({ id }) => !EXCEPTIONS.has(id));

describe('A remote repository, on the stock server', () => {
  const open = new Map<RepositoryName, RemoteRepository>();
  let directory: string;
  let server: RemoteButler;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'satellite-conformance-'));
    const roots = Object.fromEntries(REPOSITORIES.map((name) => [name, join(directory, name)]));
    for (const [name, root] of Object.entries(roots)) await cp(corpusFile(`repos/${name}`), root, { recursive: true });
    server = await startRemoteButler({ repositories: roots, directory });
    for (const name of REPOSITORIES) {
      open.set(name, new RemoteRepository({ name, url: `${server.url}/${name}`, token: { fixed: undefined } }));
    }
  });

  afterAll(async () => {
    for (const repository of open.values()) await repository.close();
    await server.stop();
    await rm(directory, { recursive: true });
  });

  it.each(KINDS)('answers as stock Butler does: %s', async (kind) => {
    const wrong: unknown[] = [];
    for (const testCase of cases.filter((candidate) => candidate.kind === kind)) {
      const answer = await answerOf(testCase, open.get(testCase.repo)!);
      const isRight = satisfies(testCase, answer) || (testCase.remote && satisfies(testCase.remote, answer));
      if (!isRight) wrong.push({ id: testCase.id, answer });
    }
    expect(wrong).toEqual([]);
  });

  it('gives the records of the sky pixels that a query joins, as a repository on this machine does', async () => {
    const where = "tract = 9816 AND skymap = 'hsc_rings_v1'";
    const asked = { repo: 'official', kind: 'query_dimension_records', args: { element: 'htm7', where } };
    const direct = await openDirectRepository({ name: 'official', path: sqliteRepository('official') });
    const expected = await answerOf(asked as unknown as Case, direct);
    await direct.close();
    expect(expected).toHaveProperty('rows.0.record.region');
    expect(await answerOf(asked as unknown as Case, open.get('official')!)).toEqual(expected);
  });
});
