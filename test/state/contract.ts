/** What the gateway's state keeps, on both databases. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Revocations, REVOCATION_TABLES, SEEN_AFTER_SECONDS } from '../../src/access/revocations.ts';
import type { SqlValue } from '../../src/repository/direct/database.ts';
import { RUN_TABLES } from '../../src/run/store.ts';
import { SATELLITE_TABLES } from '../../src/satellite/tables.ts';
import { MadeFrom } from '../../src/satellite/made-from.ts';
import { createLeases } from '../../src/state/leases.ts';
import { openState } from '../../src/state/open.ts';
import type { State, StateTables } from '../../src/state/state.ts';
import { prepareTables } from '../../src/state/tables.ts';

const LIMIT = AbortSignal.timeout(20 * 60_000);

/** Of a lease where none is given, ms. */
const LENGTH = 30_000;

/** As if a lease had not been renewed for its length. */
async function expire(database: State['database'], resource: string): Promise<void> {
  const statement = sql`UPDATE ${database.table('lease')} SET expires_at = 0 WHERE resource = ${resource}`;
  await database.transaction((transaction) => transaction.run(statement), LIMIT);
}

async function expiryOf(database: State['database'], resource: string): Promise<number> {
  const statement = sql`SELECT expires_at FROM ${database.table('lease')} WHERE resource = ${resource}`;
  return Number((await database.all(statement, LIMIT))[0]![0]);
}

