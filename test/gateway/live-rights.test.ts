/** Rights that end while something goes on: transfers of a real gateway are held, and complete when the rights are back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OfferedRepository } from '../../src/access/policy.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import type { CollectionRule, Repository } from '../../src/repository/repository.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { runGateway, type GraphQLAnswer, type RunningGateway } from './running-gateway.ts';

const SEARCH = { datasetTypes: ['raw'], collections: ['HSC/raw/all'] };
const MEMBER = ['g_users', 'g_team'];
const STRANGER = ['g_users'];

/** Holds up whoever asks the configured repositories for files, once it is closed. */
class Gate {
  #arrived = Promise.withResolvers<void>();
  #open = Promise.withResolvers<void>();

  constructor() {
    this.#open.resolve();
  }

  close(): void {
    this.#arrived = Promise.withResolvers();
    this.#open = Promise.withResolvers();
  }

  open(): void {
    this.#open.resolve();
  }

  /** When somebody waits. */
  arrived(): Promise<void> {
    return this.#arrived.promise;
  }

  async pass(): Promise<void> {
    this.#arrived.resolve();
    await this.#open.promise;
  }
}

const gate = new Gate();
let directory: string;
let gateway: RunningGateway;

/** A repository behind the gate, also where it is given out in part. */
function gated(inner: Repository): Repository {
  return new Proxy(inner, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      const call = value.bind(target) as (...args: unknown[]) => unknown;
      if (key === 'readableAs') return (rule: CollectionRule) => gated(call(rule) as Repository);
      return key === 'files' ? async (...args: unknown[]) => (await gate.pass(), call(...args)) : call;
    },
  });
}

async function offer(name: string, owner?: string): Promise<OfferedRepository> {
  const repository = gated(await openDirectRepository({ name, path: sqliteRepository('official') }));
  return { name, kind: owner === undefined ? 'OFFICIAL' : 'SATELLITE', owner, repository };
}

async function start(): Promise<void> {
  gateway = await runGateway({
    limits: { recheckSeconds: 1 },
    yaml: `
state: sqlite:${join(directory, 'state.sqlite3')}
satellites: {root: ${JSON.stringify(join(directory, 'satellites'))}}`,
    offered: [await offer('dp1'), await offer('lab', 'alice')],
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'live-rights-'));
  await start();
});
beforeEach(() => gate.open());
afterEach(() => gate.open());
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function ask(user: string, groups: readonly string[], query: string, variables = {}): Promise<GraphQLAnswer> {
  const headers = {
    authorization: `Bearer ${await gateway.token(user, { groups: [...groups] })}`,
    'content-type': 'application/json',
  };
  const answer = await gateway.fetch('/graphql', {
    method: 'POST',
    headers,
    body: JSON.stringify({ query, variables }),
  });
  return { status: answer.status, headers: answer.headers, ...((await answer.json()) as object) };
}

/** The payload of a mutation that is done. */
async function change(user: string, mutation: string, input: object, fields: string, groups = MEMBER) {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  const text = `mutation ($input: ${type}!) {${mutation}(input: $input) {${fields}}}`;
  const { data, errors } = await ask(user, groups, text, { input });
  expect(errors).toBeUndefined();
  return data[mutation];
}

async function jobOf(user: string, groups: readonly string[], id: string) {
  const query = 'query ($id: ID!) {job(id: $id) {state error {code message} result log {message}}}';
  return (await ask(user, groups, query, { id })).data.job;
}

/** Waits until a job is in a state. */
const until = (wanted: string, user: string, groups: readonly string[], id: string) =>
  vi.waitFor(async () => expect((await jobOf(user, groups, id)).state).toBe(wanted), { timeout: 240_000 });

async function transfer(user: string, input: object): Promise<string> {
  const payload = await change(user, 'transferDatasets', { search: SEARCH, ...input }, 'job {id}');
  return payload.job.id as string;
}

async function count(user: string, repository: string): Promise<number> {
  const query = `query ($names: [String!]) {
    datasets(datasetTypes: ["*"], collections: ["*"], findFirst: false, repositories: $names) {totalCount}
  }`;
  const { data } = await ask(user, MEMBER, query, { names: [repository] });
  return data?.datasets?.totalCount ?? 0;
}

const make = (user: string, name: string, more: object = {}) =>
  change(user, 'createSatellite', { name, official: 'dp1', ...more }, 'satellite {name}');

