/** The command as a client, against a gateway of this process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway, type RunningGateway } from '../gateway/running-gateway.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

const UUID = '019ab000-0000-7000-8000-000000000001';

let gateway: RunningGateway;
let environment: NodeJS.ProcessEnv;
let kept: Awaited<ReturnType<typeof temporaryDirectory>>;
const state = () => join(kept.path, 'state.sqlite3');
beforeAll(async () => {
  kept = await temporaryDirectory();
  gateway = await runGateway({
    yaml: `
state: ${JSON.stringify(`sqlite:${state()}`)}
satellites: {root: ./satellites}
repositories:
  - {name: dp1, kind: direct, path: ${JSON.stringify(sqliteRepository('official'))}}`,
  });
  environment = { ...process.env, SATELLITE_URL: gateway.url, SATELLITE_TOKEN: await gateway.token() };
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await kept[Symbol.asyncDispose]();
});

async function satellite(args: readonly string[], env = environment) {
  const command = spawn('node', [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  const [stdout, stderr] = await Promise.all([text(command.stdout), text(command.stderr), once(command, 'exit')]);
  return { code: command.exitCode, stdout, stderr };
}

test('a user goes from nothing to datasets in a satellite of their own', async () => {
  const created = await satellite(['create', 'mine', '--from', 'dp1', '--instrument', 'HSC']);
  expect(created).toMatchObject({ code: 0, stderr: '' });
  expect(created.stdout).toMatch(
    /^Satellite 'mine' is ready\. In stock Python:\n {2}Butler\(".*\/mine-.*", writeable=True\)/,
  );

  const chosen = ['--type', 'raw', '--collection', 'HSC/raw/all'];
  const planned = await satellite(['transfer', 'mine', ...chosen, '--dry-run']);
  expect(planned.stdout).toMatch(/^Nothing was changed\. The plan:\n {2}datasets +\d+\n/);
  const transferred = await satellite(['transfer', 'mine', ...chosen, '--json']);
  const { job } = JSON.parse(transferred.stdout) as { job: { state: string; result: { new: number } } };
  expect(job).toMatchObject({ state: 'COMPLETED' });
  expect(planned.stdout).toContain(`new        ${job.result.new}`);

  const tag = ['u/alice/best', '--type', 'tagged'];
  await satellite(['create-collection', 'mine', ...tag]);
  await satellite(['associate', 'mine', 'u/alice/best', ...chosen]);
  const used = (await satellite(['usage', 'mine'])).stdout.split('\n').map((line) => line.trim().split(/ +/));
  const amounts = [String(job.result.new), '0', '0'];
  expect(used.slice(1, -1)).toEqual([
    ['HSC/raw/all', 'run', 'raw', ...amounts],
    ['u/alice/best', 'tagged', 'raw', ...amounts],
    ['all', ...amounts],
  ]);

  const listed = await satellite(['list']);
  expect(listed.stdout).toMatch(/^mine +ready +\//);
  const jobs = JSON.parse((await satellite(['jobs', '--json'])).stdout) as { jobs: { kind: string }[] };
  expect(jobs.jobs.map(({ kind }) => kind)).toEqual(['transferDatasets', 'createSatellite']);

  const emptied = await satellite(['remove-datasets', 'mine', ...chosen, '--unstore']);
  expect(emptied.stdout).toMatch(
    /^The files of \d+ datasets were removed, 0 bytes; the datasets are still registered\.\n$/,
  );
});

test('a file is ingested once however often it is asked for with one key, and a manifest that is none is said to be so', async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string) => join(directory.path, name);
  await writeFile(at('note.yaml'), 'a: 1');
  const type = ['--dimensions', 'instrument', '--storage-class', 'StructuredDataDict'];
  await satellite(['register-dataset-type', 'mine', 'note', ...type]);
  const ingest = ['ingest', 'mine', '--type', 'note', '--run', 'u/alice/notes'];
  const file = ['--file', at('note.yaml'), '--data-id', '{"instrument": "HSC"}', '--key', 'note'];
  const once = async () =>
    expect(await satellite([...ingest, ...file])).toMatchObject({ code: 0, stdout: expect.stringMatching('^1 files') });
  await once();
  await once();
  // A day later the upload is forgotten.
  using database = new DatabaseSync(state(), { timeout: 10_000 });
  expect(database.prepare('DELETE FROM upload').run().changes).toBe(1);
  await once();
  for (const [name, content, words] of [
    ['broken.json', '[{', '--manifest must be JSON'],
    ['object.json', '{"dataId": {}}', 'must be a JSON array of objects'],
    ['texts.json', '["a"]', 'must be a JSON array of objects'],
  ] as const) {
    await writeFile(at(name), content);
    const answer = await satellite([...ingest, '--manifest', at(name)]);
    expect(answer).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) as string });
  }
});

test('a dataset type may have no dimensions', async () => {
  await satellite(['create', 'typed', '--from', 'dp1']);
  const type = ['note', '--storage-class', 'StructuredDataDict'];
  const registered = await satellite(['register-dataset-type', 'typed', ...type, '--json']);
  expect(JSON.parse(registered.stdout)).toMatchObject({ datasetType: { name: 'note', dimensions: [] } });
});

test('a collection is shared, looked at, and shared no more', async () => {
  await satellite(['create', 'shared', '--from', 'dp1']);
  const until = '2100-01-01T00:00:00Z';
  const shared = await satellite([
    'share',
    'shared',
    'u/alice/',
    '--with',
    'bob',
    '--until',
    until,
    '--note',
    'for you',
  ]);
  expect(shared.stdout).toMatch(
    /^'u\/alice\/' of 'shared' is shared with bob until 2100-01-01T00:00:00.000Z \(for you\)\. 'satellite unshare \S+' ends it\.\n$/,
  );
  const listed = await satellite(['access', 'shared']);
  const [grant] = listed.stdout.split(' ');
  expect((await satellite(['access', 'shared', 'u/alice/x', '--user', 'bob'])).stdout).toMatch(/^Yes\.\nGrant /);
  const ended = await satellite(['unshare', grant!, '--json']);
  expect(JSON.parse(ended.stdout)).toMatchObject({ grant: { id: grant, user: 'bob' } });
  expect((await satellite(['access', 'shared'])).stdout).toBe("'shared' is shared with nobody.\n");
  expect((await satellite(['access', 'shared', '--user', 'bob'])).stdout).toMatch(/^No\.\n/);
});

describe('what goes wrong has a status of its own', () => {
  test.each([
    ['a refusal', ['create', 'NOT A NAME', '--from', 'dp1'], 1, 'BAD_USER_INPUT'],
    ['a satellite that is not there', ['show', 'nothing'], 1, 'There is no satellite'],
    ['how much that holds', ['usage', 'nothing'], 1, 'There is no satellite'],
    ['a missing option', ['create', 'x'], 2, '--from'],
    ['a choice that is none', ['associate', 'mine', 'tag'], 2, '--uuid, or --type with --collection'],
    ['two choices', ['transfer', 'mine', '--uuid', UUID, '--where', 'visit > 1'], 2, 'not by both'],
    ['a kind of database that is none', ['create', 'x', '--from', 'dp1', '--database', 'oracle'], 2, 'postgresql'],
    ['a quota that is none', ['create', 'x', '--from', 'dp1', '--quota', '1GB'], 2, '--quota must be a whole number'],
    [
      'a type that is none',
      ['create-collection', 'mine', 'x', '--type', 'tag'],
      2,
      'run, tagged, chained, calibration',
    ],
    ['JSON that is none', ['transfer', 'mine', '--data-id', '{'], 2, '--data-id must be JSON'],
    ['a time that no timer waits for', ['run', 'go', 'r', '--quantum-seconds', '2147484'], 2, 'from 1 to 2000000'],
    ['a gateway that is not there', ['list', '--url', 'http://127.0.0.1:1'], 3, 'cannot be reached'],
  ])('%s', async (_what, args, code, words) => {
    const answer = await satellite(args);
    expect(answer).toMatchObject({ code, stdout: '' });
    expect(answer.stderr).toContain(words);
  });

  test('a satellite that is not sound', async () => {
    const created = await satellite(['create', 'checked', '--from', 'dp1', '--database', 'SQLITE', '--json']);
    const { uri } = (JSON.parse(created.stdout) as { satellite: { uri: string } }).satellite;
    expect(await satellite(['verify', 'checked'])).toMatchObject({ code: 0 });
    await writeFile(join(uri, 'nobodys.txt'), '');
    expect(await satellite(['verify', 'checked', '--json'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('FILE_UNKNOWN') as string,
    });
  });

  test('no token', async () => {
    const { SATELLITE_TOKEN: _token, ...without } = environment;
    expect(await satellite(['list'], without)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('SATELLITE_TOKEN'),
    });
  });
});
