import { createClient } from 'graphql-sse';
import type { Job } from '../../src/jobs/job.ts';
import type { GraphQLAnswer, RunningGateway } from './running-gateway.ts';

/** A job of alice's, for gateways whose jobs are a test's own. */
export const RUNNING: Job = {
  id: 'j1',
  kind: 'transferDatasets',
  owner: 'alice',
  subject: null,
  state: 'RUNNING',
  progress: { done: 0, total: 10, unit: 'datasets' },
  error: null,
  result: null,
  createdAt: 0,
  finishedAt: null,
};

/** Identifier of the job that a mutation started. */
export function jobOf({ data, errors }: GraphQLAnswer, mutation: string): string {
  if (errors) throw new Error(errors.map(({ message }) => message).join('\n'));
  return data[mutation].job.id as string;
}

interface ObservedJob {
  readonly state: string;
  readonly progress: { readonly done: number };
  readonly error: unknown;
  readonly result: unknown;
}

/** Watches a job over Server-Sent Events until it has ended. @returns it then */
export async function watched(gateway: RunningGateway, id: string): Promise<ObservedJob> {
  const client = createClient({
    url: `${gateway.url}/graphql/stream`,
    headers: async () => ({ authorization: `Bearer ${await gateway.token()}` }),
    retryAttempts: 0,
  });
  const query = 'subscription ($id: ID!) {jobProgress(id: $id) {state progress {done} error {code message} result}}';
  let last: ObservedJob | undefined;
  for await (const { data, errors } of client.iterate<{ jobProgress: ObservedJob }>({ query, variables: { id } })) {
    if (errors) throw new Error(JSON.stringify(errors));
    last = data?.jobProgress;
  }
  client.dispose();
  if (!last) throw new Error('the subscription ended without a word');
  return last;
}
