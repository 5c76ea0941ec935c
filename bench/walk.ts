/** Long walks: what they cost the stock server, and what they leave in the gateway's memory. */
import { type World } from './world.ts';
import { askRefs, headers, readRest, restBody, TYPES } from './questions.ts';
import { growth } from './memory.ts';
import type { Measure } from './ratio.ts';

const TOTAL = 200_000;

/** The cursor of the last row of page `page - 1`, where a page has `first` rows, found by walking in large steps. */
export async function cursorBefore(world: World, repositories: readonly string[], rows: number): Promise<string> {
  let after: string | null = null;
  for (let left = rows; left > 0; left -= 10_000) {
    const page = await askRefs(world, { types: TYPES, repositories, first: Math.min(left, 10_000), after });
    after = page.pageInfo.endCursor;
  }
  return after!;
}

/** Walks all references in pages of 10 000. @returns how many there were */
async function walk(world: World, repositories: readonly string[]): Promise<number> {
  let given = 0;
  for (let after: string | null = null; ;) {
    // a query that nothing else asks, so that no rows of it were read ahead before
    const dataId = { instrument: 'SimCam' };
    const page = await askRefs(world, { types: TYPES, repositories, dataId, first: 10_000, after });
    given += page.nodes.length;
    if (!page.pageInfo.hasNextPage) return given;
    after = page.pageInfo.endCursor;
  }
}

/** Exports all references as JSON lines. @returns how many there were */
async function exportAll(world: World, repositories: readonly string[]): Promise<number> {
  const body = {
    field: 'datasets',
    arguments: { datasetTypes: TYPES, collections: ['SimCam/defaults'], repositories },
  };
  const response = await fetch(world.export, {
    method: 'POST',
    headers: headers(world),
    body: JSON.stringify({ ...body, format: 'jsonl' }),
  });
  let lines = 0;
  for await (const chunk of response.body!) for (const byte of chunk as Uint8Array) if (byte === 10) lines += 1;
  return lines - 1; // the last line holds the count
}

export async function walks(world: World): Promise<Measure[]> {
  const growthOf = (work: () => Promise<number>): Promise<number> =>
    growth(world.gateway, async () => {
      const given = await work();
      if (given !== TOTAL) throw new Error(`expected ${String(TOTAL)} references, not ${String(given)}`);
    });
  const cpu = async (work: () => Promise<unknown>): Promise<number> => {
    const before = world.server.process.usage().cpuSeconds;
    await work();
    return world.server.process.usage().cpuSeconds - before;
  };
  const streams = async (): Promise<void> => {
    for (const type of TYPES) await readRest(world, restBody(type, null));
  };
  const peer = await cpu(streams);
  let memory = 0;
  const ours = await cpu(async () => {
    memory = await growthOf(() => walk(world, ['official']));
  });
  const bound = { atMost: 60 };
  return [
    {
      name: "(e) official server's CPU for a walk of 200 000 to its own streams",
      unit: 's',
      ours,
      peer,
      ratio: ours / peer,
      bound: { atMost: 1.5 },
    },
    { name: '(e) memory growth: walk of 200 000 official refs', unit: 'MB', ours: memory, bound },
    {
      name: '(e) memory growth: export of 200 000 official refs',
      unit: 'MB',
      ours: await growthOf(() => exportAll(world, ['official'])),
      bound,
    },
    {
      name: '(e) memory growth: walk of 200 000 own refs',
      unit: 'MB',
      ours: await growthOf(() => walk(world, ['own'])),
      bound,
    },
    {
      name: '(e) memory growth: export of 200 000 own refs',
      unit: 'MB',
      ours: await growthOf(() => exportAll(world, ['own'])),
      bound,
    },
  ];
}
