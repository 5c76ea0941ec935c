import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../stack/free-port.ts';
import { sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory[Symbol.asyncDispose]());

const issuer = (development: boolean) =>
  `auth: {issuers: [{issuer: "http://localhost/cli", audience: gateway, jwks: ./jwks.json, development: ${development}}]}`;

async function config(name: string, yaml: string): Promise<string> {
  const file = join(directory.path, name);
  await writeFile(file, yaml);
  return file;
}

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end. */
function satellite(...args: readonly string[]): Promise<Result> {
  return promisify(execFile)('node', [MAIN, ...args]).then(
    (output) => ({ code: 0, ...output }),
    (error: Result) => error,
  );
}

describe('satellite serve', () => {
  test('starts although the official repository is down, answers with one’s own, and ends in order', async () => {
    const file = await config(
      'serve.yaml',
      `http: {port: 0}
state: sqlite:./state.sqlite3
repositories:
  - {name: dp1, kind: remote, url: "http://127.0.0.1:${await freePort()}/api/butler/repo/dp1", token: forward}
  - {name: own, kind: direct, path: ${JSON.stringify(sqliteRepository('satellite'))}, owner: alice}
${issuer(true)}`,
    );
    const gateway = spawn('node', [MAIN, 'serve', '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = text(gateway.stderr);
    const lines = createInterface(gateway.stdout)[Symbol.asyncIterator]();
    const ready = (await lines.next()).value as string;
    expect(ready).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+$/);
    const url = ready.slice('listening on '.length);

    const token = (await satellite('token', '--config', file, '--user', 'alice', '--groups', 'g_a,g_b')).stdout.trim();
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{viewer {groups} collections(first: 5) {nodes {name}}}' }),
    });
    const { data, errors } = (await answer.json()) as { data: { collections: { nodes: object[] } }; errors: object[] };
    expect(data).toMatchObject({ viewer: { groups: ['g_a', 'g_b'] } });
    expect(data.collections.nodes).toHaveLength(5);
    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', repository: 'dp1' } }]);
    expect(JSON.stringify(errors)).not.toContain('127.0.0.1');

    gateway.kill('SIGTERM');
    expect(await once(gateway, 'exit')).toEqual([0, null]);
    const entries = (await log)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(entries).toContainEqual(expect.objectContaining({ msg: 'draining' }));
    expect(await log).not.toContain(token);
  });

  test('with a wrong configuration says which key', async () => {
    const file = await config('wrong.yaml', `http: {port: tall}\n${issuer(true)}`);
    const { code, stderr } = await satellite('serve', '--config', file);
    expect(code).toBe(1);
    expect(stderr).toContain('http.port: ');
    expect(stderr).not.toContain('    at ');
  });

  test('with a token for GraphiQL only on a loopback address', async () => {
    const file = await config('open.yaml', `http: {host: 0.0.0.0, port: 0}\ngraphiql: {token: x}\n${issuer(true)}`);
    expect(await satellite('serve', '--config', file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('loopback'),
    });
  });
});

describe('satellite token', () => {
  test('is refused outside development, and makes no keys', async () => {
    const file = await config('production.yaml', issuer(false).replace('jwks.json', 'production.json'));
    const { code, stdout, stderr } = await satellite('token', '--config', file, '--user', 'alice');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('minted only for development');
    await expect(readFile(join(directory.path, 'production.private.json'))).rejects.toThrow('ENOENT');
  });
});

test('satellite schema prints the schema', async () => {
  expect((await satellite('schema')).stdout).toContain('type DatasetConnection');
});
