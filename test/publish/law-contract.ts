/** The law of publications in the state: whatever many users do at once, only what was reviewed is approved. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import { PUBLICATION_STATES, type PublicationState, type PublicationVersion } from '../../src/publish/publication.ts';
import { PublicationRecords } from '../../src/publish/records.ts';
import { remind } from '../../src/publish/reminders.ts';
import type { PublishedSettings } from '../../src/publish/settings.ts';
import { PUBLICATION_TABLES } from '../../src/publish/tables.ts';
import * as law from '../../src/publish/transitions.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';
import { prepareTables } from '../../src/state/tables.ts';
import fc, { runs } from '../sample.ts';

const LIMIT = AbortSignal.timeout(20 * 60_000);
const OWNERS = ['alice', 'dave'];
const REVIEWERS = ['curator', 'second', 'dave'];
const USERS = [...new Set([...OWNERS, ...REVIEWERS, 'bob'])];
const DAY = 86_400_000;
const log = { warn: () => undefined };

type Operation =
  | { readonly kind: 'claim' | 'requestChanges' | 'reject' | 'withdraw' | 'resubmit'; readonly user: string }
  | { readonly kind: 'approve'; readonly user: string; readonly isOldDigest: boolean; readonly confirmRestart: boolean }
  | { readonly kind: 'work'; readonly to: PublicationState }
  | { readonly kind: 'wait'; readonly days: number };

const user = fc.constantFrom(...USERS);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constantFrom('claim', 'requestChanges', 'reject', 'withdraw', 'resubmit'), user }),
  fc.record({
    kind: fc.constant('approve' as const),
    user,
    isOldDigest: fc.boolean(),
    confirmRestart: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('work' as const), to: fc.constantFrom(...PUBLICATION_STATES) }),
  fc.record({ kind: fc.constant('wait' as const), days: fc.constantFrom(1, 4) }),
);

/** What a version was when it came into a state. */
interface Taken {
  readonly before: PublicationVersion;
  readonly after: PublicationVersion;
  readonly by: string | null;
}

