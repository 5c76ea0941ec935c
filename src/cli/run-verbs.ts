/** Verbs about runs: `satellite run …`. */
import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { EXIT } from './exit.ts';
import { stageVerbs } from './run-stages.ts';
import { noSuchRun, RUN_FIELDS, runOf, runText, type ShownRun } from './shown-run.ts';
import { printable } from './terminal.ts';
import { change, changingVerb, connect, howMany, json, show, verb } from './verb.ts';
import type { ChangeOptions, ConnectionOptions } from './verb.ts';

export function runVerb(): Command {
  const run = new Command('run').description(
    'Pipelines over official and own data, from a question to results at home.',
  );
  const verbs = [create(), ...stageVerbs(), plan(), status(), list(), logs(), retry(), cancel(), remove()];
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
          if (!run) throw noSuchRun(id);
          return [run.plan?.trimEnd() ?? 'There is no plan: the gateway makes it before it builds the graph.'];
        },
      ),
    );
}

function list(): Command {
  return verb('list', 'List runs on your satellites, the newest first.')
    .option('--satellite <name>', 'only those of one satellite')
    .addOption(howMany(20))
    .action((options: ConnectionOptions & { readonly satellite?: string; readonly first: number }) =>
      show<{ runs: { nodes: readonly ShownRun[] } }>(
        `query ($satellite: String, $first: Int) {runs(satellite: $satellite, first: $first) {nodes {${RUN_FIELDS}}}}`,
        { satellite: options.satellite, first: options.first },
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
          if (!run) throw noSuchRun(id);
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