/** @param emptyState an empty state's address */
export function describeState(name: string, emptyState: (directory: string) => Promise<string>): void {
  describe(`the gateway's state on ${name}`, () => {
    let directory: string;
    let url: string;
    const opened: State[] = [];
    const open = async () => {
      const state = await openState(url, LIMIT);
      opened.push(state);
      return state;
    };

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'state-'));
      url = await emptyState(directory);
    });
    afterEach(() => Promise.all(opened.splice(0).map((state) => state.close())));
    afterAll(() => rm(directory, { recursive: true, force: true }));

    test('a token that one gateway revokes is refused by the others within their stated age', async () => {
      const [one, other] = [await open(), await open()];
      await prepareTables(one.database, REVOCATION_TABLES, LIMIT);
      const [here, there] = [new Revocations(one), new Revocations(other)];
      const now = Math.floor(Date.now() / 1000);
      vi.useFakeTimers({ toFake: ['Date'] });
      try {
        expect(await there.isRevoked('alice', { iat: now - 60 })).toBe(false);
        await here.revoke('alice');
        await here.revoke('bob', 'one');
        expect(await here.isRevoked('alice', { iat: now - 60 })).toBe(true);
        vi.advanceTimersByTime(SEEN_AFTER_SECONDS * 1000);
        expect(await there.isRevoked('alice', { iat: now - 60 })).toBe(true);
        expect(await there.isRevoked('alice', {})).toBe(true);
        expect(await there.isRevoked('alice', { iat: now + 3600 })).toBe(false);
        expect(await there.isRevoked('bob', { iat: now, jti: 'one' })).toBe(true);
        expect(await there.isRevoked('bob', { iat: now, jti: 'two' })).toBe(false);
      } finally {
        vi.useRealTimers();
      }
    });

    test('several gateways that start at once make it once, and share its secret', async () => {
      const states = await Promise.all([open(), open(), open()]);
      const sealed = states[0].secret.seal('token', 'text');
      expect(states.map(({ secret }) => secret.unseal('token', sealed))).toEqual(['text', 'text', 'text']);
    });

    test('tables of a domain are made once, brought forward, and refused from a newer gateway', async () => {
      const create = `CREATE TABLE {note} (id TEXT NOT NULL PRIMARY KEY)`;
      const first: StateTables = { domain: 'notes', versions: [[create]] };
      const add = `ALTER TABLE {note} ADD COLUMN text TEXT`;
      const second: StateTables = { domain: 'notes', versions: [[create], [add]] };
      const states = await Promise.all([open(), open()]);
      const { database } = states[0];
      await Promise.all(states.map((state) => prepareTables(state.database, first, LIMIT)));
      const insert = sql`INSERT INTO ${database.table('note')} (id) VALUES ('kept')`;
      await database.transaction((transaction) => transaction.run(insert), LIMIT);
      await Promise.all(states.map((state) => prepareTables(state.database, second, LIMIT)));
      expect(await database.all(sql`SELECT id, text FROM ${database.table('note')}`, LIMIT)).toEqual([['kept', null]]);
      await expect(prepareTables(database, first, LIMIT)).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    test.each([
      ['satellites', [SATELLITE_TABLES, RUN_TABLES]],
      ['runs', [RUN_TABLES, SATELLITE_TABLES]],
    ])('what satellites were made from before there was a record of it is kept, %s first', async (first, domains) => {
      const { database } = await openState(await emptyState(await mkdtemp(join(directory, first))), LIMIT);
      const older = domains.map((tables) => ({ ...tables, versions: tables.versions.slice(0, -1) }));
      for (const tables of older) await prepareTables(database, tables, LIMIT);
      const satellite = { id: 'i', owner: 'alice', name: 'old', official: 'dp1', database_kind: 'SQLITE' };
      const rest = { artifacts: '', state: 'READY', capability_urls: 0n, capability_version: 0n, created_at: 0n };
      const run = {
        id: 'built',
        owner: 'alice',
        satellite: 'alice~old',
        satellite_id: 'i',
        state: 'BUILT',
        stage: null,
      };
      const spec = JSON.stringify({ repositories: ['dp2', 'bob~his'] });
      const texts = { quanta: 'null', explanation: 'null', error: 'null', request: 'null' };
      const times = { attempt: 0n, created_at: 0n, changed_at: 0n, version: 0n };
      const common = { ...run, ...texts, ...times };
      const runs = [
        { ...common, spec, reached: 'BUILT', directory: 'a' },
        { ...common, id: 'asked', spec: JSON.stringify({ repositories: ['dp3'] }), reached: 'CREATED', directory: 'b' },
        { ...common, id: 'of', satellite: 'bob~his', satellite_id: null, spec, reached: 'COMPLETED', directory: 'c' },
      ];
      await database.transaction(async (transaction) => {
        const insert = (table: string, row: Record<string, SqlValue>) =>
          transaction.insert({ table, columns: Object.keys(row), rows: [Object.values(row)] });
        await insert('satellite', { ...satellite, ...rest, request: '{}' });
        for (const row of runs) await insert('run', row);
      }, LIMIT);
      for (const tables of domains) await prepareTables(database, tables, LIMIT);
      const madeFrom = new MadeFrom(database);
      const of = async (repository: string, satelliteId: string | null) =>
        [...(await madeFrom.of({ repository, satelliteId }))].sort();
      expect(await of('alice~old', 'i')).toEqual(['bob~his', 'dp1', 'dp2']);
      expect(await of('alice~old', 'anew')).toEqual([]);
      expect(await of('bob~his', null)).toEqual(['bob~his', 'dp2']);
      await database.close();
    });

    test('a change of tables that fails leaves them as they were', async () => {
      const { database } = await open();
      const create = `CREATE TABLE {broken} (id TEXT NOT NULL PRIMARY KEY)`;
      const broken: StateTables = { domain: 'broken', versions: [[create], ['CREATE NONSENSE']] };
      await expect(prepareTables(database, broken, LIMIT)).rejects.toThrow();
      await prepareTables(database, { domain: 'broken', versions: [[create]] }, LIMIT);
      expect(await database.all(sql`SELECT id FROM ${database.table('broken')}`, LIMIT)).toEqual([]);
    });

    test('a lease has one holder, and tokens that grow', async () => {
      const [one, other] = await Promise.all([open(), open()]);
      const tries = await Promise.allSettled(
        [one, other, one].map((state) => createLeases(state).acquire('r', 0, LIMIT)),
      );
      const held = tries.filter((attempt) => attempt.status === 'fulfilled').map(({ value }) => value);
      const refused = tries.filter((attempt) => attempt.status === 'rejected').map(({ reason }) => reason as unknown);
      expect(held).toMatchObject([{ token: 1, afterRelease: false }]);
      expect(refused).toMatchObject([{ code: 'CONFLICT' }, { code: 'CONFLICT' }]);
      await held[0]!.confirm();
      const waiting = createLeases(other).acquire('r', 60_000, LIMIT);
      await held[0]!.release();
      const next = await waiting;
      expect(next).toMatchObject({ token: 2, afterRelease: true });
      await expect(held[0]!.confirm()).rejects.toMatchObject({ code: 'CONFLICT' });
      await next.confirm();
      await next.abandon();
      const last = await createLeases(one).acquire('r', 0, LIMIT);
      expect(last).toMatchObject({ token: 3, afterRelease: false });
      await last.release();
    });

    test('a holder that goes on working keeps its lease beyond its length', async () => {
      const { database } = await open();
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      try {
        const lease = await createLeases({ database }).acquire('kept', 0, LIMIT);
        for (let i = 0; i < 2; i += 1) {
          await expire(database, 'kept');
          vi.advanceTimersByTime(LENGTH / 3);
          await expect.poll(() => expiryOf(database, 'kept')).toBeGreaterThan(0);
          const other = createLeases({ database }).acquire('kept', 0, LIMIT);
          await expect(other).rejects.toMatchObject({ code: 'CONFLICT' });
        }
        expect(lease.signal.aborted).toBe(false);
        await lease.release();
      } finally {
        vi.useRealTimers();
      }
    });

    test('a holder that was paused and overtaken finds out when it goes on', async () => {
      const program = fileURLToPath(new URL('lease-process.ts', import.meta.url));
      const child = spawn(process.execPath, [program, url], { stdio: ['pipe', 'pipe', 'inherit'] });
      try {
        const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
        expect((await lines.next()).value).toBe('1');
        child.stdin.write('confirm\n');
        expect((await lines.next()).value).toBe('held');
        // It is in no transaction then, which would lock others out: its lease is renewed after ten seconds.
        child.kill('SIGSTOP');
        const { database } = await open();
        await expire(database, 'satellite:alice~mine');
        const lease = await createLeases({ database }).acquire('satellite:alice~mine', 0, LIMIT);
        expect(lease).toMatchObject({ token: 2, afterRelease: false });
        child.stdin.write('confirm\n');
        child.kill('SIGCONT');
        expect((await lines.next()).value).toBe('CONFLICT');
        await lease.confirm();
        await lease.release();
      } finally {
        child.kill('SIGKILL');
      }
    });
  });
}