/** @param emptyState an empty state's address */
export function describeLaw(name: string, emptyState: (directory: string) => Promise<string>): void {
  describe(`publications on ${name}`, () => {
    let directory: string;
    let state: State;
    let now = 1;
    let records: PublicationRecords;
    let made = 0;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'law-'));
      state = await openState(await emptyState(directory), LIMIT);
      await prepareTables(state.database, PUBLICATION_TABLES, LIMIT);
      records = new PublicationRecords(state.database, [], () => now);
    }, 300_000);
    afterAll(async () => {
      await state.close();
      await rm(directory, { recursive: true, force: true });
    });

    const digestOf = (publication: string, version: number) => `${publication} ${version}`;
    const fresh = (publication: string, version: number): PublicationVersion => ({
      publication,
      version,
      state: 'DRAFT',
      revision: 1,
      repository: 'published',
      owner: 'alice',
      group: null,
      groupId: null,
      submittedBy: OWNERS[version % 2]!,
      source: { repository: 'alice~mine', satelliteId: 'id', collections: ['u/alice/run'], search: null, groups: [] },
      title: 'x',
      description: null,
      licence: null,
      readers: { allUsers: true, groups: [], users: [] },
      digest: null,
      checks: [],
      datasets: 0,
      bytes: 0,
      reason: null,
      claimedBy: null,
      claimedUntil: null,
      approvedBy: null,
      approvedDigest: null,
      restartConfirmed: false,
      generation: null,
      withdrawnBy: null,
      goneSince: null,
      job: null,
      createdAt: now,
      submittedAt: null,
      changedAt: now,
    });
    const actorOf = (who: string, { submittedBy }: PublicationVersion): law.Actor => ({
      username: who,
      owns: who === 'alice' || who === submittedBy,
      takesPart: who === 'alice' || who === submittedBy,
      reviews: REVIEWERS.includes(who),
    });

    /** What somebody decides on what they have seen; undefined: it is refused, or nothing is to be done. */
    const decide = (one: Operation, seen: PublicationVersion): law.Step | undefined => {
      if (one.kind === 'wait' || one.kind === 'resubmit') return undefined;
      if (one.kind === 'work') {
        if (!law.canBecome(seen, one.to)) return undefined;
        // As `submitPublication` does: what is submitted has its manifest's digest.
        const digest = digestOf(seen.publication, seen.version);
        if (one.to === 'SUBMITTED') return { state: one.to, digest, submittedAt: now };
        // By the rule for what only the owning group reads.
        return { state: one.to, ...(one.to === 'APPROVED' && { approvedDigest: seen.digest }) };
      }
      const actor = actorOf(one.user, seen);
      try {
        switch (one.kind) {
          case 'claim':
            return law.claim(seen, actor, now);
          case 'requestChanges':
            return law.requestChanges(seen, actor, 'mend it', now);
          case 'reject':
            return law.reject(seen, actor, 'no', now);
          case 'withdraw':
            return law.withdraw(seen, actor, 'an error');
          case 'approve': {
            const digest = digestOf(seen.publication, one.isOldDigest ? seen.version - 1 : seen.version);
            return law.approve(seen, actor, { digest, confirmRestart: one.confirmRestart }, now);
          }
        }
      } catch (error) {
        expect(error).toBeInstanceOf(SatelliteError);
        return undefined;
      }
    };

    const perform = async (one: Operation, seen: PublicationVersion, taken: Taken[]): Promise<void> => {
      if (one.kind === 'wait') {
        now += one.days * DAY;
        return;
      }
      if (one.kind === 'resubmit') {
        try {
          law.checkResubmission(seen, actorOf(one.user, seen));
        } catch {
          return;
        }
        await records.addNext(fresh(seen.publication, seen.version + 1), seen);
        return;
      }
      const step = decide(one, seen);
      if (!step) return;
      const by = one.kind === 'work' ? null : one.user;
      const after = await records.change(seen, step, { event: step.state ?? 'CONFIRMED', actor: by, detail: {} });
      if (after) taken.push({ before: seen, after, by });
    };

    test('are approved by a reviewer who does not own them, once, and as they were submitted, whatever users do at once', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(operation, { minLength: 1, maxLength: 5 }), { minLength: 5, maxLength: 25 }),
          async (rounds) => {
            now = 1;
            const id = `p${(made += 1)}`;
            await records.add(fresh(id, 1));
            const taken: Taken[] = [];
            for (const round of rounds) {
              // All of a round have seen the same.
              const seen = (await records.get(id))!;
              const before = taken.length;
              await Promise.all(round.map((one) => perform(one, seen, taken)));
              // One of them at most did something.
              expect(taken.length - before).toBeLessThanOrEqual(1);
            }
            for (const { before, after, by } of taken) {
              if (after.state === 'APPROVED' && before.state !== 'APPROVED' && by !== null) {
                expect(REVIEWERS).toContain(by);
                expect(actorOf(by, before).owns).toBe(false);
                expect(after.approvedBy).toBe(by);
                expect(after.approvedDigest).toBe(digestOf(id, before.version));
              }
              if (before.submittedAt !== null) expect(after.digest).toBe(before.digest);
            }
            for (const version of await records.versions(id)) {
              const approvals = taken.filter(
                ({ before, after }) =>
                  after.version === version.version && after.state === 'APPROVED' && before.state !== 'APPROVED',
              );
              expect(approvals.length).toBeLessThanOrEqual(1);
              const states = ['STAGING', 'VERIFYING', 'COMMITTING', 'PUBLISHED'];
              if (states.includes(version.state)) expect(approvals).toHaveLength(1);
              // What the state holds is what the last step said.
              const last = taken.findLast(({ after }) => after.version === version.version);
              if (last) expect(version).toEqual(last.after);
            }
          },
        ),
        { numRuns: runs(40) },
      );
    }, 600_000);

    test('that nobody does anything about are reminded of, each time once, and then given up', async () => {
      now = 1000;
      const settings: PublishedSettings = {
        name: 'slow',
        reviewers: { users: [], groups: [] },
        restart: 'none',
        servedDirectly: false,
        approveForOwnGroup: false,
        maxBytes: 1,
        quotaBytes: null,
        formatters: [],
        storageClasses: [],
        remindDays: [7, 30],
        expireDays: 90,
      };
      await records.add({ ...fresh('forgotten', 1), repository: 'slow' });
      await records.add({ ...fresh('forgotten-2', 1), repository: 'other' });
      // Their jobs wait for a word or a right that nobody gives.
      const waiting = ['APPROVED', 'STAGING', 'VERIFYING'] as const;
      // Whether it is visible, its repository says: it is only reminded of.
      const asked = { ...fresh('asked', 1), state: 'COMMITTING' } as const;
      await records.add({ ...asked, repository: 'slow' });
      const ended: string[] = [];
      const versionJobs = { end: async ({ publication }: PublicationVersion) => void ended.push(publication) };
      for (const state of waiting) await records.add({ ...fresh(`waiting-${state}`, 1), state, repository: 'slow' });
      const begun = now;
      const remindAt = (days: number) => {
        now = begun + days * DAY;
        const of = (name: string) => (name === 'slow' ? settings : undefined);
        const options = { records, versionJobs, settings: of, now: () => now, changed: () => undefined, log };
        return Promise.all([remind(options), remind(options)]);
      };
      const events = async () => {
        const rows = await state.database.all(
          sql`SELECT event FROM ${state.database.table('publication_event')} WHERE publication = 'forgotten' ORDER BY at`,
          LIMIT,
        );
        return rows.map(([event]) => event);
      };
      await remindAt(6);
      expect(await events()).toEqual([]);
      await remindAt(8);
      await remindAt(9);
      expect(await events()).toEqual(['REMINDED']);
      await remindAt(31);
      expect(await events()).toEqual(['REMINDED', 'REMINDED']);
      await remindAt(91);
      expect(await events()).toEqual(['REMINDED', 'REMINDED', 'CANCELLED']);
      expect(await records.get('forgotten')).toMatchObject({
        state: 'CANCELLED',
        reason: 'Nothing happened for 90 days.',
      });
      expect((await records.get('forgotten-2'))!.state).toBe('DRAFT');
      for (const state of waiting) expect((await records.get(`waiting-${state}`))!.state).toBe('CANCELLED');
      expect(ended.sort()).toEqual(['forgotten', ...waiting.map((state) => `waiting-${state}`)].sort());
      expect((await records.get('asked'))!.state).toBe('COMMITTING');
      const [told] = await state.database.all(
        sql`SELECT COUNT(*) FROM ${state.database.table('publication_event')} WHERE publication = 'asked'`,
        LIMIT,
      );
      expect(Number(told![0])).toBeGreaterThan(0);
    });

    test('that are discussed are not given up, and who watches them hears of reminders', async () => {
      now = 1000;
      const told: string[] = [];
      const of = { remindDays: [7], expireDays: 90 } as unknown as PublishedSettings;
      const settings = (name: string) => (name === 'discussed' ? of : undefined);
      const versionJobs = { end: () => Promise.resolve() };
      const changed = (id: string) => void told.push(id);
      const options = { records, versionJobs, settings, now: () => now, changed, log };
      const first = fresh('discussed', 1);
      await records.add({ ...first, repository: 'discussed' });
      // One before it, which has its end.
      await records.addNext({ ...fresh('discussed', 2), repository: 'discussed' }, first);
      const latest = (await records.get('discussed'))!;
      const position = async () => (await records.positions(['discussed']))[0]!.version;
      now += 8 * DAY;
      const before = await position();
      await remind(options);
      expect(told).toEqual(['discussed']);
      expect(await position()).toBe(before + 1);
      now += 80 * DAY;
      await records.comment(latest, { author: 'curator', text: 'Where are we?', replyTo: null });
      now += 8 * DAY;
      await remind(options);
      // Anew since the comment, once.
      await remind(options);
      expect(told).toEqual(['discussed', 'discussed']);
      expect((await records.versions('discussed')).map(({ state }) => state)).toEqual(['DRAFT', 'DRAFT']);
      now += 83 * DAY;
      await remind(options);
      expect((await records.versions('discussed')).map(({ state }) => state)).toEqual(['CANCELLED', 'DRAFT']);
    });

    test('that cannot be reminded of or ended keep no others from that', async () => {
      now = 1000;
      const of = { remindDays: [7], expireDays: 90 } as unknown as PublishedSettings;
      const ids = ['broken-1', 'broken-2', 'broken-3'];
      for (const id of ids) await records.add({ ...fresh(id, 1), repository: 'broken' });
      const logged: unknown[] = [];
      const asked: string[] = [];
      const fail = (id: string) => {
        asked.push(id);
        throw new Error('It broke.');
      };
      const options = {
        ...{ records, now: () => now, changed: fail },
        versionJobs: { end: async ({ publication }: PublicationVersion) => fail(publication) },
        settings: (name: string) => (name === 'broken' ? of : undefined),
        log: { warn: (what: unknown) => void logged.push(what) },
      };
      now += 8 * DAY;
      await remind(options);
      expect(asked.sort()).toEqual(ids);
      now += 90 * DAY;
      await remind({ ...options, changed: () => undefined });
      for (const id of ids) expect((await records.get(id))!.state).toBe('CANCELLED');
      expect(asked).toHaveLength(6);
      expect(logged).toHaveLength(6);
      expect(logged).toContainEqual({ err: expect.any(Error), publication: 'broken-1', version: 1 });
    });

    test('that were replaced, or whose work was begun, are not looked through again', async () => {
      now = 1000;
      const first = fresh('replaced', 1);
      await records.add(first);
      const unbegun = async () =>
        (await records.unfinished()).flatMap(({ publication, version }) =>
          publication === 'replaced' ? [version] : [],
        );
      expect(await unbegun()).toEqual([1]);
      await records.addNext(fresh('replaced', 2), first);
      expect(await unbegun()).toEqual([2]);
      await records.change((await records.get('replaced'))!, { job: 'begun' }, null);
      expect(await unbegun()).toEqual([]);
      const waiting = await records.waiting(['DRAFT']);
      expect(waiting.flatMap(({ version: v }) => (v.publication === 'replaced' ? [v.version] : []))).toEqual([2]);
    });

    test('of one page follow those of the page before, the latest change first', async () => {
      now = 1000;
      for (let i = 0; i < 7; i++) {
        now += 1;
        await records.add({ ...fresh(`page-${i}`, 1), repository: 'paged' });
      }
      const found: string[] = [];
      for (let after: { changedAt: number; publication: string } | undefined; ;) {
        const page = await records.list({ repositories: ['paged'], after, first: 3 });
        found.push(...page.map(({ publication }) => publication));
        if (page.length < 3) break;
        after = page.at(-1)!;
      }
      expect(found).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `page-${i}`));
    });

    test('of a name that no database holds there are none, or it is the caller’s mistake', async () => {
      const found = records.list({ repositories: ['a\0b'], first: 3 }).catch(({ code }: SatelliteError) => code);
      expect(await found).toEqual(name === 'PostgreSQL' ? 'BAD_USER_INPUT' : []);
    });
  });
}
