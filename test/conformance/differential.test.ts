/**
 * Random queries, every form of the language in every place, and the corpus's own queries with something else in them, put to stock Butler and to ours: directly in SQLite and
 * PostgreSQL, and through `POST /graphql`.  `npm run test:full` puts many more.  A seed of `SATELLITE_TEST_SEED` finds others.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../../src/butler/json.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import type { DirectRepository } from '../../src/repository/direct/direct-repository.ts';
import { postgresRepositories, sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway } from '../gateway/running-gateway.ts';
import { answerOf } from './answers.ts';
import { REPOSITORIES, type Case, type RepositoryName } from './corpus.ts';
import { satisfies } from './verdict.ts';

const run = promisify(execFile);
const COUNT = process.env['SATELLITE_TEST_FULL'] === '1' ? 3000 : 100;
const SEED = process.env['SATELLITE_TEST_SEED'] ?? '20261124';
const ORACLES = ['random_cases.py', 'written_cases.py', 'varied_cases.py'];
const PYTHON = join(import.meta.dirname, '..', '..', '.venv', 'bin', 'python');

/** These are no queries of one repository, but of the search over several. */
const SEARCHES = ['query_all_datasets', 'query_dataset_types'];

/** Order of NULLs, and of text, is the database's. */
const hasOrder = ({ args }: Case) => args['order_by'] !== undefined;

/** Of several datasets with one data ID, beside which another dimension is joined, any may be given: which one is the database's. */
const ofAnyDataset = (testCase: Case): Case =>
  testCase.args['find_first'] === false && testCase.args['where'] !== undefined && testCase.compare === 'multiset'
    ? { ...testCase, compare: 'count' }
    : testCase;

/** Whether one of two wrong things is told where stock Butler tells the other, or, having nothing to search, neither. */
const tellsOther = (testCase: Case, code: string | undefined): boolean => {
  if (code === undefined || testCase.id.startsWith('mended-')) return false;
  if (testCase.expected.error) return ['user_error', 'argument_error'].includes(testCase.expected.error.class);
  return testCase.kind === 'query_all_datasets' && testCase.expected['count'] === 0;
};

let cases: readonly Case[];
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeAll(async () => {
  const printed = ORACLES.map((oracle) => {
    const args = [join(import.meta.dirname, '..', 'oracle', oracle), '--seed', SEED, '--count', String(COUNT)];
    return run(PYTHON, args, { maxBuffer: 1 << 30 });
  });
  const stdout = (await Promise.all(printed)).map((output) => output.stdout).join('');
  cases = stdout.trimEnd().split('\n').map(parseJson) as unknown as readonly Case[];
  directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'cases.jsonl'), stdout);
}, 1_200_000);

afterAll(() => directory[Symbol.asyncDispose]());

describe.each(['sqlite', 'postgresql'] as const)('A direct repository on %s', (dialect) => {
  it('answers random queries as stock Butler does', { timeout: 600_000 }, async () => {
    await using server = dialect === 'postgresql' ? await postgresRepositories() : undefined;
    const open = new Map<RepositoryName, DirectRepository>();
    for (const name of REPOSITORIES) {
      open.set(name, await openDirectRepository({ name, path: server?.[name] ?? sqliteRepository(name) }));
    }
    const asked = cases.filter((c) => !SEARCHES.includes(c.kind) && !(server && hasOrder(c)));
    const wrong: unknown[] = [];
    for (const testCase of server ? asked.map(ofAnyDataset) : asked) {
      const answer = await answerOf(testCase, open.get(testCase.repo)!);
      const code = 'error' in answer ? answer.error.error_type : undefined;
      if (!satisfies(testCase, answer) && !tellsOther(testCase, code)) {
        wrong.push({ id: testCase.id, kind: testCase.kind, args: testCase.args, answer });
      }
    }
    for (const repository of open.values()) await repository.close();
    expect(asked.length).toBeGreaterThan(COUNT / 4);
    expect(wrong).toEqual([]);
  });
});

it('GraphQL answers random queries as stock Butler does', { timeout: 600_000 }, async () => {
  const repositories = REPOSITORIES.map((name) => ({ name, kind: 'direct', path: sqliteRepository(name) }));
  await using gateway = await runGateway({ yaml: `repositories: ${JSON.stringify(repositories)}` });
  const file = join(directory.path, 'cases.jsonl');
  const results = join(directory.path, 'failures.jsonl');
  const runner = join(import.meta.dirname, 'graphql_runner.py');
  const names = REPOSITORIES.flatMap((name) => ['--repo', `${name}=${name}`]);
  const put = ['--url', `${gateway.url}/graphql`, '--token', await gateway.token(), '--cases', file, '--show', '1000'];
  const { stdout } = await run('python3', [runner, ...put, ...names, '--results', results], {
    maxBuffer: 1 << 30,
  }).catch((error: { stdout: string }) => error);
  const failed = [...stdout.matchAll(/^FAILED (\S+) .*\n.*\n {3}got {2}(.*)$/gm)];
  const byId = new Map(cases.map((testCase) => [testCase.id, testCase]));
  const wrong = failed.filter(([, id, got]) => !tellsOther(byId.get(id!)!, /"error_type": "(\w+)"/.exec(got!)?.[1]));
  expect(stdout).toMatch(/\n\d+ satisfied, \d+ failed, \d+ skipped\n$/);
  expect(wrong.map(([text]) => text)).toEqual([]);
});
