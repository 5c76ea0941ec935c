import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECKOUT } from '../../stack/checkout.ts';
import { type DemoWorld, startDemoWorld } from '../../stack/demo-world.ts';
import { runPython } from '../../stack/run-python.ts';

let directory: string;
let world: DemoWorld;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'satellite-notebook-'));
  world = await startDemoWorld(directory);
});

afterAll(async () => {
  await world.stop();
  await rm(directory, { recursive: true });
});

/** What the demo says to set. */
const environment = () => ({
  SATELLITE_URL: world.gateway.url,
  SATELLITE_TOKEN: world.token,
  BOB_TOKEN: world.platformToken,
  CAROL_TOKEN: world.curatorToken,
  PYTHONPATH: join(CHECKOUT, 'python'),
});

/** MIME types of the outputs of each cell. */
async function run(notebook: string): Promise<readonly (readonly string[])[]> {
  const printed = await runPython('test/journeys/run_notebook.py', [join(CHECKOUT, 'examples', notebook)], {
    ...environment(),
    MPLBACKEND: 'module://matplotlib_inline.backend_inline',
  });
  return JSON.parse(printed.trim().split('\n').at(-1)!) as string[][];
}

test('from nothing to a satellite that stock Python reads official datasets from, and writes to', async () => {
  const outputs = await run('first-satellite.ipynb');
  expect(outputs.at(-2)).toContain('text/html');
  expect(outputs.at(-1)).toContain('text/plain');
});

test('a notebook user sees a table and a sky plot of own and official datasets, top to bottom', async () => {
  const outputs = await run('first-query.ipynb');
  expect(outputs).toContainEqual(expect.arrayContaining(['text/html']));
  expect(outputs.at(-1)).toContain('image/png');
});

test('from connecting to one Butler of official and own data, with a plan, a sky plot and sharing', async () => {
  const outputs = await run('own-and-official.ipynb');
  expect(outputs[0]).toContain('text/html');
  expect(outputs[3]).toContain('image/png');
  expect(outputs.at(-1)).toContain('text/html');
}, 600_000);

test('from a choice of visits to a picture of what a pipeline made of them, with the plan and progress of its run', async () => {
  const outputs = await run('run.ipynb');
  expect(outputs.at(-2)).toContain('image/png');
  expect(outputs.at(-1)).toContain('text/plain');
}, 600_000);

// The notebook fails where bob finds anything too late or too long.
test('from the results of a run through a review to bob, who reads them with stock Butler until alice revokes it', async () => {
  const outputs = await run('publish.ipynb');
  expect(outputs.at(-3)).toContain('text/html');
  expect(outputs.at(-1)).toContain('text/plain');
}, 600_000);

// In one demo, as a newcomer reads them: what one of them makes is in no other's way, nor in a notebook's.
test.each(['README.md', 'docs/python.md'])(
  'the Python of %s can be pasted as it stands',
  async (page) => {
    await runPython('test/journeys/run_snippets.py', [join(CHECKOUT, page)], environment());
  },
  600_000,
);
