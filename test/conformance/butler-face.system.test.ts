/** Every public case, of all kinds, on PostgreSQL a sample of them, put by the stock Python client to the RemoteButler face. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { pythonProgram } from '../../stack/checkout.ts';
import { postgresRepositories, sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway } from '../gateway/running-gateway.ts';
import { isFull } from '../sample.ts';
import { oneInFile, REPOSITORIES } from './corpus.ts';

const RUNNER = join(import.meta.dirname, 'stock_client_runner.py');
const CASES = join(import.meta.dirname, 'public/cases.jsonl');

test('a stock Python client gets what it would get from stock Butler: SQLite', async () => {
  expect(await putCases(sqliteRepository)).toEqual(ALL);
}, 600_000);

test('a stock Python client gets what it would get from stock Butler: PostgreSQL', async () => {
  await using server = await postgresRepositories();
  await using directory = await temporaryDirectory();
  const sample = await oneInFile(4, directory.path);
  expect(await putCases((name) => server[name], sample)).toEqual(isFull ? ALL : { ...ALL, satisfied: 362 });
}, 600_000);

/** But for two that the Python client itself cannot send: it exhausts memory on them. */
const ALL = { satisfied: 1444, failed: [] };

async function putCases(pathOf: (name: (typeof REPOSITORIES)[number]) => string, cases = CASES): Promise<unknown> {
  const repositories = REPOSITORIES.map((name) => ({ name, kind: 'direct', path: pathOf(name) }));
  await using gateway = await runGateway({ yaml: `repositories: ${JSON.stringify(repositories)}` });
  const names = REPOSITORIES.flatMap((name) => ['--repo', `${name}=${gateway.url}/api/butler/repo/${name}`]);
  const args = [RUNNER, '--cases', cases, '--token', await gateway.token(), ...names];
  const { stdout } = await promisify(execFile)(pythonProgram('python'), args, { maxBuffer: 64 << 20 });
  return JSON.parse(stdout);
}
