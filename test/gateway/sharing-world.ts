/** A gateway with three users: alice owns a satellite, bob is granted things, carol has nothing. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { runGateway, type GraphQLAnswer, type RunningGateway, type RunningGatewayOptions } from './running-gateway.ts';

/** Groups of each user. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  alice: ['g_users', 'g_lensing'],
  dave: ['g_users', 'g_lensing'],
};

export interface SharingWorld extends AsyncDisposable {
  readonly gateway: RunningGateway;
  /** Names in `query` are told by variables. */
  ask(user: string, query: string, variables?: object): Promise<GraphQLAnswer>;
  /** The payload of a mutation. */
  change(user: string, mutation: string, input: object, fields: string): Promise<GraphQLAnswer>;
  /** The same, which must be done; jobs are waited for. */
  done(user: string, mutation: string, input: object, fields?: string): Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  fetch(user: string, path: string, init?: RequestInit): Promise<Response>;
  /** Identifiers of grants by alice. */
  grant(input: object): Promise<string>;
  revoke(grant: string): Promise<void>;
  /**
   * Puts a dataset of detector 0, 1, … into a RUN of alice’s satellite.
   * @param type more of their dataset type than the default
   * @returns UUIDs
   */
  ingest(
    satellite: string,
    run: string,
    count: number,
    type?: { readonly name?: string; readonly isCalibration?: boolean },
  ): Promise<readonly string[]>;
}

export interface SharingOptions extends Omit<RunningGatewayOptions, 'offered'> {
  /** Groups of more users. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
}

export async function openSharing(options: SharingOptions = {}): Promise<SharingWorld> {
  const { yaml = 'satellites: {root: ./satellites}', groups = {}, ...rest } = options;
  const gateway = await runGateway({
    ...rest,
    yaml: yaml.includes('repositories:')
      ? yaml
      : `${yaml}
repositories:
  - {name: dp1, kind: direct, path: ${JSON.stringify(sqliteRepository('official'))}}`,
  });
  const fetchAs = async (user: string, path: string, init: RequestInit = {}) => {
    const authorization = `Bearer ${await gateway.token(user, { groups: groups[user] ?? GROUPS[user] ?? ['g_users'] })}`;
    return gateway.fetch(path, { ...init, headers: { authorization, ...init.headers } });
  };
  const ask = async (user: string, query: string, variables: object = {}): Promise<GraphQLAnswer> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ query, variables });
    const answer = await fetchAs(user, '/graphql', { method: 'POST', headers, body });
    return { status: answer.status, headers: answer.headers, ...((await answer.json()) as object) };
  };
  const change = (user: string, mutation: string, input: object, fields: string) => {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    return ask(user, `mutation ($input: ${type}!) {${mutation}(input: $input) {${fields}}}`, { input });
  };
  const done: SharingWorld['done'] = async (user, mutation, input, fields = 'job {id}') => {
    const answer = await change(user, mutation, input, fields);
    expect(answer.errors).toBeUndefined();
    const payload = answer.data[mutation];
    if (!payload.job) return payload;
    for (;;) {
      const { data } = await ask(user, 'query ($id: ID!) {job(id: $id) {state error {message} result}}', {
        id: payload.job.id as string,
      });
      if (data.job.state === 'COMPLETED') return { ...payload, job: data.job };
      expect(['QUEUED', 'RUNNING']).toContain(data.job.error?.message ?? data.job.state);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return {
    gateway,
    ask,
    change,
    done,
    fetch: fetchAs,
    grant: async (input) => (await done('alice', 'grantAccess', input, 'grant {id}')).grant.id as string,
    revoke: async (grant) => void (await done('alice', 'revokeAccess', { grant }, 'accessRevision')),
    async ingest(satellite, run, count, more = {}) {
      const type = { satellite, name: 'note', dimensions: ['detector'], storageClass: 'StructuredDataDict', ...more };
      await done('alice', 'registerDatasetType', type, 'datasetType {name}');
      const files = Array.from({ length: count }, (_, detector) => {
        const bytes = `run: ${run}`;
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const dataId = { instrument: 'HSC', detector };
        return { bytes, dataId, upload: { fileName: `note-${detector}.yaml`, size: bytes.length, sha256 } };
      });
      const asked = {
        satellite,
        datasetType: type.name,
        run,
        files: files.map(({ dataId, upload }) => ({ dataId, upload })),
      };
      const { upload } = await done('alice', 'ingestDatasets', asked, 'upload {id files {url}}');
      for (const [i, { url }] of (upload.files as { url: string }[]).entries()) {
        expect((await fetch(url, { method: 'PUT', body: files[i]!.bytes })).status).toBe(204);
      }
      await done('alice', 'ingestDatasets', { satellite, commit: upload.id as string });
      const { data } = await ask(
        'alice',
        `query ($in: [String!], $run: String!, $type: String!) {
          datasets(datasetTypes: [$type], collections: [$run], repositories: $in) {nodes {uuid}}
        }`,
        { in: [satellite], run, type: type.name },
      );
      return (data.datasets.nodes as { uuid: string }[]).map(({ uuid }) => uuid);
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}
