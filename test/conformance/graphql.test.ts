/** The conformance corpus through `POST /graphql`, put and judged by the runner that came with it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { pythonProgram } from '../../stack/checkout.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { runGateway } from '../gateway/running-gateway.ts';

const RUNNER = join(import.meta.dirname, 'graphql_runner.py');

test('every case that GraphQL can put is answered as stock Butler does', async () => {
  const repositories = (['satellite', 'official'] as const).map((name) => {
    return { name, kind: 'direct', path: sqliteRepository(name) };
  });
  await using gateway = await runGateway({ yaml: `repositories: ${JSON.stringify(repositories)}` });
  const names = ['--repo', 'satellite=satellite', '--repo', 'official=official'];
  const args = [RUNNER, '--url', `${gateway.url}/graphql`, '--token', await gateway.token(), ...names];
  const { stdout } = await promisify(execFile)(pythonProgram('python'), args).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toMatch(/\n1302 satisfied, 0 failed, 144 skipped\n$/);
}, 300_000);
