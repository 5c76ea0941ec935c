import { SingleBar } from 'cli-progress';
import { isAtRest, type GatewayClient, type WatchedJob } from './gateway-client.ts';
import { printable } from './terminal.ts';

/** Waits until a job has come to rest, with a bar on standard error where that is a terminal. @returns the job then */
export async function waitForJob(client: GatewayClient, started: WatchedJob): Promise<WatchedJob> {
  if (isAtRest(started)) return started;
  const bar = process.stderr.isTTY ? new SingleBar(BAR) : undefined;
  let last = started;
  bar?.start(1, 0, shown(started));
  try {
    for await (const job of client.watch(started.id)) {
      last = job;
      bar?.setTotal(Number(job.progress.total ?? Math.max(1, Number(job.progress.done))));
      bar?.update(Number(job.progress.done), shown(job));
    }
  } finally {
    bar?.stop();
  }
  return last;
}

const BAR = {
  format: '{kind} [{bar}] {value}/{count} {unit}  {state}',
  hideCursor: true,
  clearOnComplete: false,
  stream: process.stderr,
};

function shown({ kind, state, progress }: WatchedJob) {
  return {
    kind: printable(kind),
    state: printable(state.toLowerCase()),
    unit: printable(progress.unit),
    count: printable(String(progress.total ?? '?')),
  };
}
