/** The laws of transactions, for both databases. */
import sql, { join } from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SatelliteError } from '../../../src/butler/errors.ts';
import {
  ConstraintError,
  type Transaction,
  type WriteableDatabase,
  type WriteGuard,
} from '../../../src/repository/direct/database.ts';
import fc, { runs } from '../../sample.ts';

/** An empty place for one database, which can be opened often. */
export interface Place extends AsyncDisposable {
  open(guard?: WriteGuard): Promise<WriteableDatabase>;
}

const signal = AbortSignal.timeout(20 * 60_000);

const TABLES = [
  `CREATE TABLE parent (id BIGINT PRIMARY KEY, name VARCHAR(32) NOT NULL UNIQUE, CHECK (length(name) >= 1))`,
  `CREATE TABLE child (id BIGINT PRIMARY KEY, parent BIGINT NOT NULL REFERENCES parent (id) ON DELETE CASCADE)`,
  `CREATE TABLE kinds (id BIGINT PRIMARY KEY, f FLOAT, t TEXT, b BOOLEAN, ns BIGINT)`,
];

export function testTransactions(name: string, makePlace: () => Promise<Place>): void {
  describe(`transactions on ${name}`, () => {
    let place: Place;
    let database: WriteableDatabase;

    beforeAll(async () => {
      place = await makePlace();
      database = await place.open();
      await database.transaction((tx) => tx.define(TABLES), signal);
    });
    afterAll(async () => {
      await database.close();
      await place[Symbol.asyncDispose]();
    });
    beforeEach(async () => {
      await database.transaction(async (tx) => {
        for (const table of ['child', 'parent', 'kinds']) await tx.run(sql`DELETE FROM ${tx.table(table)}`);
      }, signal);
    });

    const parents = async () =>
      (await database.all(sql`SELECT id FROM ${database.table('parent')} ORDER BY id`, signal)).map(([id]) => id);
    const addParent = (tx: Transaction, id: number, as = `p${id}`) =>
      tx.run(sql`INSERT INTO ${tx.table('parent')} (id, name) VALUES (${BigInt(id)}, ${as})`);

    test('all of it is kept, or nothing', async () => {
      const given = await database.transaction(async (tx) => {
        await addParent(tx, 1);
        expect(await tx.all(sql`SELECT id, name FROM ${tx.table('parent')}`)).toEqual([[1, 'p1']]);
        expect(await parents()).toEqual([]);
        return 'what work gives';
      }, signal);
      expect(given).toBe('what work gives');
      expect(await parents()).toEqual([1]);

      const failure = Object.assign(new Error('work failed'), { code: 'ENOENT' });
      const work = async (tx: Transaction) => {
        await addParent(tx, 2);
        await tx.define(['CREATE TABLE left_over (id BIGINT)']);
        throw failure;
      };
      await expect(database.transaction(work, signal)).rejects.toBe(failure);
      expect(await parents()).toEqual([1]);
      await database.transaction(
        (tx) => tx.define(['CREATE TABLE left_over (id BIGINT)', 'DROP TABLE left_over']),
        signal,
      );
    });

    test('one after the other: each sees what those before it did', async () => {
      const highest = sql`SELECT COALESCE(MAX(id), 0) FROM ${database.table('parent')}`;
      const lock = async (tx: Transaction) => {
        if (tx.dialect === 'postgresql') await tx.define(['LOCK TABLE parent IN EXCLUSIVE MODE']);
      };
      const add = async (tx: Transaction) => {
        await lock(tx);
        const [row] = await tx.all(highest);
        await addParent(tx, (row![0] as number) + 1);
      };
      await Promise.all(Array.from({ length: 8 }, () => database.transaction(add, signal)));
      expect(await parents()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    test('statements tell how many rows they changed, and give those of RETURNING', async () => {
      await database.transaction(async (tx) => {
        expect(await addParent(tx, 1)).toBe(1);
        const rows = [
          [1, 'p1'],
          [2, 'p2'],
        ];
        const insertion = { table: 'parent', columns: ['id', 'name'], rows };
        expect(await tx.insert({ ...insertion, suffix: sql`ON CONFLICT (id) DO NOTHING` })).toBe(1);
        expect(
          await tx.insert({ ...insertion, suffix: sql`ON CONFLICT (id) DO UPDATE SET name = ${'q'} || excluded.name` }),
        ).toBe(2);
        expect(await tx.insert({ ...insertion, rows: [] })).toBe(0);
        const table = tx.table('parent');
        expect(await tx.all(sql`UPDATE ${table} SET name = 'r' WHERE id = 2 RETURNING id, name`)).toEqual([[2, 'r']]);
        expect(await tx.all(sql`SELECT name FROM ${table} ORDER BY id`)).toEqual([['qp1'], ['r']]);
        expect(await tx.run(sql`DELETE FROM ${table}`)).toBe(2);
      }, signal);
    });

    test('values come back as they went in, by the column’s type and not by JavaScript’s', async () => {
      const columns = ['id', 'f', 't', 'b', 'ns'];
      const rows = [
        [1, 2, 'x', true, 4102444800000000000n],
        [2, 2.5, '', false, -(2n ** 63n)],
        [3, 1e300, '{"a\\b"}', null, null],
        [4, null, 'NULL', true, 0],
        [5, -0.1, 'é\u{1f52d}\n\t,', null, 9007199254740993n],
      ] as const;
      await database.transaction((tx) => tx.insert({ table: 'kinds', columns, rows }), signal);
      const found = await database.all(sql`SELECT id, f, t, b, ns FROM ${database.table('kinds')} ORDER BY id`, signal);
      const bool = (value: boolean | null) => (database.dialect === 'sqlite' && value !== null ? Number(value) : value);
      expect(found).toEqual(rows.map(([id, f, t, b, ns]) => [id, f, t, bool(b), ns]));
    });

    test('whole numbers are integers also where the column is text', async () => {
      if (database.dialect === 'postgresql') return; // it refuses them
      await database.transaction(async (tx) => {
        await tx.insert({ table: 'kinds', columns: ['id', 'f', 't'], rows: [[1, 7, 7]] });
        await tx.run(sql`INSERT INTO ${tx.table('kinds')} (id, f, t) VALUES (${2}, ${7}, ${7})`);
      }, signal);
      const types = sql`SELECT typeof(id), typeof(f), t FROM ${database.table('kinds')}`;
      expect(await database.all(types, signal)).toEqual(Array(2).fill(['integer', 'real', '7']));
    });

    test('a broken rule says of which kind it is', async () => {
      const kindOf = (statement: (tx: Transaction) => Promise<unknown>) =>
        database.transaction(statement, signal).then(
          () => undefined,
          (error: unknown) => (error instanceof ConstraintError ? error.kind : error),
        );
      await database.transaction((tx) => addParent(tx, 1), signal);
      const insert = (table: string, columns: readonly string[], row: readonly (string | number | null)[]) =>
        kindOf((tx) => tx.insert({ table, columns, rows: [row] }));
      expect(await insert('parent', ['id', 'name'], [1, 'other'])).toBe('unique');
      expect(await insert('parent', ['id', 'name'], [2, 'p1'])).toBe('unique');
      expect(await insert('parent', ['id', 'name'], [2, ''])).toBe('check');
      expect(await insert('parent', ['id', 'name'], [2, null])).toBe('not null');
      expect(await insert('child', ['id', 'parent'], [1, 7])).toBe('foreign key');
      expect(await kindOf((tx) => addParent(tx, 1))).toBe('unique');
      await database.transaction(
        (tx) => tx.insert({ table: 'child', columns: ['id', 'parent'], rows: [[1, 1]] }),
        signal,
      );
      await database.transaction((tx) => tx.run(sql`DELETE FROM ${tx.table('parent')}`), signal);
      expect(await database.all(sql`SELECT * FROM ${database.table('child')}`, signal)).toEqual([]);
    });

    test('a savepoint undoes what is in it, and no more; a failed statement outside of one undoes all', async () => {
      await database.transaction(async (tx) => {
        await addParent(tx, 1);
        const inner = tx.savepoint(async () => {
          await addParent(tx, 2);
          await tx.savepoint(() => addParent(tx, 3));
          await tx.savepoint(() => addParent(tx, 1)).catch(() => undefined);
          await addParent(tx, 4);
          await addParent(tx, 1);
        });
        await expect(inner).rejects.toBeInstanceOf(ConstraintError);
        await tx.savepoint(() => addParent(tx, 5));
      }, signal);
      expect(await parents()).toEqual([1, 5]);
    });

    test('any sequence of savepoints leaves what a list of sets leaves', async () => {
      type Step =
        | { readonly kind: 'add'; readonly id: number }
        | { readonly kind: 'nest'; readonly fails: boolean; readonly steps: readonly Step[] };
      const { steps } = fc.letrec<{ steps: readonly Step[]; step: Step }>((tie) => ({
        steps: fc.array(tie('step'), { maxLength: 5, depthIdentifier: 'steps' }),
        step: fc.oneof(
          { depthIdentifier: 'steps', maxDepth: 3 },
          fc.record({ kind: fc.constant('add' as const), id: fc.integer({ min: 1, max: 9 }) }),
          fc.record({ kind: fc.constant('nest' as const), fails: fc.boolean(), steps: tie('steps') }),
        ),
      }));
      const model = (from: ReadonlySet<number>, list: readonly Step[]): ReadonlySet<number> =>
        list.reduce((now, step) => {
          if (step.kind === 'add') return new Set([...now, step.id]);
          return step.fails ? now : model(now, step.steps);
        }, from);
      const real = async (tx: Transaction, list: readonly Step[]): Promise<void> => {
        for (const step of list) {
          if (step.kind === 'add') {
            const row = { table: 'parent', columns: ['id', 'name'], rows: [[step.id, `p${step.id}`]] };
            await tx.insert({ ...row, suffix: sql`ON CONFLICT DO NOTHING` });
          } else {
            const nested = tx.savepoint(async () => {
              await real(tx, step.steps);
              if (step.fails) throw new Error('on purpose');
            });
            await nested.catch((error: Error) => expect(error.message).toBe('on purpose'));
          }
        }
      };
      const property = fc.asyncProperty(steps, async (list) => {
        await database.transaction((tx) => tx.run(sql`DELETE FROM ${tx.table('parent')}`), signal);
        await database.transaction((tx) => real(tx, list), signal);
        expect(await parents()).toEqual([...model(new Set(), list)].sort());
      });
      await fc.assert(property, { numRuns: runs(20) });
    });

    test('100 000 rows are ordinary', async () => {
      const rows = Array.from({ length: 100_000 }, (_, i) => [
        i,
        i / 3,
        `text ${i}`,
        i % 2 === 0,
        10n ** 18n + BigInt(i),
      ]);
      const columns = ['id', 'f', 't', 'b', 'ns'];
      // In time of this thread's own: how busy the machine is with others does not matter.
      const pieces: number[] = [];
      let before = process.threadCpuUsage();
      const watch = setInterval(() => {
        const { user, system } = process.threadCpuUsage(before);
        pieces.push(user + system);
        before = process.threadCpuUsage();
      }, 1);
      const changes = await database.transaction((tx) => tx.insert({ table: 'kinds', columns, rows }), signal);
      clearInterval(watch);
      expect(changes).toBe(100_000);
      const sums = sql`SELECT COUNT(*), SUM(id), MAX(ns), COUNT(DISTINCT t) FROM ${database.table('kinds')}`;
      expect(await database.all(sums, signal)).toEqual([[100_000, 4_999_950_000, 10n ** 18n + 99_999n, 100_000]]);
      // Others have their turn meanwhile: nothing of it is one long piece of work.
      expect(Math.max(...pieces)).toBeLessThan(pieces.reduce((sum, piece) => sum + piece) / 4);
    });

    test('abort undoes all, at once where it waits for its turn', async () => {
      const reason = new Error('the client has gone');
      const abort = new AbortController();
      const work = async (tx: Transaction) => {
        await addParent(tx, 1);
        abort.abort(reason);
        await addParent(tx, 2);
      };
      await expect(database.transaction(work, abort.signal)).rejects.toBe(reason);
      const late = new AbortController();
      const finished = database.transaction(async (tx) => {
        await addParent(tx, 3);
        late.abort(reason);
      }, late.signal);
      await expect(finished).rejects.toBe(reason);
      await expect(database.transaction(async () => expect.fail('began'), late.signal)).rejects.toBe(reason);
      expect(await parents()).toEqual([]);
    });

    test('a statement that nobody awaited is not run in a later transaction', async () => {
      let kept: Transaction | undefined;
      await database.transaction(async (tx) => {
        kept = tx;
      }, signal);
      await expect(addParent(kept!, 1)).rejects.toThrow('awaited');
      expect(await parents()).toEqual([]);
    });

    test('a guard is asked before and after: where the right is lost, nothing is kept', async () => {
      const calls: string[] = [];
      let lost = false;
      const conflict = new SatelliteError('CONFLICT', 'another writes');
      const guard: WriteGuard = {
        admit: async () => {
          calls.push('admit');
          return false;
        },
        confirm: async () => {
          calls.push('confirm');
          if (lost) throw conflict;
        },
        ended: () => void calls.push('ended'),
      };
      const guarded = await place.open(guard);
      try {
        await guarded.transaction(async (tx) => {
          calls.push('work');
          await addParent(tx, 1);
        }, signal);
        // On SQLite, the right is confirmed after the commit too.
        expect(calls.filter((call, i) => call !== calls[i - 1])).toEqual(['admit', 'work', 'confirm', 'ended']);
        calls.length = 0;
        lost = true;
        await expect(guarded.transaction((tx) => addParent(tx, 2), signal)).rejects.toBe(conflict);
        expect(calls).toEqual(['admit', 'confirm', 'ended']);
        expect(await parents()).toEqual([1]);
      } finally {
        await guarded.close();
      }
      const closed = await place.open({ ...guard, admit: () => Promise.reject(conflict) });
      await expect(closed.transaction(async () => expect.fail('began'), signal)).rejects.toBe(conflict);
      expect(calls.length).toBe(3);
      await closed.close();
    });

    test('two that make the same tables at once both succeed', async () => {
      const other = await place.open();
      try {
        const make = (from: WriteableDatabase) =>
          from.transaction(async (tx) => {
            await tx.define(['CREATE TABLE IF NOT EXISTS raced (id BIGINT PRIMARY KEY)']);
            const ids = [Math.random(), Math.random()].map((x) => sql`(${BigInt(Math.floor(x * 1e15))})`);
            await tx.run(sql`INSERT INTO ${tx.table('raced')} VALUES ${join(ids)}`);
          }, signal);
        await Promise.all([database, other, database, other].map(make));
        expect(await database.all(sql`SELECT COUNT(*) FROM ${database.table('raced')}`, signal)).toEqual([[8]]);
      } finally {
        await other.close();
      }
    });

    test('closing waits for the transaction that runs, and none begins after', async () => {
      const other = await place.open();
      const running = other.transaction((tx) => addParent(tx, 1), signal);
      await other.close();
      await running;
      expect(await parents()).toEqual([1]);
      await expect(other.transaction((tx) => addParent(tx, 2), signal)).rejects.toThrow();
    });
  });
}
