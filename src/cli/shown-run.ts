/** A run as the verbs about runs ask for it, and show it. */
import { CommandError, EXIT } from './exit.ts';
import type { GatewayClient } from './gateway-client.ts';

export interface ShownRun {
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

/** What GraphQL is asked of a `ShownRun`. */
export const RUN_FIELDS = `id state directory output outputRun worker quanta {total succeeded failed blocked}
  explain {reason suggestions} error {code message}`;

/** @throws CommandError NOT_FOUND */
export async function runOf(client: GatewayClient, id: string): Promise<ShownRun> {
  const { run } = await client.ask<{ run: ShownRun | null }>(`query ($id: ID!) {run(id: $id) {${RUN_FIELDS}}}`, { id });
  if (run) return run;
  throw noSuchRun(id);
}

export function noSuchRun(id: string): CommandError {
  return new CommandError(`There is no run '${id}' on a satellite of yours.`, EXIT.failed, 'NOT_FOUND');
}

/** Lines for a terminal. */
export function runText({ id, state, outputRun, quanta, explain, error, directory, worker }: ShownRun): string {
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