describe('a transfer into the satellite of a group', () => {
  test('goes on under the new name of a group that was renamed, and not for a new group of the old name', async () => {
    // As issuers state them; the one for development states names only.
    const groups = (...all: readonly { readonly name: string; readonly id: number }[]) => all as unknown as string[];
    const [old, renamed] = [groups({ name: 'g_crew', id: 70 }), groups({ name: 'g_renamed', id: 70 })];
    const other = groups({ name: 'g_crew', id: 71 });
    await change(
      'alice',
      'createSatellite',
      { name: 'crew', official: 'dp1', group: 'g_crew' },
      'satellite {name}',
      old,
    );
    gate.close();
    const input = { search: SEARCH, to: 'alice~crew' };
    const id = (await change('carol', 'transferDatasets', input, 'job {id}', old)).job.id as string;
    await gate.arrived();
    await ask('carol', STRANGER, '{viewer {username}}');
    gate.open();
    await until('HELD', 'carol', STRANGER, id);
    await change('carol', 'retryJob', { job: id }, 'job {id}', other);
    await until('HELD', 'carol', other, id);
    await until('COMPLETED', 'carol', renamed, id);
  });

  test('is held when its user leaves the group, over a restart too, and completes when they are back', async () => {
    await make('alice', 'team', { group: 'g_team' });
    gate.close();
    const id = await transfer('bob', { to: 'alice~team' });
    await gate.arrived();
    await ask('bob', STRANGER, '{viewer {username}}');
    gate.open();
    await until('HELD', 'bob', STRANGER, id);
    const { error, log } = await jobOf('bob', STRANGER, id);
    expect(error).toEqual({ code: 'NOT_FOUND', message: expect.stringMatching(/'alice~team' does not.*by itself/) });
    expect(log).toEqual([{ message: error.message }]);
    expect(await count('alice', 'alice~team')).toBe(0);

    await gateway[Symbol.asyncDispose]();
    await start();
    expect(await jobOf('bob', STRANGER, id)).toMatchObject({ state: 'HELD' });
    await change('bob', 'retryJob', { job: id }, 'job {id}', STRANGER);
    await until('HELD', 'bob', STRANGER, id);

    await until('COMPLETED', 'bob', MEMBER, id);
    const { result } = await jobOf('bob', MEMBER, id);
    expect(result.datasets).toBeGreaterThan(0);
    expect(await count('alice', 'alice~team')).toBe(result.datasets);
    const again = await transfer('bob', { to: 'alice~team' });
    await until('COMPLETED', 'bob', MEMBER, again);
    expect((await jobOf('bob', MEMBER, again)).result).toMatchObject({ datasets: result.datasets, new: 0 });
    expect(await count('alice', 'alice~team')).toBe(result.datasets);
  });
});

describe('a transfer of what another shares', () => {
  const grant = (more: object = {}) =>
    change('alice', 'grantAccess', { satellite: 'lab', user: 'bob', ...more }, 'grant {id}').then(
      (payload) => payload.grant.id as string,
    );
  const revoke = (id: string) => change('alice', 'revokeAccess', { grant: id }, 'accessRevision');

  test.each([
    ['all of it', {}, /'alice~lab' does not exist, or is not shared/],
    ['the part of it that was asked for', { collection: 'HSC/' }, /'HSC\/raw\/all'.*If it is shared again/],
  ])('is held when the grant of %s is revoked, and completes when it is granted again', async (_what, part, reason) => {
    const name = 'collection' in part ? 'some' : 'all';
    await make('bob', name);
    const whole = await grant(part);
    // Of another part he keeps the grant.
    if (name === 'some') await grant({ collection: 'u/alice/other' });
    gate.close();
    const id = await transfer('bob', { from: 'alice~lab', to: name });
    await gate.arrived();
    await revoke(whole);
    gate.open();
    await until('HELD', 'bob', MEMBER, id);
    expect((await jobOf('bob', MEMBER, id)).error.message).toMatch(reason);
    const again = await grant(part);
    await until('COMPLETED', 'bob', MEMBER, id);
    const { result } = await jobOf('bob', MEMBER, id);
    expect(result).toMatchObject({ new: result.datasets });
    expect(await count('bob', `bob~${name}`)).toBe(result.datasets);
    await revoke(again);
  });
});
