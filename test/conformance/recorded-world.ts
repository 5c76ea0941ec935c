/**
 * The stock Butler server and gateways over the very same repositories, to put recorded requests to both.
 * `recorded/` has the requests, and which datasets their UUIDs were.
 */
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gateway, StackIssuer, startGateway } from '../../stack/gateway.ts';
import { MockGafaelfawr } from '../../stack/mock-gafaelfawr.ts';
import { buildOfficial } from '../../stack/official.ts';
import { startRemoteButler } from '../../stack/remote-butler.ts';
import { runPython } from '../../stack/run-python.ts';
import { startS3 } from '../../stack/s3.ts';
import { buildSatellite } from '../../stack/satellite.ts';

/** A request that was put to a real server, and what came of it. */
export interface Exchange {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** Whose token it had; null: none. */
  readonly as: 'alice' | 'bob' | 'noscope' | 'wrong' | null;
  readonly body?: unknown;
  /** A body that is no JSON. */
  readonly text?: string;
  readonly status: number;
  /** How many rows were given. */
  readonly rows?: number;
}

const recorded = (file: string): string => readFileSync(join(import.meta.dirname, 'recorded', file), 'utf8');

export const EXCHANGES: readonly Exchange[] = recorded('exchanges.jsonl')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Exchange);

/** How the gateway has the repositories: it reads them itself, asks the real server, or reads each behind an empty one. */
export const FACES = ['direct', 'remote', 'federated'] as const;
export type Face = (typeof FACES)[number];

export interface RecordedWorld extends AsyncDisposable {
  /** Origins by whom they are of. */
  readonly origins: Readonly<Record<Face | 'server', string>>;
  /** Puts a request with the UUIDs that the recorded datasets have here. */
  ask(whom: Face | 'server', exchange: Exchange): Promise<Response>;
}

export async function startRecordedWorld(): Promise<RecordedWorld> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'satellite-recorded-'));
  stack.defer(() => rm(directory, { recursive: true }));
  const [official, posix] = [await buildOfficial(), await buildSatellite()];
  await cp(official, directory, { recursive: true });
  const s3 = await startS3(join(directory, 's3'), ['official']);
  stack.defer(() => s3.stop());
  await runPython('test/oracle/minicam_repository.py', [directory, 's3://official/main'], s3.environment);
  const mock = stack.use(await MockGafaelfawr.start());
  mock.setUser('alice', { groups: ['g_users', 'g_dp1'] });
  mock.setUser('bob', { groups: ['g_users'] });
  const tokens = {
    alice: mock.token('alice'),
    bob: mock.token('bob'),
    noscope: mock.token('alice', { scopes: [] }),
    wrong: `gt-${'0'.repeat(22)}.${'0'.repeat(22)}`,
  };
  const groups = ['g_dp1'];
  const roots = { dp1: join(directory, 'repository'), main: join(directory, 'main'), posix };
  const server = stack.use(
    await startRemoteButler({
      repositories: { ...roots, dp1: { root: roots.dp1, groups } },
      directory,
      environment: s3.environment,
      ingress: { gafaelfawr: mock.url },
    }),
  );
  const issuer = await StackIssuer.in(directory);
  const start = async (face: Face, repositories: readonly object[], views = {}): Promise<Gateway> =>
    stack.use(
      await startGateway({
        directory: join(directory, face),
        issuer,
        gafaelfawr: mock.url,
        repositories: repositories as Readonly<Record<string, string>>[],
        configuration: { views },
        environment: s3.environment,
      }),
    );
  const direct = (prefix = '') =>
    Object.entries(roots).map(([name, path]) => {
      return { name: `${prefix}${name}`, kind: 'direct', path, ...(name === 'dp1' && { groups }) };
    });
  const remote = Object.keys(roots).map((name) => {
    return { name, kind: 'remote', url: `${server.url}/${name}`, token: 'delegated' };
  });
  const behind = Object.fromEntries(Object.keys(roots).map((name) => [name, ['empty', `one-${name}`]]));
  const empty = { name: 'empty', kind: 'direct', path: join(directory, 'empty') };
  const origins = {
    server: new URL(server.url).origin,
    direct: (await start('direct', direct())).url,
    remote: (await start('remote', remote)).url,
    federated: (await start('federated', [empty, ...direct('one-')], behind)).url,
  };
  const uuids = new Map<string, string>();
  const renamed = (said: string): string => said.replaceAll(UUID, (uuid) => uuids.get(uuid) ?? uuid);
  const ask = (whom: Face | 'server', { method, path, as, body, text }: Exchange): Promise<Response> => {
    const given = body === undefined ? text : JSON.stringify(body);
    return fetch(origins[whom] + renamed(path), {
      method,
      redirect: 'manual',
      headers: {
        ...(as !== null && { authorization: `Bearer ${tokens[as]}` }),
        ...(given !== undefined && { 'content-type': 'application/json' }),
      },
      ...(given !== undefined && { body: renamed(given) }),
    });
  };
  for (const [recordedAs, uuid] of await uuidsHere((exchange) => ask('server', exchange))) uuids.set(recordedAs, uuid);
  const owned = stack.move();
  return { origins, ask, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

interface Row {
  readonly id: string;
  readonly run: string;
  readonly datasetType: { readonly name: string };
  readonly dataId: { readonly dataId: Readonly<Record<string, unknown>> };
}

/** By their recorded UUIDs, those that the datasets of the same type, run and data ID have here. */
async function uuidsHere(ask: (exchange: Exchange) => Promise<Response>): Promise<ReadonlyMap<string, string>> {
  type Dataset = readonly [string, string, Readonly<Record<string, unknown>>];
  const datasets = Object.entries(JSON.parse(recorded('datasets.json')) as Record<string, Dataset>);
  const uuids = new Map<string, string>();
  for (const [repository, name] of [
    ['dp1', '*'],
    ['main', 'mini_*'],
    ['posix', 'visit_notes'],
  ] as const) {
    const body = { collections: ['*'], name: [name], find_first: false, data_id: {}, where: '', bind: {} };
    const path = `/api/butler/repo/${repository}/v1/query/all_datasets`;
    const all = { name: '', method: 'POST', path, as: 'alice', status: 200 } as const;
    const answer = await ask({ ...all, body: { ...body, limit: null, with_dimension_records: false } });
    const rows = (await answer.text())
      .trimEnd()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as { rows: Row[] }).rows);
    for (const [recordedUuid, [type, run, dataId]] of datasets) {
      const same = rows.find(
        (row) =>
          row.datasetType.name === type &&
          row.run === run &&
          Object.entries(dataId).every(([key, value]) => row.dataId.dataId[key] === value),
      );
      if (same) uuids.set(recordedUuid, same.id);
    }
  }
  return uuids;
}
