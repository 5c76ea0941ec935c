/**
 * When a signed token that does not say when it was issued (`iat`) was first seen: in the state, so that neither a restart nor
 * another gateway makes it young again.  A gateway without state remembers it while it runs.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import sql from 'sql-template-tag';
import type { WriteableDatabase } from '../repository/direct/database.ts';
import type { State, StateTables } from '../state/state.ts';
import { LONGEST_CLOCK_TOLERANCE_SECONDS } from './group-age.ts';

export const FIRST_SIGHT_TABLES: StateTables = {
  domain: 'first-sights',
  versions: [
    [
      `CREATE TABLE {token_first_sight} (
         digest TEXT NOT NULL PRIMARY KEY,
         seen_at BIGINT NOT NULL,
         expires_at BIGINT NOT NULL
       )`,
      `CREATE INDEX token_first_sight_expires_at ON {token_first_sight} (expires_at)`,
    ],
  ],
};

const QUERY_MS = 5_000;
const MOST_TOKENS = 100_000;

export class FirstSights {
  readonly #database: WriteableDatabase | undefined;
  /** By size, not `max`, for which room is made at once. */
  readonly #seen = new LRUCache<string, number>({ maxSize: MOST_TOKENS, sizeCalculation: () => 1 });

  /** @param state undefined: what is seen is remembered here only */
  constructor(state?: Pick<State, 'database'>) {
    this.#database = state?.database;
  }

  /**
   * When the token was first seen, Unix milliseconds.
   * @param token one whose signature holds
   * @param expiresAt its end, Unix milliseconds, after which it is forgotten
   */
  async of(token: string, expiresAt: number): Promise<number> {
    // Without the signature: of that, there can be several spellings.
    const signed = token.slice(0, token.lastIndexOf('.'));
    const digest = createHash('sha256').update(signed).digest('base64url');
    let seenAt = this.#seen.get(digest);
    if (seenAt === undefined) {
      const now = Date.now();
      // A token is believed a little longer than it says.
      const until = expiresAt + LONGEST_CLOCK_TOLERANCE_SECONDS * 1000;
      seenAt = this.#database ? await noted(this.#database, digest, now, until) : now;
      this.#seen.set(digest, seenAt);
    }
    return seenAt;
  }
}

async function noted(database: WriteableDatabase, digest: string, now: number, until: number): Promise<number> {
  const table = database.table('token_first_sight');
  return database.transaction(async (transaction) => {
    await transaction.run(sql`DELETE FROM ${table} WHERE expires_at < ${now}`);
    await transaction.run(
      sql`INSERT INTO ${table} (digest, seen_at, expires_at) VALUES (${digest}, ${now}, ${until})
          ON CONFLICT (digest) DO NOTHING`,
    );
    const [row] = await transaction.all(sql`SELECT seen_at FROM ${table} WHERE digest = ${digest}`);
    return Number(row![0]);
  }, AbortSignal.timeout(QUERY_MS));
}
