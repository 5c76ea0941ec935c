/** Verbs about jobs. */
import type { Command } from 'commander';
import { CommandError, EXIT } from './exit.ts';
import { JOB_FIELDS, type WatchedJob } from './gateway-client.ts';
import { waitForJob } from './job-progress.ts';
import { printable } from './terminal.ts';
import {
  change,
  changingVerb,
  connect,
  exitCodeOf,
  howMany,
  jobText,
  show,
  verb,
  type ChangeOptions,
  type ConnectionOptions,
} from './verb.ts';

type LoggedJob = WatchedJob & { readonly log: readonly { readonly at: string; readonly message: string }[] };

export function jobVerbs(): Command[] {
  return [jobs(), job(), cancel(), retry()];
}

function jobs(): Command {
  return verb('jobs', 'List your jobs, the newest first.')
    .option('--satellite <name>', 'only those of a satellite')
    .addOption(howMany(20))
    .action(
      ({ satellite, first, ...options }: ConnectionOptions & { readonly satellite?: string; readonly first: number }) =>
        show<{ jobs: readonly WatchedJob[] }>(
          `query ($satellite: String, $first: Int) {jobs(satellite: $satellite, first: $first) {${JOB_FIELDS}}}`,
          { satellite, first },
          options,
          (data) => data.jobs.map(jobText),
        ),
    );
}

function job(): Command {
  return verb('job', 'Show a job and its log.')
    .argument('<id>', 'its identifier')
    .option('--wait', 'wait until it has ended')
    .action(async (id: string, { wait, ...options }: ConnectionOptions & { readonly wait?: boolean }) => {
      const client = connect(options);
      const query = `query ($id: ID!) {job(id: $id) {${JOB_FIELDS} log {at message}}}`;
      const ask = async () => {
        const { job } = await client.ask<{ job: LoggedJob | null }>(query, { id });
        if (!job) throw new CommandError(`There is no job '${id}' of yours.`, EXIT.failed, 'NOT_FOUND');
        return job;
      };
      let found = await ask();
      if (wait) {
        await waitForJob(client, found);
        found = await ask();
      }
      const lines = found.log.map(({ at, message }) => `  ${at}  ${message}`);
      console.log(
        printable(options.json ? JSON.stringify(found, undefined, 2) : [jobText(found), ...lines].join('\n')),
      );
      process.exitCode = exitCodeOf(found);
    });
}

function cancel(): Command {
  return changingVerb('cancel', 'Stop a job; what it has done stays.')
    .argument('<id>', 'its identifier')
    .action(async (id: string, options: ChangeOptions) => {
      await change({ mutation: 'cancelJob', input: { job: id }, say: () => 'The job had ended already.' }, options);
      // That it was cancelled is what was asked for.
      if (process.exitCode === EXIT.cancelled) process.exitCode = EXIT.done;
    });
}

function retry(): Command {
  return changingVerb('retry', 'Start a job again where it stopped.')
    .argument('<id>', 'its identifier')
    .action((id: string, options: ChangeOptions) =>
      change({ mutation: 'retryJob', input: { job: id }, say: (_payload, job) => jobText(job!) }, options),
    );
}
