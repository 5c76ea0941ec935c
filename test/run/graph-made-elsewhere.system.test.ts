/** Graphs that were made elsewhere and put into the satellite: good ones run, and what is no such graph is refused. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { attachRecords } from '../../src/run/attach.ts';
import { buildGraph } from '../../src/run/build/build-graph.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { bomb, membersOf, zipOf } from './graph/forged-graph.ts';
import { EVERYTHING as SPEC } from './run-world.ts';
import { EVERYTHING, PYTHON, startServiceWorld, type RunAnswer, type ServiceWorld } from './service-world.ts';

// Of a busy machine: alone it takes seconds.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: ServiceWorld;
/** Built by the user's stack against the face, with no gateway's help and in a RUN of its own. */
let made: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
  world = await startServiceWorld(join(directory.path, 'world'));
  const alice = await world.issuer.token('alice');
  const { graph } = await buildGraph(
    {
      ...{
        python: PYTHON,
        place: { kind: 'self' },
        gateway: world.gateway.url,
        token: async () => alice,
        buildSeconds: 600,
      },
      ...{ spec: { ...SPEC, outputRun: 'elsewhere/made' }, directory: directory.path },
    },
    AbortSignal.timeout(500_000),
    () => undefined,
  );
  made = graph!;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** What becomes of a run of a graph that lies in the satellite's directory. */
async function built(name: string, write: (path: string) => Promise<unknown>): Promise<RunAnswer> {
  await write(join(world.satellite, name));
  const { satellite, inputs, output } = EVERYTHING;
  const { run } = await world.change('createRun', { satellite, inputs, output, graph: name });
  await world.change('buildRun', { run: run.id });
  return world.atRest(run.id);
}

test('a graph that was made elsewhere is executed in a RUN of the run’s own, and comes home', async () => {
  const members = await membersOf(made);
  const run = await built('made.qg', async (path) => writeFile(path, await zipOf(members)));
  expect(run).toMatchObject({ state: 'BUILT', quanta: { total: 84 }, error: null });
  expect(run.outputRun).toMatch(/^u\/alice\/out\//);
  await world.change('executeRun', { run: run.id });
  expect(await world.atRest(run.id)).toMatchObject({ state: 'EXECUTED', quanta: { succeeded: 84 }, error: null });
  await world.change('transferRun', { run: run.id });
  expect(await world.atRest(run.id)).toMatchObject({ state: 'COMPLETED', error: null });
});

describe('is refused when it is built:', () => {
  test('a graph of the old format, which is pickled', async () => {
    const run = await built('old.qg', (path) => writeFile(path, Buffer.from('\x80\x04\x95\x0c', 'latin1')));
    expect(run).toMatchObject({
      state: 'FAILED',
      error: { code: 'BAD_USER_INPUT', message: expect.stringMatching(/pickle/) },
    });
    const old = { satellite: 'work', inputs: ['Mini/defaults'], output: 'u/alice/old', graph: 'old.qgraph' };
    await expect(world.change('createRun', old)).rejects.toThrow(/older formats hold pickled code/);
  });

  test('a graph that is small, and large when it is unpacked', async () => {
    const members = await membersOf(made);
    members.set('thin_graph.json.zst', bomb(2 ** 30));
    const run = await built('bomb.qg', async (path) => writeFile(path, await zipOf(members)));
    expect(run).toMatchObject({
      state: 'FAILED',
      error: { code: 'BAD_USER_INPUT', message: expect.stringMatching(/more than \d+ bytes/) },
    });
  });

  test('a graph that names a file outside of its satellite', async () => {
    const file = { fileName: 'passwd', path: '/etc/passwd', size: 1, checksum: null, component: null };
    const kind = { formatter: 'minipipe.formatters.RawFormatter', storageClass: 'ArrowAstropy' };
    const run = await built('outside.qg', (path) =>
      attachRecords({
        ...{ graph: made, into: path, datastore: 'FileDatastore@<butlerRoot>' },
        files: async (uuids) => new Map(uuids.map((uuid) => [uuid, [{ ...file, ...kind }]])),
      }),
    );
    expect(run).toMatchObject({
      state: 'FAILED',
      error: { code: 'BAD_USER_INPUT', message: expect.stringMatching(/outside of its satellite/) },
    });
  });
});
