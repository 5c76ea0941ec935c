/**
 * `npm run bench`: how fast the gateway is beside the stock stack, on a repository of 200 000 datasets that is built once.
 * Prints one line a measure and ends with status 1 when one misses its bound.  `npm run bench -- runs writing` measures these
 * parts alone.
 */
import { copies } from './copies.ts';
import { creation } from './creation.ts';
import { denied } from './denied.ts';
import { executions } from './executions.ts';
import { face } from './face.ts';
import { grants } from './grants.ts';
import { graphs } from './graphs.ts';
import { publishing } from './publishing.ts';
import { visibility } from './visibility.ts';
import { askRefs, headers, readRest, refsBody, restBody, SOURCES, timed, TYPES } from './questions.ts';
import { runs } from './runs.ts';
import { compare, isKept, line, median, type Measure } from './ratio.ts';
import { SatelliteWorld } from './satellite-world.ts';
import { StockButler } from './stock-butler.ts';
import { requestsPerSecond } from './throughput.ts';
import { transfers } from './transfers.ts';
import { cursorBefore, walks } from './walk.ts';
import { scaledRepository, startWorld, type World } from './world.ts';

const MANY = 10_000;

async function manyRefs(world: World, stock: StockButler): Promise<Measure[]> {
  const ours = (repository: string) => () =>
    timed(MANY, async () => (await askRefs(world, { repositories: [repository], first: MANY })).nodes.length);
  const python = (butler: string) => async () => (await stock.query({ butler, ...SOURCES, limit: MANY })).milliseconds;
  const raw = () => timed(MANY, () => readRest(world, restBody(SOURCES.dataset_type, MANY)));
  const unit = 'ms';
  return [
    await compare(
      { name: '(a) 10 000 own refs to stock Butler in process', unit, rounds: 11, bound: { atMost: 1 } },
      ours('own'),
      python(world.root),
    ),
    await compare(
      { name: '(b) 10 000 official refs to the raw REST stream', unit, rounds: 9, bound: { atMost: 1.3 } },
      ours('official'),
      raw,
    ),
    await compare(
      { name: '(b) 10 000 official refs to the Python client', unit, rounds: 5, bound: { atMost: 1 } },
      ours('official'),
      python(world.official),
    ),
  ];
}

async function latePages(world: World, repository: string): Promise<Measure> {
  const repositories = [repository];
  const first = 200;
  const after = await cursorBefore(world, repositories, 999 * first);
  const page = (cursor: string | null) => () =>
    timed(first, async () => (await askRefs(world, { types: TYPES, repositories, first, after: cursor })).nodes.length);
  return compare(
    { name: `(c) page 1 000 to page 1, ${repository}`, unit: 'ms', rounds: 9, bound: { atMost: 1.5 } },
    page(after),
    page(null),
  );
}

async function mergedPage(world: World): Promise<Measure> {
  const times: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    times.push(
      await timed(
        1000,
        async () => (await askRefs(world, { repositories: ['own', 'official'], first: 1000 })).nodes.length,
      ),
    );
  }
  return { name: '(d) a merged page of 1 000 over both', unit: 'ms', ours: median(times) };
}

async function throughput(world: World): Promise<Measure> {
  const rest = { 'content-type': 'application/json' };
  return compare(
    {
      name: '(f) requests a second, 100 rows, 8 connections, to the stock server',
      unit: '/s',
      rounds: 3,
      bound: { atLeast: 4 },
    },
    () => requestsPerSecond(world.graphql, headers(world), refsBody({ repositories: ['own'], first: 100 })),
    () => requestsPerSecond(`${world.official}/v1/query/execute`, rest, restBody(SOURCES.dataset_type, 100)),
  );
}

const measures: Measure[] = [];
const report = (...more: Measure[]): void => {
  for (const measure of more) console.log(line(measure));
  measures.push(...more);
};

async function reading(): Promise<void> {
  await using world = await startWorld();
  // First, as what others ask leaves its memory behind in both.
  report(...(await face(world)));
  const stock = new StockButler();
  try {
    report(...(await manyRefs(world, stock)));
    report(await latePages(world, 'own'), await latePages(world, 'official'));
    report(await mergedPage(world));
    report(...(await walks(world)));
    report(await throughput(world));
  } finally {
    stock.stop();
  }
}

async function writing(scaled: string): Promise<void> {
  await using world = await SatelliteWorld.start(scaled);
  report(await creation(world));
  report(...(await transfers(world)));
  report(await copies(world));
}

/** By the names with which they are asked for. */
const PARTS: Readonly<Record<string, (scaled: string) => Promise<readonly Measure[] | void>>> = {
  reading,
  grants,
  denied,
  graphs,
  runs,
  executions: () => executions(),
  publishing,
  visibility: () => visibility(),
  writing,
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  throw new Error(`There is no part '${unknown}': name some of ${Object.keys(PARTS).join(', ')}, or none for all.`);
}
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
const scaled = await scaledRepository();
for (const [name, part] of Object.entries(PARTS)) if (isWanted(name)) report(...((await part(scaled)) ?? []));
if (!measures.every(isKept)) process.exitCode = 1;
