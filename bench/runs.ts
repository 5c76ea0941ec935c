/** How long the outputs of 15 000 quanta take to be brought home, beside `butler transfer-from-graph`. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedBuild } from '../stack/cached-build.ts';
import { CHECKOUT, STACK_DIRECTORY } from '../stack/checkout.ts';
import { startRemoteButler } from '../stack/remote-butler.ts';
import { graphFiles } from '../test/run/transfer/homecoming-world.ts';
import { TransferWorld } from '../test/transfer/transfer-world.ts';
import { RemoteRepository } from '../src/repository/remote/remote-repository.ts';
import { largeRepository } from './graphs.ts';
import { compare, type Measure } from './ratio.ts';

const OUTPUT = 'u/alice/out';
const RUN = `${OUTPUT}/20260101T000000Z`;
const INPUTS = ['graph_files.py'].map((name) => `test/run/transfer/${name}`);
const TASKS = ['make_repository.py', 'pipeline.yaml', 'minipipe/tasks.py'].map((name) => `test/graphs/${name}`);

/** A directory with `graph.qg` over the large repository, and `made`, a repository with the files of all its outputs. */
function builtGraph(official: string): Promise<string> {
  return cachedBuild('homecoming-large', [...INPUTS, ...TASKS], async (directory) => {
    const graph = join(directory, 'graph.qg');
    const pipeline = ['-p', join(CHECKOUT, 'test/graphs/pipeline.yaml')];
    await graphFiles(
      'graph',
      official,
      graph,
      OUTPUT,
      RUN,
      ...pipeline,
      '-i',
      'Mini/defaults',
      '-d',
      "skymap='mini_sky'",
    );
    await graphFiles('empty', join(directory, 'made'));
    await graphFiles('place', graph, join(directory, 'made'));
  });
}

export async function runs(): Promise<Measure[]> {
  const official = join(await largeRepository(), 'repository');
  const built = await builtGraph(official);
  const graph = join(built, 'graph.qg');
  await mkdir(STACK_DIRECTORY, { recursive: true });
  const directory = await mkdtemp(join(STACK_DIRECTORY, 'homecoming-'));
  await using server = await startRemoteButler({ repositories: { dp1: official }, directory });
  const url = `${server.url}/dp1`;
  const memory: number[] = [];
  let datasets = 0;
  const ours = async (): Promise<number> => {
    const place = await satellite(url);
    await cp(join(built, 'made', 'u'), join(place, 'satellite', 'u'), { recursive: true });
    const args = [join(CHECKOUT, 'bench', 'bring-run-home.ts'), graph, OUTPUT, RUN, place, url];
    const answer = JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as Brought;
    await rm(place, { recursive: true });
    memory.push(answer.megabytes);
    datasets = answer.datasets;
    return answer.milliseconds / 1000;
  };
  const stock = async (): Promise<number> => {
    const root = join(directory, 'stock');
    await graphFiles('empty', root);
    await cp(join(built, 'made', 'u'), join(root, 'u'), { recursive: true });
    const seconds = Number(await graphFiles('transfer', official, graph, root));
    await rm(root, { recursive: true });
    return seconds;
  };
  try {
    const name = 'outputs of 15 000 quanta brought home to butler transfer-from-graph';
    const time = await compare({ name, unit: 's', rounds: 3, bound: { atMost: 1 / 3 } }, ours, stock);
    return [
      { ...time, name: `${time.name}, ${datasets} datasets` },
      { name: 'memory of the process that does it', unit: 'MB', ours: Math.max(...memory), bound: { atMost: 700 } },
    ];
  } finally {
    await rm(directory, { recursive: true });
  }
}

interface Brought {
  readonly datasets: number;
  readonly milliseconds: number;
  readonly megabytes: number;
}

/** A directory that holds a satellite without records. */
async function satellite(url: string): Promise<string> {
  const official = new RemoteRepository({ name: 'dp1', url, token: { fixed: undefined } });
  const world = await TransferWorld.over([official]);
  await world.close();
  await official.close();
  return world.directory;
}
