/** Verbs about runs: `satellite run …`. */
import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { SingleBar } from 'cli-progress';
import { BUILD_SECONDS, MOST_RETRIES, MOST_SECONDS, MOST_WORKERS, QUANTUM_SECONDS } from '../run/settings.ts';
import { CommandError, EXIT } from './exit.ts';
import { JOB_FIELDS, type GatewayClient, type WatchedJob } from './gateway-client.ts';
import { waitForJob } from './job-progress.ts';
import type { HereOptions } from './run-here.ts';
import { printable } from './terminal.ts';
import { change, changingVerb, connect, json, show, verb, whole } from './verb.ts';
import type { ChangeOptions, ConnectionOptions } from './verb.ts';

interface ShownRun {
  readonly id: string;
  readonly state: string;
  readonly directory: string;
  readonly output: string;
  readonly outputRun: string;
  readonly worker: string | null;
  readonly quanta: {
    readonly total: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly blocked: number;
  } | null;
  readonly explain: { readonly reason: string; readonly suggestions: readonly string[] } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

const RUN_FIELDS = `id state directory output outputRun worker quanta {total succeeded failed blocked}
  explain {reason suggestions} error {code message}`;

type StageOptions = ConnectionOptions & HereOptions & { readonly here?: boolean };
type InputsOptions = { readonly inputs: string };

const STAGES = ['build', 'execute', 'transfer'] as const;
type Stage = (typeof STAGES)[number];

export function runVerb(): Command {
  const run = new Command('run').description(
    'Pipelines over official and own data, from a question to results at home.',
  );
  const stages = [create(), build(), execute(), transfer(), go()];
  const verbs = [...stages, plan(), status(), list(), logs(), retry(), cancel(), remove()];
  for (const one of verbs) run.addCommand(one);
  return run;
}

interface CreateOptions extends ConnectionOptions {
  readonly key?: string;
  readonly pipeline?: string;
  readonly pipelineText?: string;
  readonly graph?: string;
  readonly config?: readonly string[];
  readonly input?: readonly string[];
  readonly output: string;
  readonly repository?: readonly string[];
  readonly where?: string;
  readonly bind?: unknown;
  readonly dataId?: readonly unknown[];
  readonly extend?: boolean;
  readonly skipExistingIn?: readonly string[];
  readonly constrainBy?: readonly string[];
  readonly bps?: boolean;
}

function create(): Command {
  return changingVerb('create', 'Make a run; nothing is computed yet.')
    .argument('<satellite>', 'where its outputs go')
    .option('-p, --pipeline <file>', "a pipeline file of the gateway's python.path, with labels behind # if wanted")
    .option('--pipeline-text <file>', 'a pipeline file of yours, whose text is sent')
    .option('--graph <path>', "a .qg file in the satellite's directory, instead of a pipeline")
    .option('-c, --config <overrides...>', 'changes of the configuration, as label:field=value')
    .option('-i, --input <collections...>', 'collections to take inputs from, in search order')
    .requiredOption('-o, --output <chain>', 'CHAINED collection of the outputs')
    .option('--repository <names...>', 'repositories to take inputs from, in search order')
    .option('-d, --where <expression>', 'Butler expression that says what is run')
    .addOption(new Option('--bind <json>', 'values for names in --where').argParser(json('--bind')))
    .addOption(
      new Option('--data-id <json...>', 'data IDs: only what they match').argParser((given, all: unknown[] = []) => [
        ...all,
        json('--data-id')(given),
      ]),
    )
    .option('--extend', 'put the outputs into the last RUN of the chain')
    .option('--skip-existing-in <collections...>', 'leave out what is done there')
    .option('--constrain-by <types...>', 'dataset types that constrain the first query')
    .option('--bps', 'execute by the batch system that is configured for BPS')
    .action(async (satellite: string, options: CreateOptions) => {
      const { pipeline, pipelineText, graph, config, input = [], output, repository, where, bind, dataId } = options;
      const yaml = pipelineText === undefined ? undefined : await readFile(pipelineText, 'utf8');
      const given = {
        ...{ satellite, graph, output, where, bind, inputs: input, configuration: config, repositories: repository },
        ...{ dataIds: dataId, extend: options.extend, skipExistingIn: options.skipExistingIn },
        constrainBy: options.constrainBy,
        pipeline: (pipeline ?? yaml) ? { path: pipeline, yaml } : undefined,
        executor: options.bps ? 'BPS' : undefined,
      };
      const say = (payload: object) => {
        const { run } = payload as { run: ShownRun };
        return `Run ${run.id} is made: \`satellite run go ${run.id}\` does it.\n  ${run.directory}`;
      };
      await change(
        { mutation: 'createRun', input: given, fields: `run {${RUN_FIELDS}}`, hasJob: false, say },
        { ...options, wait: false },
      );
    });
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

function status(): Command {
  return verb('status', 'Say where a run stands.')
    .argument('<run>', 'its identifier')
    .action(async (id: string, options: ConnectionOptions) => {
      const run = await runOf(connect(options), id);
      console.log(printable(options.json ? JSON.stringify(run, undefined, 2) : runText(run)));
    });
}

function plan(): Command {
  return verb('plan', 'Show what was expected before the graph was built: inputs, and numbers of quanta.')
    .argument('<run>', 'its identifier')
    .action((id: string, options: ConnectionOptions) =>
      show<{ run: { plan: string | null } | null }>(
        `query ($id: ID!) {run(id: $id) {plan}}`,
        { id },
        options,
        ({ run }) => {
          if (!run) throw missing(id);
          return [run.plan?.trimEnd() ?? 'There is no plan: the gateway makes it before it builds the graph.'];
        },
      ),
    );
}

function list(): Command {
  return verb('list', 'List runs on your satellites, the newest first.')
    .option('--satellite <name>', 'only those of one satellite')
    .option('--first <number>', 'how many', '20')
    .action((options: ConnectionOptions & { readonly satellite?: string; readonly first: string }) =>
      show<{ runs: { nodes: readonly ShownRun[] } }>(
        `query ($satellite: String, $first: Int) {runs(satellite: $satellite, first: $first) {nodes {${RUN_FIELDS}}}}`,
        { satellite: options.satellite, first: Number(options.first) },
        options,
        ({ runs }) =>
          runs.nodes.map(({ id, state, outputRun }) => `${id}  ${state.toLowerCase().padEnd(12)}  ${outputRun}`),
      ),
    );
}

function logs(): Command {
  return verb('logs', 'Show what went wrong with quanta, or the log of one.')
    .argument('<run>', 'its identifier')
    .option('--quantum <uuid>', 'the whole log of one quantum')
    .action((id: string, options: ConnectionOptions & { readonly quantum?: string }) =>
      show<{ run: { failures: readonly Failure[]; log: string | null } | null }>(
        `query ($id: ID!, $quantum: UUID, $one: Boolean!) {run(id: $id) {
          failures @skip(if: $one) {quantum task exception message} log(quantum: $quantum) @include(if: $one)}}`,
        { id, quantum: options.quantum, one: options.quantum !== undefined },
        options,
        ({ run }) => {
          if (!run) throw missing(id);
          if (options.quantum !== undefined) return [run.log ?? 'There is no such log (yet).'];
          if (run.failures.length === 0) return ['No quantum has failed.'];
          return run.failures.map(
            ({ quantum, task, exception, message }) => `${quantum}  ${task}  ${exception}: ${message}`,
          );
        },
      ),
    );
}

interface Failure {
  readonly quantum: string;
  readonly task: string;
  readonly exception: string;
  readonly message: string;
}

function retry(): Command {
  return changing('retry', 'Do again what did not end well: of an execution, the quanta that are missing.', 'retryRun');
}

function cancel(): Command {
  return changing('cancel', 'Stop what a run does; what it has done stays.', 'cancelRun');
}

function changing(name: string, description: string, mutation: string): Command {
  return changingVerb(name, description)
    .argument('<run>', 'its identifier')
    .action(async (id: string, options: ChangeOptions) => {
      const fields = `run {${RUN_FIELDS}}`;
      const say = (payload: object) => runText((payload as { run: ShownRun }).run);
      await change({ mutation, input: { run: id }, fields, say }, options);
      if (mutation === 'cancelRun' && process.exitCode === EXIT.cancelled) process.exitCode = EXIT.done;
    });
}

function remove(): Command {
  return changingVerb('remove', 'Remove a run with everything that it made. This cannot be undone.')
    .argument('<run>', 'its identifier')
    .option('--dry-run', 'only give the plan')
    .action((id: string, options: ChangeOptions) => {
      const fields = 'plan {datasets files bytes collections}';
      return change({ mutation: 'removeRun', input: { run: id }, fields, say: () => `Run ${id} is gone.` }, options);
    });
}

async function runOf(client: GatewayClient, id: string): Promise<ShownRun> {
  const { run } = await client.ask<{ run: ShownRun | null }>(`query ($id: ID!) {run(id: $id) {${RUN_FIELDS}}}`, { id });
  if (run) return run;
  throw missing(id);
}

function missing(id: string): CommandError {
  return new CommandError(`There is no run '${id}' on a satellite of yours.`, EXIT.failed, 'NOT_FOUND');
}

function runText({ id, state, outputRun, quanta, explain, error, directory, worker }: ShownRun): string {
  const counts = quanta
    ? `${quanta.succeeded} of ${quanta.total} quanta done, ${quanta.failed} failed, ${quanta.blocked} blocked`
    : 'no graph yet';
  return [
    `Run ${id}: ${state.toLowerCase()}${worker === null ? '' : ` on ${worker}`}, ${counts}.`,
    `  ${outputRun}`,
    `  ${directory}`,
    ...(error ? [`${error.message} (${error.code})`] : []),
    ...(explain ? [explain.reason, ...explain.suggestions.map((text) => `- ${text}`)] : []),
  ].join('\n');
}
