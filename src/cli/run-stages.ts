/** The verbs that do stages of a run: by the gateway, or on this machine. */
import { SingleBar } from 'cli-progress';
import { Option, type Command } from 'commander';
import { BUILD_SECONDS, MOST_RETRIES, MOST_SECONDS, MOST_WORKERS, QUANTUM_SECONDS } from '../run/settings.ts';
import { CommandError, EXIT } from './exit.ts';
import { JOB_FIELDS, type GatewayClient, type WatchedJob } from './gateway-client.ts';
import { waitForJob } from './job-progress.ts';
import type { HereOptions } from './run-here.ts';
import { runOf, runText } from './shown-run.ts';
import { printable } from './terminal.ts';
import { connect, verb, whole, type ConnectionOptions } from './verb.ts';

type StageOptions = ConnectionOptions & HereOptions & { readonly here?: boolean };
type InputsOptions = { readonly inputs: string };

const STAGES = ['build', 'execute', 'transfer'] as const;
type Stage = (typeof STAGES)[number];

/** `build`, `execute`, `transfer`, and `go` for all of them. */
export function stageVerbs(): readonly Command[] {
  return [build(), execute(), transfer(), go()];
}

function staged(name: string, description: string): Command {
  return verb(name, description)
    .argument('<run>', 'its identifier')
    .option('--here', 'on this machine, also where the gateway would do it')
    .addOption(new Option('--python <program>', "Rubin's Python here").env('SATELLITE_PYTHON').default('python3'))
    .option('--python-path <directories...>', 'directories of further modules, such as your tasks')
    .addOption(count('--workers', 'quanta that run at the same time here', [1, MOST_WORKERS], 2))
    .addOption(count('--retries', 'how often a quantum that failed is tried again here', [0, MOST_RETRIES], 1))
    .addOption(count('--quantum-seconds', 'seconds that a quantum may take here', [1, MOST_SECONDS], QUANTUM_SECONDS))
    .addOption(
      count('--build-seconds', 'seconds that the graph may take to be built here', [1, MOST_SECONDS], BUILD_SECONDS),
    )
    .option('--bps-config <file>', 'YAML with settings of BPS, where it executes the run from here');
}

function count(flag: string, description: string, [least, most]: readonly [number, number], usual: number): Option {
  return new Option(`${flag} <number>`, description).argParser(whole(flag, least, most)).default(usual);
}

function build(): Command {
  return staged('build', 'Build the quantum graph: by the gateway, or here.').action(
    (id: string, options: StageOptions) => finish(id, options, ['build']),
  );
}

function execute(): Command {
  return staged('execute', 'Execute the quanta: by the gateway, or here.').action((id: string, options: StageOptions) =>
    finish(id, options, ['execute']),
  );
}

const inputs = () =>
  new Option('--inputs <how>', 'how inputs come along').choices(['NONE', 'REFERENCE', 'COPY']).default('REFERENCE');

function transfer(): Command {
  return verb('transfer', "Bring what was made into the satellite's registry.")
    .argument('<run>', 'its identifier')
    .addOption(inputs())
    .action((id: string, options: StageOptions & InputsOptions) => finish(id, options, ['transfer'], options.inputs));
}

function go(): Command {
  return staged('go', 'Do all that is left: build, execute, transfer.')
    .addOption(inputs())
    .action(async (id: string, options: StageOptions & InputsOptions) => {
      const { state, quanta } = await runOf(connect(options), id);
      const missing = (quanta?.failed ?? 0) + (quanta?.blocked ?? 0) > 0 || (quanta && quanta.succeeded < quanta.total);
      const from = quanta === null ? 0 : missing ? 1 : state === 'COMPLETED' ? 3 : 2;
      await finish(id, options, STAGES.slice(from), options.inputs);
    });
}

/** Does stages one after the other, as long as they end well, and says where the run stands then. */
async function finish(id: string, options: StageOptions, stages: readonly Stage[], how?: string): Promise<void> {
  const client = connect(options);
  let run = await runOf(client, id);
  for (const stage of stages) {
    await doStage(client, id, stage, options, how);
    run = await runOf(client, id);
    if (['FAILED', 'HELD', 'CANCELLED'].includes(run.state) || run.quanta?.total === 0) break;
  }
  console.log(printable(options.json ? JSON.stringify(run, undefined, 2) : runText(run)));
  if (run.state === 'HELD') process.exitCode = EXIT.held;
  else if (run.state === 'CANCELLED') process.exitCode = EXIT.cancelled;
  else process.exitCode = run.state === 'FAILED' || run.quanta?.total === 0 ? EXIT.failed : EXIT.done;
}

async function doStage(
  client: GatewayClient,
  id: string,
  stage: Stage,
  options: StageOptions,
  how?: string,
): Promise<void> {
  if (stage !== 'transfer' && options.here) return here(client, id, stage, options);
  const input = { run: id, ...(stage === 'transfer' && { inputs: how }) };
  const mutation = `${stage}Run`;
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) {${mutation}(input: $input) {job {${JOB_FIELDS}}}}`;
  try {
    const { [mutation]: payload } = await client.ask<Record<string, { readonly job: WatchedJob | null }>>(query, {
      input,
    });
    if (payload?.job) await waitForJob(client, payload.job);
  } catch (error) {
    const isOurs = error instanceof CommandError && error.code === 'FORBIDDEN' && stage !== 'transfer';
    if (!isOurs) throw error;
    await here(client, id, stage, options);
  }
}

async function here(
  client: GatewayClient,
  id: string,
  stage: 'build' | 'execute',
  options: StageOptions,
): Promise<void> {
  const bar = process.stderr.isTTY && stage === 'execute' ? new SingleBar(BAR) : undefined;
  let isShown = false;
  const { workHere } = await import('./run-here.ts');
  try {
    await workHere(client, id, stage, options, ({ total, succeeded, failed, blocked }) => {
      if (!isShown) bar?.start(total, 0, { failed, blocked });
      isShown = true;
      bar?.update(succeeded + failed + blocked, { failed, blocked });
    });
  } finally {
    bar?.stop();
  }
}

const BAR = {
  format: 'quanta [{bar}] {value}/{total}  {failed} failed, {blocked} blocked',
  hideCursor: true,
  clearOnComplete: false,
  stream: process.stderr,
};
