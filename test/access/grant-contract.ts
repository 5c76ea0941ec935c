/** Grants and the audit trail as the state keeps them, on both databases. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AuditTrail } from '../../src/access/audit.ts';
import { GrantStore, type NewGrant } from '../../src/access/grant-store.ts';
import { ACCESS_TABLES } from '../../src/access/tables.ts';
import type { Subject } from '../../src/access/grants.ts';
import type { Identity } from '../../src/access/principal.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';
import { prepareTables } from '../../src/state/tables.ts';

const LIMIT = AbortSignal.timeout(20 * 60_000);
const MINE = 'satellite:mine';
const bob: Identity = { username: 'bob', groups: [] };
const line = { actor: 'alice', action: 'grantAccess', resource: MINE, resourceName: 'alice~mine', detail: {} };

function granting(subject: Subject, changes: Partial<NewGrant> = {}): NewGrant {
  const all = {
    resource: MINE,
    collection: null,
    right: 'READ',
    grantedBy: 'alice',
    expiresAt: null,
    note: null,
  } as const;
  return { ...all, subject, ...changes };
}
const toBob: Subject = { kind: 'user', name: 'bob' };

/** @param emptyState an empty state's address */
export function describeGrants(name: string, emptyState: (directory: string) => Promise<string>): void {
  describe(`grants on ${name}`, () => {
    let directory: string;
    let url: string;
    let now = 1_000;
    const opened: State[] = [];
    /** What one gateway of several knows. */
    const gateway = async () => {
      const state = await openState(url, LIMIT);
      opened.push(state);
      await prepareTables(state.database, ACCESS_TABLES, LIMIT);
      return {
        state,
        grants: new GrantStore(state.database, () => now),
        audit: new AuditTrail(state.database, () => now),
      };
    };

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'grants-'));
    });
    beforeEach(async () => {
      url = await emptyState(await mkdtemp(join(directory, 'state-')));
      now = 1_000;
    });
    afterEach(() => Promise.all(opened.splice(0).map((state) => state.close())));
    afterAll(() => rm(directory, { recursive: true, force: true }));

    test('count, and cease to, for the next question to any gateway', async () => {
      const [here, there] = [await gateway(), await gateway()];
      const seen = async () =>
        Promise.all([here, there].map(async ({ grants }) => (await grants.rightsOf(bob)).on(MINE).everything));
      expect(await seen()).toEqual([false, false]);
      const { grant, revision } = await here.grants.add(granting(toBob), line);
      expect(await seen()).toEqual([true, true]);
      const revoked = await there.grants.revoke(grant.id, line);
      expect(revoked.revision).toBe(revision + 1);
      expect(await seen()).toEqual([false, false]);
    });

    test('end at their time without anyone doing anything', async () => {
      const { grants } = await gateway();
      await grants.add(granting(toBob, { expiresAt: 2_000 }), line);
      await grants.add(granting(toBob, { collection: 'x', expiresAt: 3_000 }), line);
      const seen = async () => {
        const rights = (await grants.rightsOf(bob)).on(MINE);
        return [rights.everything, rights.allows('x')];
      };
      expect(await seen()).toEqual([true, true]);
      now = 2_000;
      expect(await seen()).toEqual([false, true]);
      now = 3_000;
      expect(await seen()).toEqual([false, false]);
      expect(await grants.on(MINE)).toEqual([]);
    });

    test('are for users, groups by id and by name, and all', async () => {
      const { grants } = await gateway();
      const to = (collection: string, subject: Subject) => grants.add(granting(subject, { collection }), line);
      await to('user', toBob);
      await to('id', { kind: 'group', name: 'old', id: 7 });
      await to('name', { kind: 'group', name: 'plain', id: null });
      await to('all', { kind: 'all_users' });
      const seen = async (who: Identity) => {
        const rights = (await grants.rightsOf(who)).on(MINE);
        return ['user', 'id', 'name', 'all'].filter((collection) => rights.allows(collection));
      };
      expect(await seen(bob)).toEqual(['user', 'all']);
      expect(await seen({ username: 'x', groups: ['new'], groupIds: new Map([['new', 7]]) })).toEqual(['id', 'all']);
      expect(await seen({ username: 'x', groups: ['old'], groupIds: new Map([['old', 8]]) })).toEqual(['all']);
      expect(await seen({ username: 'x', groups: ['old', 'plain'] })).toEqual(['id', 'name', 'all']);
    });

    test('that are given again keep their identifier, and take the new end and note', async () => {
      const { grants } = await gateway();
      const first = await grants.add(granting(toBob, { note: 'a' }), line);
      const again = await grants.add(granting(toBob, { note: 'b', expiresAt: 5_000 }), line);
      expect(again.grant).toEqual({ ...first.grant, note: 'b', expiresAt: 5_000 });
      expect(await grants.on(MINE)).toHaveLength(1);
      await grants.revoke(first.grant.id, line);
      const anew = await grants.add(granting(toBob), line);
      expect(anew.grant.id).not.toBe(first.grant.id);
      await expect(grants.revoke('nothing', line)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    test('that are suspended come back once, and not where they were revoked or granted anew meanwhile', async () => {
      const { grants, audit } = await gateway();
      const ids: string[] = [];
      for (const collection of ['kept', 'revoked', 'anew', 'before']) {
        ids.push((await grants.add(granting(toBob, { collection }), line)).grant.id);
      }
      const [, revoked, , before] = ids;
      await grants.revoke(before!, line);
      for (const id of ids) await grants.suspend(id, 'work', line);
      const seen = async () => (await grants.on(MINE)).map(({ id, collection }) => [id, collection]);
      expect(await seen()).toEqual([]);
      await grants.revoke(revoked!, line);
      const { grant } = await grants.add(granting(toBob, { collection: 'anew' }), line);
      const entries = (await audit.page({ resource: MINE }, 100, null)).length;
      await grants.giveBack('other work', () => line);
      await grants.giveBack('work', () => line);
      const there = [
        [ids[0], 'kept'],
        [grant.id, 'anew'],
      ];
      expect((await seen()).sort()).toEqual(there.sort());
      expect((await grants.rightsOf(bob)).on(MINE).allows('kept')).toBe(true);
      expect(await audit.page({ resource: MINE }, 100, null)).toHaveLength(entries + 1);
      await grants.revoke(ids[0]!, line);
      await grants.giveBack('work', () => line);
      expect(await seen()).toEqual([[grant.id, 'anew']]);
    });

    test('given by many at once get one revision each, and a line of the audit trail each', async () => {
      const gateways = [await gateway(), await gateway()];
      const changes = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          gateways[i % 2]!.grants.add(granting(toBob, { collection: `c${i % 5}` }), line),
        ),
      );
      expect(changes.map(({ revision }) => revision).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
      expect(await gateways[0]!.grants.on(MINE)).toHaveLength(5);
      expect(await gateways[1]!.audit.page({ resource: MINE }, 100, null)).toHaveLength(20);
    });

    test('are 20 000 on one resource at most', async () => {
      const { grants, state } = await gateway();
      const rows = Array.from({ length: 20_000 }, (_, i) => [`g${i}`, MINE, `c${i}`, 'user', 'bob', 'READ', 'x', 0n]);
      const columns = 'id, resource, collection, subject_kind, subject, access_right, granted_by, granted_at';
      await state.database.transaction(
        (transaction) => transaction.insert({ table: 'access_grant', columns: columns.split(', '), rows }),
        LIMIT,
      );
      await expect(grants.add(granting(toBob), line)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
      // One that is there can still be changed.
      expect((await grants.add(granting(toBob, { collection: 'c7', note: 'n' }), line)).grant.id).toBe('g7');
      await grants.revoke('g7', line);
      await grants.add(granting(toBob), line);
    });

    test('by one user do not take up all that many may make on what is published', async () => {
      const { grants, state } = await gateway();
      const shared = 'repository:published';
      const rows = Array.from({ length: 4000 }, (_, i) => [
        `g${i}`,
        shared,
        `c${i}`,
        'user',
        'bob',
        'READ',
        'alice',
        0n,
      ]);
      const columns = 'id, resource, collection, subject_kind, subject, access_right, granted_by, granted_at';
      await state.database.transaction(
        (transaction) => transaction.insert({ table: 'access_grant', columns: columns.split(', '), rows }),
        LIMIT,
      );
      const one = granting(toBob, { resource: shared, isOfMany: true });
      await expect(grants.add(one, line)).rejects.toMatchObject({
        code: 'QUOTA_EXCEEDED',
        message: expect.stringContaining("by 'alice'") as string,
      });
      await grants.add({ ...one, grantedBy: 'dave' }, line);
      await grants.revoke('g7', line);
      await grants.add({ ...one, collection: 'c' }, line);
      // What publications grant of alice's is beside that, and so is what only its owner shares.
      const note = 'publication 0d4bd8d3-6d1e-4f5f-9f0e-9a0f6a8a3c11';
      await grants.revoke('g8', line);
      for (const collection of ['p', 'q']) await grants.add({ ...one, isOfMany: false, collection, note }, line);
      await grants.add({ ...one, collection: 'd' }, line);
      await expect(grants.add({ ...one, collection: 'e' }, line)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    });

    test('among 10 000 of others are found by an index', async () => {
      const { grants, state } = await gateway();
      const rows = Array.from({ length: 10_000 }, (_, i) => {
        return [
          `g${i}`,
          `satellite:s${i % 50}`,
          `u/x/${i}/`,
          'user',
          `user${i}`,
          null,
          'READ',
          'x',
          0n,
          null,
          null,
          null,
        ];
      });
      const columns =
        'id, resource, collection, subject_kind, subject, group_id, access_right, granted_by, granted_at, expires_at, note, revoked_at';
      await state.database.transaction(
        (transaction) => transaction.insert({ table: 'access_grant', columns: columns.split(', '), rows }),
        LIMIT,
      );
      const groups = Array.from({ length: 200 }, (_, i) => `g_${i}`);
      const groupIds = new Map(groups.map((group, i) => [group, i]));
      const rights = await grants.rightsOf({ username: 'user7', groups, groupIds });
      expect(rights.resources).toEqual(['satellite:s7']);
      if (state.database.dialect !== 'sqlite') return;
      const table = state.database.table('access_grant');
      const plan = await state.database.all(
        sql`EXPLAIN QUERY PLAN SELECT id FROM ${table} WHERE subject_kind = 'group' AND subject IN (SELECT value FROM json_each('["a"]')) AND revoked_at IS NULL`,
        LIMIT,
      );
      expect(JSON.stringify(plan)).toContain('access_grant_by_subject');
    });
  });

  describe(`the audit trail on ${name}`, () => {
    test('is read in pages, the newest first, each line once', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'audit-'));
      let now = 0;
      const state = await openState(await emptyState(directory), LIMIT);
      try {
        await prepareTables(state.database, ACCESS_TABLES, LIMIT);
        const audit = new AuditTrail(state.database, () => now);
        for (let i = 0; i < 25; i++) {
          // Several lines of the same moment.
          now = Math.floor(i / 3);
          await audit.append({ ...line, actor: i % 2 ? 'alice' : 'bob', detail: { i } });
        }
        const found = [];
        for (let after = null; ;) {
          const page = await audit.page('all', 7, after);
          found.push(...page);
          if (page.length < 7) break;
          after = page.at(-1)!;
        }
        expect(new Set(found.map(({ detail }) => detail['i'])).size).toBe(25);
        expect(found.map(({ at }) => at)).toEqual(found.map(({ at }) => at).toSorted((a, b) => b - a));
        expect(await audit.page({ actor: 'bob' }, 100, null)).toHaveLength(13);
        expect(await audit.page({ resource: 'satellite:other' }, 100, null)).toEqual([]);
      } finally {
        await state.close();
        await rm(directory, { recursive: true });
      }
    });
  });
}
