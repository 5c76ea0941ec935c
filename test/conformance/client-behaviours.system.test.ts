/**
 * What users of stock Butler clients rely on, through the RemoteButler face: on the official repository, on a satellite, and on
 * both as one (`test/oracle/client_behaviours*.py`, one process for all).
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DemoWorld, startDemoWorld } from '../../stack/demo-world.ts';
import { runPython } from '../../stack/run-python.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';

const ORACLE = join(import.meta.dirname, '../oracle');
const SCRIPT = 'test/oracle/client_behaviours.py';

const behaviours = globSync('client_behaviours_of_*.py', { cwd: ORACLE }).flatMap((file) =>
  [...readFileSync(join(ORACLE, file), 'utf8').matchAll(/^@behaviour\(\s*"([^"]+)"/gm)].map(([, words]) => words!),
);

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: DemoWorld;
let outcomes: ReadonlyMap<string, string>;

beforeAll(async () => {
  directory = await temporaryDirectory();
  world = await startDemoWorld(directory.path);
  const environment = { BUTLER_RUBIN_ACCESS_TOKEN: world.token };
  const output = await runPython(SCRIPT, [world.gateway.url, world.satellite], environment);
  const lines = output.split('\n').filter((line) => line.startsWith('["'));
  outcomes = new Map(lines.map((line) => JSON.parse(line) as [string, string]));
}, 900_000);
afterAll(async () => {
  await world?.stop();
  await directory[Symbol.asyncDispose]();
});

test('there are as many as are reported', () => {
  expect(behaviours.length).toBeGreaterThanOrEqual(60);
  expect([...outcomes.keys()].toSorted()).toEqual(behaviours.toSorted());
});

test.each(behaviours)('%s', (words) => {
  expect(outcomes.get(words)).toBe('ok');
});
