import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECKOUT } from '../../stack/checkout.ts';
import { type DemoWorld, startDemoWorld } from '../../stack/demo-world.ts';
import { runGateway } from '../gateway/running-gateway.ts';
import { offer, rawContent } from '../gateway/small-repositories.ts';
import { isFull } from '../sample.ts';
import { ArrayRepository } from '../repository/federated/array-repository.ts';

const EXAMPLES = isFull ? 400 : 12;
const CHECKS = 'not_a_server_error,response_schema_conformance,content_type_conformance';

let directory: string;
let world: DemoWorld;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'satellite-schemathesis-'));
  world = await startDemoWorld(directory);
});

afterAll(async () => {
  await world.stop();
  await rm(directory, { recursive: true });
});

/** Lets schemathesis ask whatever the schema allows, and some of what it does not. */
function judge(
  url: string,
  token: string,
  examples: number,
): Promise<{ readonly code: number; readonly report: string }> {
  const program = join(CHECKOUT, '.venv', 'bin', 'schemathesis');
  const options = ['--seed', '1', '--max-examples', String(examples), '--checks', CHECKS, '--no-color'];
  const header = ['--header', `Authorization: Bearer ${token}`];
  const env = {
    ...process.env,
    SCHEMATHESIS_HOOKS: join(CHECKOUT, 'test', 'journeys', 'schemathesis_hooks.py'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  return new Promise((resolve) => {
    execFile(
      program,
      ['run', `${url}/graphql`, ...header, ...options],
      { cwd: directory, env },
      (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), report: stdout + stderr });
      },
    );
  });
}

test('whatever schemathesis asks, no answer is an error of the server', { timeout: 1_200_000 }, async () => {
  const { code, report } = await judge(world.gateway.url, world.token, EXAMPLES);
  expect(report).toMatch(/Selected: (\d+)\/\1\s+Tested: \1\n/);
  expect(code, report).toBe(0);
});

test('schemathesis finds an error of the server where there is one', async () => {
  class Broken extends ArrayRepository {
    override async universe(): Promise<never> {
      throw new TypeError('undefined is not a function');
    }
  }
  await using gateway = await runGateway({ offered: [offer(new Broken('dp1', rawContent(3, 'official')))] });
  const { code, report } = await judge(gateway.url, await gateway.token(), 20);
  expect(report).toContain('internal error, request id');
  expect(code, report).toBe(1);
});
