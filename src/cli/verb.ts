/** What the verbs that talk to a gateway share: their options, and how an answer is shown. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { CommandError, EXIT } from './exit.ts';
import { GatewayClient, JOB_FIELDS, type WatchedJob } from './gateway-client.ts';
import { waitForJob } from './job-progress.ts';
import { printable } from './terminal.ts';

export interface ConnectionOptions {
  readonly url?: string;
  readonly token?: string;
  readonly json?: boolean;
}

export interface ChangeOptions extends ConnectionOptions {
  /** Of `--no-wait`. */
  readonly wait: boolean;
  readonly key?: string;
  readonly dryRun?: boolean;
}

/** A mutation with its input, and what is asked of its payload beside the job. */
export interface Change {
  readonly mutation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly fields?: string;
  readonly hasJob?: boolean;
  /** Whether what came of it, although it was done, is what `EXIT.failed` says. */
  isBad?(payload: Payload): boolean;
  /** The answer in a sentence for people. */
  say(payload: Payload, job: WatchedJob | null): string;
}

/** What a mutation answered. */
export type Payload = Readonly<Record<string, unknown>> & { readonly job?: WatchedJob | null };

export const SATELLITE_FIELDS = 'satellite {name owner state database artifacts official uri purgeAt}';
export const PLAN_FIELDS = 'plan {datasets bytes references collections referencedBy warning}';

/** A verb that asks a gateway. */
export function verb(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(new Option('--url <url>', 'address of the gateway').env('SATELLITE_URL'))
    .addOption(new Option('--token <token>', 'your token; better in the environment').env('SATELLITE_TOKEN'))
    .option('--json', 'print the answer as JSON');
}

/** A verb that changes something. */
export function changingVerb(name: string, description: string): Command {
  return verb(name, description)
    .option('--no-wait', 'do not wait for the job')
    .option('--key <text>', 'idempotency key: the same call again with it is done once');
}

/** @throws CommandError without address or token */
export function connect({ url, token }: ConnectionOptions): GatewayClient {
  if (url === undefined || !URL.canParse(url)) {
    throw new CommandError('Say which gateway: --url http://HOST:PORT, or SATELLITE_URL.', EXIT.usage);
  }
  if (token === undefined) throw new CommandError('Say who you are: set SATELLITE_TOKEN, or --token.', EXIT.usage);
  return new GatewayClient(url, token);
}

/** Makes a change, waits for its job unless told not to, and prints what came of it. */
export async function change(wanted: Change, options: ChangeOptions): Promise<void> {
  const client = connect(options);
  const { mutation, fields = '', hasJob = true } = wanted;
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) {${mutation}(input: $input) {${fields} ${hasJob ? `job {${JOB_FIELDS}}` : ''}}}`;
  const input = Object.fromEntries(
    Object.entries({
      ...wanted.input,
      idempotencyKey: options.key,
      ...(options.dryRun === undefined ? {} : { dryRun: options.dryRun }),
    }).filter(([, value]) => value !== undefined),
  );
  const payload = (await client.ask<Readonly<Record<string, Payload>>>(query, { input }))[mutation]!;
  const started = payload.job ?? null;
  const job = started && options.wait ? await waitForJob(client, started) : started;
  const answer = hasJob ? { ...payload, job } : payload;
  const done = job === null || job.state === 'COMPLETED';
  if (options.json) console.log(printable(JSON.stringify(answer, undefined, 2)));
  else if (options.dryRun) console.log(printable(planText(answer)));
  else console.log(printable(done ? wanted.say(answer, job) : jobText(job)));
  process.exitCode = done && wanted.isBad?.(answer) ? EXIT.failed : exitCodeOf(job);
}

/** Asks, and prints as JSON or in lines. */
export async function show<Data>(
  query: string,
  variables: object,
  options: ConnectionOptions,
  lines: (data: Data) => readonly string[],
): Promise<void> {
  const data = await connect(options).ask<Data>(query, variables);
  console.log(printable(options.json ? JSON.stringify(data, undefined, 2) : lines(data).join('\n')));
}

export function jobText({ id, kind, state, progress, error }: WatchedJob): string {
  const { done, total, unit } = progress;
  const where = `Job ${id} (${kind}): ${state.toLowerCase()}, ${done} of ${total ?? '?'} ${unit}.`;
  return error ? `${where}\n${error.message} (${error.code})` : where;
}

/** A job that goes on is no failure. */
export function exitCodeOf(job: Pick<WatchedJob, 'state'> | null): number {
  if (job?.state === 'FAILED') return EXIT.failed;
  if (job?.state === 'CANCELLED') return EXIT.cancelled;
  return job?.state === 'HELD' ? EXIT.held : EXIT.done;
}

function planText({ plan }: Payload): string {
  const entries = Object.entries((plan ?? {}) as Readonly<Record<string, unknown>>);
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return [
    'Nothing was changed. The plan:',
    ...entries.map(([name, value]) => `  ${name.padEnd(width)}  ${text(value)}`),
  ].join('\n');
}

function text(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  if (value.length === 0) return 'none';
  return value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(', ');
}

/** JSON of an option. @throws CommandError */
export function json(option: string): (given: string) => unknown {
  return (given) => {
    try {
      return JSON.parse(given) as unknown;
    } catch {
      throw new CommandError(`${option} must be JSON, such as '{"instrument": "HSC"}'.`, EXIT.usage);
    }
  };
}

/** An option that is one of some words, in whatever case. */
export function choice(flags: string, description: string, words: readonly string[], usual: string): Option {
  const parse = (given: string) => {
    const word = given.toLowerCase();
    if (words.includes(word)) return word;
    throw new InvalidArgumentError(`Allowed choices are ${words.join(', ')}.`);
  };
  return new Option(flags, description).choices(words).argParser(parse).default(usual);
}

/** Of GraphQL's `Int`. */
const MOST_INT = 2 ** 31 - 1;

/** A whole number of an option. @throws CommandError where it is none, or out of bounds */
export function whole(option: string, least: number, most: number): (given: string) => number {
  return (given) => {
    const number = /^\d+$/.test(given) ? Number(given) : NaN;
    if (number >= least && number <= most) return number;
    throw new CommandError(`${option} must be a whole number from ${least} to ${most}.`, EXIT.usage);
  };
}

/** `--version-number` of a publication. */
export function versionNumber(description: string): Option {
  return new Option('--version-number <number>', description).argParser(whole('--version-number', 1, MOST_INT));
}

/** `--first` of a list. */
export function howMany(usual: number): Option {
  return new Option('--first <number>', 'how many').argParser(whole('--first', 1, MOST_INT)).default(usual);
}

/** What is said where there is no such publication, or not for whoever asks. */
export function noPublication(id: string, version: number | undefined): CommandError {
  const which = version === undefined ? '' : `version ${version} of `;
  return new CommandError(`There is no ${which}publication '${id}' that you may see.`, EXIT.failed, 'NOT_FOUND');
}
