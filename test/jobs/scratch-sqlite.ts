import Sqlite from 'better-sqlite3';
import { raw, type Sql } from 'sql-template-tag';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConstraintError,
  type SqlRow,
  type Transaction,
  type WriteableDatabase,
} from '../../src/repository/direct/database.ts';
const bind = (v: unknown) => (typeof v === 'boolean' ? BigInt(v) : v);
export function scratch(path: string): WriteableDatabase {
  const db = new Sqlite(path, { timeout: 0 });
  const table = (name: string) => raw(`"${name}"`);
  const all = (s: Sql): SqlRow[] => {
    const st = db.prepare(s.sql);
    try {
      return st.reader ? (st.raw().all(...s.values.map(bind)) as SqlRow[]) : (st.run(...s.values.map(bind)), []);
    } catch (e) {
      if (/UNIQUE|PRIMARYKEY/.test((e as any).code)) throw new ConstraintError('unique', { cause: e });
      throw e;
    }
  };
  const busy = async <T>(f: () => T): Promise<T> => {
    for (;;)
      try {
        return f();
      } catch (e) {
        if (!/BUSY/.test((e as any).code ?? '')) throw e;
        await sleep(10);
      }
  };
  let chain: Promise<unknown> = Promise.resolve();
  const tx: Transaction = {
    dialect: 'sqlite',
    table,
    all: async (s) => all(s),
    run: async (s) => {
      const st = db.prepare(s.sql);
      return st.run(...s.values.map(bind)).changes;
    },
    insert: async () => {
      throw new Error();
    },
    define: async (l) => {
      for (const s of l) db.exec(s);
    },
    savepoint: (w) => w(),
  };
  return {
    dialect: 'sqlite',
    table,
    all: async (s) => {
      await chain.catch(() => 0);
      return busy(() => all(s));
    },
    stream: () => {
      throw new Error();
    },
    close: async () => {
      db.close();
    },
    transaction: (work) => {
      const p = chain
        .catch(() => 0)
        .then(async () => {
          await busy(() => db.exec('BEGIN IMMEDIATE'));
          try {
            const r = await work(tx);
            await busy(() => db.exec('COMMIT'));
            return r;
          } catch (e) {
            if (db.inTransaction) db.exec('ROLLBACK');
            throw e;
          }
        });
      chain = p;
      return p;
    },
  };
}
