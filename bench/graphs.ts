/** How long a quantum graph takes to build through the RemoteButler face, beside stock Python at the official server itself. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cachedBuild } from '../stack/cached-build.ts';
import { CHECKOUT, pythonProgram, STACK_DIRECTORY } from '../stack/checkout.ts';
import { makeRepository, startGraphWorld } from '../test/graphs/graph-world.ts';
import { compare, type Measure } from './ratio.ts';

/** Gives 15 000 quanta and some. */
const SIZE = { visits: 500, detectors: 20, tracts: 2, patches: 8 };

/** A directory with `repository`, of which a graph of them is built. */
export function largeRepository(): Promise<string> {
  return cachedBuild('graphs-large', ['test/graphs/make_repository.py'], (building) =>
    makeRepository(join(building, 'repository'), SIZE),
  );
}

export async function graphs(): Promise<Measure[]> {
  const built = await largeRepository();
  await using world = await startGraphWorld(join(built, 'repository'), join(STACK_DIRECTORY, 'bench', 'graphs'));
  const requests: number[] = [];
  let quanta = 0;
  const builder = new GraphBuilder(world.token);
  try {
    const time = await compare(
      { name: 'a graph through the face to stock Butler at the server', unit: 's', rounds: 2, bound: { atMost: 1.1 } },
      async () => {
        world.front.taken();
        const { seconds } = await builder.build(world.face);
        requests.push(world.front.taken().length);
        return seconds;
      },
      async () => {
        const graph = await builder.build(world.official);
        quanta = graph.quanta;
        return graph.seconds;
      },
    );
    const asked = Math.max(...requests);
    return [
      { ...time, name: `${time.name}, ${quanta} quanta` },
      { name: 'requests to the official server for it', unit: '', ours: asked, bound: { atMost: 60 } },
    ];
  } finally {
    builder.stop();
  }
}

/** A Python process that builds graphs and says how long the build itself took. */
class GraphBuilder {
  readonly #process;
  readonly #answers;

  constructor(token: string) {
    this.#process = spawn(pythonProgram('python'), [join(CHECKOUT, 'bench', 'graph_builder.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, BUTLER_RUBIN_ACCESS_TOKEN: token, PYTHONPATH: join(CHECKOUT, 'test', 'graphs') },
    });
    this.#answers = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  async build(butler: string): Promise<{ readonly seconds: number; readonly quanta: number }> {
    this.#process.stdin.write(`${JSON.stringify({ butler })}\n`);
    const answer = await this.#answers.next();
    if (answer.done) throw new Error('The process that builds graphs ended.');
    const { milliseconds, quanta } = JSON.parse(answer.value) as { milliseconds: number; quanta: number };
    return { seconds: milliseconds / 1000, quanta };
  }

  stop(): void {
    this.#process.stdin.end();
  }
}
