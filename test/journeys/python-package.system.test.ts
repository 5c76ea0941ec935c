/** The Python package of `python/`, in every kind of satellite, over real gateways and the real Butler server. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECKOUT, pythonProgram } from '../../stack/checkout.ts';
import { startGateway, StackIssuer, type Gateway } from '../../stack/gateway.ts';
import { startOfficial, type Official } from '../../stack/official.ts';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import { runPython } from '../../stack/run-python.ts';
import { startS3, type S3 } from '../../stack/s3.ts';
import { oneIn } from '../sample.ts';

const PACKAGE = join(CHECKOUT, 'python');
const MINUTES = 30 * 60_000;

let directory: string;
let official: Official;
let postgres: Postgres;
let s3: S3;
let gateway: Gateway;
let exclusive: Gateway;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'satellite-python-'));
  const issuer = await StackIssuer.in(directory);
  official = await startOfficial(join(directory, 'official'), issuer);
  postgres = await startPostgres();
  s3 = await startS3(join(directory, 's3'), ['satellites']);
  const published = join(directory, 'published');
  await runPython('.venv/bin/butler', ['create', published]);
  const start = (name: string, satellites: object, more: readonly Readonly<Record<string, unknown>>[] = []) =>
    startGateway({
      directory: join(directory, name),
      issuer,
      repositories: [{ name: 'dp1', kind: 'remote', url: official.url, token: 'forward' }, ...more],
      configuration: { satellites },
    });
  gateway = await start(
    'gateway',
    {
      root: join(directory, 'satellites'),
      postgresql: await postgres.createDatabase(),
      s3: {
        endpoint: s3.endpoint,
        bucket: 'satellites',
        accessKeyId: s3.environment['AWS_ACCESS_KEY_ID'],
        secretAccessKey: s3.environment['AWS_SECRET_ACCESS_KEY'],
      },
    },
    [
      {
        name: 'published',
        kind: 'direct',
        path: published,
        role: 'published',
        restart: 'none',
        reviewers: { users: ['curator'] },
      },
    ],
  );
  exclusive = await start('exclusive', { root: join(directory, 'exclusive', 'satellites'), singleWriter: 'always' });
  environment = {
    PYTHONPATH: PACKAGE,
    SATELLITE_URL: gateway.url,
    EXCLUSIVE_GATEWAY_URL: exclusive.url,
    SATELLITE_TOKEN: await issuer.token('alice'),
    TOKEN_OF_BOB: await issuer.token('bob'),
    TOKEN_OF_CURATOR: await issuer.token('curator'),
    // A user has credentials of their own, or none; what the package needs comes from the gateway.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    MPLBACKEND: 'agg',
  };
});

afterAll(async () => {
  await Promise.all([gateway.stop(), exclusive.stop()]);
  await Promise.all([official.stop(), s3.stop(), postgres.stop()]);
  await rm(directory, { recursive: true });
});

/** What pytest says of a file of tests, or of those in it whose names hold a text. */
function pytest(file: string, names = ''): Promise<string> {
  const args = ['-q', '-c', join(PACKAGE, 'pyproject.toml'), '-k', names, join(PACKAGE, 'tests', file)];
  return runPython('.venv/bin/pytest', args, environment);
}

test.each([
  ['test_token.py', 'the token goes to the gateway and nowhere else'],
  ['test_transport.py', 'errors are in the user’s words, and jobs are waited for'],
  ['test_run.py', 'runs are asked for step by step, and say why one did not come to its end'],
  ['test_worker.py', 'a worker keeps what its quanta need and leaves nothing behind'],
  ['test_storage.py', 'threads write to a satellite one after another, and the last one gives it back'],
  ['test_values.py', 'values keep their kinds, units and times'],
  ['test_bringing.py', 'what the satellite lacks for a dataset comes along with it'],
  ['test_stock_methods.py', 'what is easily forgotten of stock Butler is there'],
  ['test_publishing.py', 'collections are published after a review, and withdrawn'],
  ['test_satellite.py', 'satellites are made, searched, shared, emptied, deleted and brought back'],
])(
  'python/tests/%s: %s',
  async (file) => {
    expect(await pytest(file)).toMatch(/\d+ passed/);
  },
  MINUTES,
);

test.each(oneIn(2, ['sqlite-files', 'sqlite-s3', 'postgresql-s3', 'postgresql-files', 'exclusive']))(
  'one Butler reads official and own data and writes to a satellite: %s',
  async (kind) => {
    expect(await pytest('test_butler.py', kind)).toMatch(/\d+ passed/);
  },
  MINUTES,
);

test(
  'the package is built, and installed into an environment of its own',
  async () => {
    const run = promisify(execFile);
    const uv = join(CHECKOUT, '.stack', 'tools', 'bin', 'uv');
    const place = join(directory, 'package');
    const python = join(place, 'bin', 'python');
    await run(uv, ['build', '--quiet', '--out-dir', join(directory, 'built'), PACKAGE]);
    const built = await readdir(join(directory, 'built'));
    const wheel = built.find((name) => name.endsWith('.whl'))!;
    expect(built.some((name) => name.endsWith('.tar.gz'))).toBe(true);
    await run(uv, ['venv', '--quiet', '--python', pythonProgram('python'), place]);
    const pins = ['--constraint', join(PACKAGE, 'requirements.txt')];
    await run(uv, ['pip', 'install', '--quiet', '--python', python, ...pins, join(directory, 'built', wheel)]);
    const program =
      'import satellite, importlib.resources as r; print(satellite.__all__, r.files("satellite").joinpath("py.typed").is_file())';
    const { stdout } = await run(python, ['-I', '-c', program], { cwd: directory });
    expect(stdout).toContain("'connect'");
    expect(stdout).toContain('True');
  },
  MINUTES,
);
