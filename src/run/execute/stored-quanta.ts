/** Which quanta of a graph have been executed, by the files that they left. */
import { z } from 'zod';
import { openRunGraph } from '../exact-places.ts';
import { GatewayRelay } from '../worker/relay.ts';
import { untilAborted } from '../worker/until-aborted.ts';
import { WorkerPool } from '../worker/worker-pool.ts';
import type { ExecuteRequest } from './execute-graph.ts';
import { writeProvenance } from './provenance.ts';

const looked = z.object({ succeeded: z.array(z.string()), failed: z.array(z.string()) });

/** A process of the user's stack that looks at files, for as long as it is kept. */
export class StoredQuanta implements AsyncDisposable {
  /** Labels of tasks by their quanta's UUIDs. */
  readonly tasks: ReadonlyMap<string, string>;
  readonly #pool: WorkerPool;
  readonly #relay: GatewayRelay;

  private constructor(tasks: ReadonlyMap<string, string>, pool: WorkerPool, relay: GatewayRelay) {
    this.tasks = tasks;
    this.#pool = pool;
    this.#relay = relay;
  }

  static async open(
    request: Pick<ExecuteRequest, 'python' | 'place' | 'graph' | 'butlerConfig' | 'gateway' | 'token' | 'environment'>,
    signal: AbortSignal,
  ): Promise<StoredQuanta> {
    const { python, place, graph, butlerConfig, gateway, token, environment } = request;
    const opened = await openRunGraph(graph);
    const { quanta } = await opened.thin().finally(() => opened.close());
    const tasks = new Map([...quanta].flatMap(([task, of]) => of.map(({ uuid }) => [uuid, task] as const)));
    const relay = await GatewayRelay.start({ gateway, token });
    let pool: WorkerPool | undefined;
    try {
      const visible = { readable: [graph, butlerConfig], writeable: [] };
      pool = await WorkerPool.start({ python, place, environment, relay, visible }, signal);
      const opening = { op: 'open', graph, butler: butlerConfig, addresses: pool.addresses };
      await untilAborted(signal, pool.ask(null, opening));
      pool.fork(0, null);
      return new StoredQuanta(tasks, pool, relay);
    } catch (error) {
      await pool?.[Symbol.asyncDispose]();
      await relay[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** UUIDs of those with metadata, and of those with a log only. */
  async look(): Promise<z.output<typeof looked>> {
    return looked.parse(await this.#pool.ask(0, { op: 'stored' }));
  }

  /** Writes the run's provenance. @param directory the run's */
  writeProvenance(directory: string): Promise<void> {
    return writeProvenance(this.#pool, 0, directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
    await this.#relay[Symbol.asyncDispose]();
  }
}
