import { once } from 'node:events';
import { readConfig } from '../gateway/config.ts';
import { startGateway } from '../gateway/gateway.ts';
import { createLog } from '../gateway/log.ts';
import { collectNow, keepHeapSmall } from '../repository/heap-growth.ts';

export interface ServeOptions {
  readonly config: string;
}

/** Time that requests have to end after SIGTERM. */
const DRAIN_MS = 20_000;

/** Runs the gateway until SIGTERM or SIGINT, then drains it. */
export async function serve({ config: file }: ServeOptions): Promise<void> {
  keepHeapSmall();
  const config = await readConfig(file, process.env);
  const log = createLog();
  const gateway = await startGateway(config, { log });
  console.log(`listening on ${gateway.url}`);
  collectNow();

  const ended = new AbortController();
  const { signal } = ended;
  await Promise.race([once(process, 'SIGTERM', { signal }), once(process, 'SIGINT', { signal })]);
  ended.abort();
  log.info('draining');
  // A request that does not end in time is cut off; the status is still that of an orderly end.
  setTimeout(() => process.exit(0), DRAIN_MS).unref();
  await gateway.close();
}
