/**
 * Pipelines that want what is not theirs: code in a `python:` block, which runs when the graph is built, and in a task.  In a
 * sandbox they are given nothing, and it is noticed; and good pipelines run there as anywhere.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { runPython } from '../../../stack/run-python.ts';
import { missingSandbox } from '../../../stack/sandbox.ts';
import { buildGraph } from '../../../src/run/build/build-graph.ts';
import { executeGraph, type ExecuteRequest } from '../../../src/run/execute/execute-graph.ts';
import type { QuantumEvent } from '../../../src/run/execute/quantum-events.ts';
import { sandboxUid } from '../../../src/run/worker/sandbox.ts';
import { temporaryDirectory } from '../../fixtures/repositories.ts';
import { EVERYTHING, GRAPHS, PYTHON, startRunWorld, type RunWorld } from '../run-world.ts';

// Of a busy machine: alone it takes seconds.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const missing = await missingSandbox();
if (missing !== undefined) console.warn(`Sandboxes are not tested. ${missing}`);

const PLACE = { kind: 'sandbox', user: 'alice', uid: sandboxUid('alice') } as const;
/** One quantum. */
const WHERE = "instrument = 'MiniCam' AND visit = 1000 AND detector = 3";

describe.skipIf(missing !== undefined)('in a sandbox', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let world: RunWorld;
  let attempts: readonly string[];

  beforeAll(async () => {
    directory = await temporaryDirectory();
    world = await startRunWorld(join(directory.path, 'world'));
    const { port } = new URL(world.gateway.url);
    attempts = [
      // The gateway's configuration, keys and state, and its environment
      ...['gateway.yaml', 'jwks.json', 'state.sqlite3'].map((name) => `read ${join(world.directory, name)}`),
      `read /proc/${process.pid}/environ`,
      'read /proc/1/environ',
      // satellites: others', and the registry of one's own
      `read ${join(world.directory, 'satellites')}`,
      `read ${join(world.satellite, 'gen3.sqlite3')}`,
      // the machine's and the cloud's
      'read /etc/shadow',
      `read ${homedir()}`,
      'connect 169.254.169.254:80',
      `connect 127.0.0.1:${port}`,
      // places outside of the run's own
      `write ${join(world.satellite, 'mine')}`,
      `write ${join(world.satellite, 'runs', 'task', 'run.json')}`,
      `write ${join(GRAPHS, 'minipipe', 'mine.py')}`,
      'write /usr/bin/mine',
    ];
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  async function runDirectory(name: string): Promise<string> {
    const path = join(world.satellite, 'runs', name);
    await mkdir(path, { recursive: true });
    return path;
  }

  /** What executes a graph in a sandbox, with a configuration of the datastore that the sandbox can read. */
  async function inSandbox(run: string, graph: string, outputRun: string): Promise<ExecuteRequest> {
    const butlerConfig = join(run, 'butler');
    await mkdir(butlerConfig);
    const own = await readFile(join(world.satellite, 'butler.yaml'), 'utf8');
    await writeFile(join(butlerConfig, 'butler.yaml'), `root: ${world.satellite}\n${own}`);
    const outputs = join(world.satellite, outputRun);
    return { ...world.execution(run, graph), place: PLACE, butlerConfig, outputs };
  }

  function snooping(config: object) {
    return {
      yaml: stringify({ description: 'Snoops.', tasks: { snoop: { class: 'minipipe.hostile.SnoopTask', config } } }),
    };
  }

  test('a python: block is given nothing of the gateway, of other satellites and of the machine, and that is noticed', async () => {
    const run = await runDirectory('block');
    const python = `import minipipe.hostile\nminipipe.hostile.attempt_all(${JSON.stringify(attempts)})`;
    const lines: string[] = [];
    const { quanta } = await buildGraph(
      {
        ...{ python: PYTHON, place: PLACE, gateway: world.gateway.url, token: world.token, directory: run },
        spec: { ...EVERYTHING, pipeline: snooping({ python }), where: WHERE },
        buildSeconds: 600,
      },
      AbortSignal.timeout(500_000),
      (line) => lines.push(line),
    );
    expect(quanta).toBe(1);
    const refused = lines.filter((line) => line.startsWith('refused: ')).join('\n');
    for (const what of ['gateway.yaml', 'state.sqlite3', '/proc/1/environ', '169.254.169.254', 'write /usr/bin/mine']) {
      expect(refused).toContain(what);
    }
  });

  test('a task is given nothing either, has no token in its environment, and the run’s events say what it wanted', async () => {
    const run = await runDirectory('task');
    const outputRun = 'u/alice/snooped';
    const pipeline = snooping({ attempts: [...attempts, 'environment'] });
    const graph = await world.graph(run, { pipeline, where: WHERE, outputRun }, PLACE);
    const request = await inSandbox(run, graph, outputRun);
    const events: QuantumEvent[] = [];
    const result = await executeGraph(request, (event) => void events.push(event), AbortSignal.timeout(500_000));
    expect(result).toMatchObject({ succeeded: 1 });

    const copy = join(directory.path, 'snooped.qg');
    await copyFile(graph, copy);
    const said = await runPython('test/run/read_outputs.py', [copy, world.satellite], { PYTHONPATH: GRAPHS });
    const [{ environment, ...found }] = (JSON.parse(said) as { found: [Record<string, string>] }).found;
    expect(Object.keys(found).sort()).toEqual([...attempts].sort());
    for (const [what, came] of Object.entries(found)) expect(`${what}: ${came}`).toMatch(/: refused/);
    expect(environment).not.toMatch(/TOKEN|AWS|SECRET|PASSWORD|KEY/i);

    const noticed = events.filter(({ event }) => event === 'refused').map(({ exception }) => exception!.message);
    expect(noticed).toContain('read /proc/1/environ');
    expect(noticed).toContain('socket.connect 169.254.169.254');
    expect(await readFile(join(run, 'events.jsonl'), 'utf8')).toContain('state.sqlite3');
  });

  test('84 quanta of a good pipeline are executed as elsewhere, and nothing is noticed', async () => {
    const run = await runDirectory('good');
    const outputRun = 'u/alice/good';
    const graph = await world.graph(run, { outputRun }, PLACE);
    const request = await inSandbox(run, graph, outputRun);
    const events: QuantumEvent[] = [];
    const result = await executeGraph(request, (event) => void events.push(event), AbortSignal.timeout(500_000));
    expect(result).toEqual({ succeeded: 84, failed: 0, blocked: 0, skipped: 0 });
    expect(events.filter(({ event }) => event === 'refused')).toEqual([]);
  });
});
