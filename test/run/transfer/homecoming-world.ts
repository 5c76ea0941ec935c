/** Runs that are to be brought home: an official repository behind the stock server, a graph over it, and what its quanta write. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedBuild } from '../../../stack/cached-build.ts';
import { startRemoteButler } from '../../../stack/remote-butler.ts';
import { runPython } from '../../../stack/run-python.ts';
import type { Json } from '../../../src/jobs/job.ts';
import { RemoteRepository } from '../../../src/repository/remote/remote-repository.ts';
import {
  bringRunHome,
  type BroughtRun,
  type InputsToBring,
  type RunToBring,
} from '../../../src/run/transfer/bring-run-home.ts';
import { makeRepository } from '../../graphs/graph-world.ts';
import { TransferWorld } from '../../transfer/transfer-world.ts';

const SCRIPT = 'test/run/transfer/graph_files.py';
const INPUTS = [SCRIPT, 'test/graphs/make_repository.py', 'test/graphs/minipipe/tasks.py', 'test/graphs/pipeline.yaml'];
const PIPELINE = join(import.meta.dirname, '../../graphs/pipeline.yaml');
const TASKS = { PYTHONPATH: join(import.meta.dirname, '../../graphs'), BUTLER_RUBIN_ACCESS_TOKEN: 'any' };

export const RUN = 'u/alice/out/20260101T000000Z';
/** Of this one quanta fail in what is called `failed`. */
export const FAILING = 4;

/** Runs the script that has the commands of stock Python. */
export function graphFiles(...args: readonly string[]): Promise<string> {
  return runPython(SCRIPT, args, TASKS);
}

/**
 * A directory with `official`, `graph.qg`, and repositories with the files of all its outputs, `outputs`, and of a run in which
 * a detector failed, `failed`, that know of none of them.
 */
function build(): Promise<string> {
  return cachedBuild('homecoming', INPUTS, async (directory) => {
    const [official, graph] = [join(directory, 'official'), join(directory, 'graph.qg')];
    await makeRepository(official, { visits: 4, detectors: 9, tracts: 2, patches: 3 });
    await graphFiles('prepare', official);
    const where = "skymap = 'mini_sky'";
    await graphFiles('graph', official, graph, 'u/alice/out', RUN, '-p', PIPELINE, '-i', 'Mini/defaults', '-d', where);
    for (const [name, ...failing] of [['outputs'], ['failed', String(FAILING)]] as const) {
      await graphFiles('empty', join(directory, name));
      await graphFiles('outputs', graph, join(directory, name), ...failing);
    }
  });
}

/** The run of the graph, in the satellite of a `TransferWorld`. */
export function runOf(graph: string): RunToBring {
  return {
    satellite: 'alice~mine',
    satelliteId: null,
    repositories: ['alice~mine', 'dp1'],
    inputs: ['Mini/defaults'],
    output: 'u/alice/out',
    outputRun: RUN,
    graph,
  };
}

export interface HomecomingOptions {
  readonly run?: Partial<RunToBring>;
  readonly inputs?: InputsToBring;
  /** Results of steps that were done before, which new ones are added to. */
  readonly steps?: Map<string, Json>;
}

export class HomecomingWorld implements AsyncDisposable {
  readonly built: string;
  readonly official: RemoteRepository;
  /** Of the official repository at its server. */
  readonly url: string;
  /** Is removed with the world. */
  readonly directory: string;
  readonly #owned: AsyncDisposable;

  private constructor(
    built: string,
    official: RemoteRepository,
    url: string,
    directory: string,
    owned: AsyncDisposable,
  ) {
    this.url = url;
    this.built = built;
    this.official = official;
    this.directory = directory;
    this.#owned = owned;
  }

  static async start(): Promise<HomecomingWorld> {
    const built = await build();
    const directory = await mkdtemp(join(tmpdir(), 'homecoming-'));
    await using parts = new AsyncDisposableStack();
    parts.defer(() => rm(directory, { recursive: true }));
    const server = parts.use(await startRemoteButler({ repositories: { dp1: join(built, 'official') }, directory }));
    const url = `${server.url}/dp1`;
    const official = new RemoteRepository({ name: 'dp1', url, token: { fixed: undefined } });
    parts.defer(() => official.close());
    return new HomecomingWorld(built, official, url, directory, parts.move());
  }

  get graph(): string {
    return join(this.built, 'graph.qg');
  }

  /** A satellite without records. @param made whose files are in its root */
  async satellite(made?: 'outputs' | 'failed'): Promise<TransferWorld> {
    const world = await TransferWorld.over([this.official]);
    if (made) await this.addFiles(world.root, made);
    return world;
  }

  async addFiles(root: string, made: 'outputs' | 'failed'): Promise<void> {
    await cp(join(this.built, made, 'u'), join(root, 'u'), { recursive: true });
  }

  /** Brings the run home, as the job does. */
  bring(world: TransferWorld, { run, inputs = 'REFERENCE', steps }: HomecomingOptions = {}): Promise<BroughtRun> {
    return bringRunHome({ ...runOf(this.graph), ...run }, inputs, world.surroundings(), world.task(steps));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }
}
