/** How long the quanta of a graph take to execute, beside stock `pipetask run-qbb`: inputs come by URL on both sides. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonProgram, STACK_DIRECTORY } from '../stack/checkout.ts';
import { executeGraph } from '../src/run/execute/execute-graph.ts';
import { GatewayRelay } from '../src/run/worker/relay.ts';
import { attachedThrough, GRAPHS, startRunWorld, type RunWorld } from '../test/run/run-world.ts';
import { compare, type Measure } from './ratio.ts';

const WORKERS = 2;
const run = promisify(execFile);

/**
 * With the start of Python, as users wait for it; ours writes the init outputs too, which stock has a command of its own for.
 * @param peers numbers of stock's processes
 */
export async function executions(peers: readonly number[] = [1, WORKERS]): Promise<Measure[]> {
  const directory = join(STACK_DIRECTORY, 'bench', 'executions');
  await using world = await startRunWorld(directory);
  const graph = await world.graph(join(directory, 'run'));
  await using relay = await GatewayRelay.start({ gateway: world.gateway.url, token: world.token });
  const forStock = join(directory, 'stock.qg');
  await attachedThrough(world, relay, graph, forStock);
  let round = 0;
  /** A root for outputs of which there are none. */
  const root = async () => {
    round += 1;
    const path = join(directory, `outputs${round}`);
    await rm(path, { recursive: true, force: true });
    await mkdir(path);
    await copyFile(join(world.satellite, 'butler.yaml'), join(path, 'butler.yaml'));
    return path;
  };
  const ours = async () => executed(world, graph, await root());
  const stock = (processes: number) => async () => {
    const path = await root();
    const env = { ...process.env, PYTHONPATH: GRAPHS };
    const options = { env, maxBuffer: 2 ** 28 };
    await run(pythonProgram('pipetask'), ['pre-exec-init-qbb', path, forStock], options);
    const begin = performance.now();
    await run(pythonProgram('pipetask'), ['run-qbb', path, forStock, '-j', String(processes)], options);
    return (performance.now() - begin) / 1000;
  };
  const measures: Measure[] = [];
  for (const processes of peers) {
    const name = `84 quanta by ${WORKERS} workers to pipetask run-qbb -j ${processes}`;
    measures.push(await compare({ name, unit: 's', rounds: 3, bound: { atMost: 0.7 } }, ours, stock(processes)));
  }
  return measures;
}

async function executed(world: RunWorld, graph: string, root: string): Promise<number> {
  const begin = performance.now();
  const request = { ...world.execution(root, graph), butlerConfig: root, workers: WORKERS };
  const { succeeded } = await executeGraph(request, () => undefined, AbortSignal.timeout(600_000));
  if (succeeded !== 84) throw new Error(`${succeeded} of 84 quanta were executed.`);
  return (performance.now() - begin) / 1000;
}
