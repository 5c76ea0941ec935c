/**
 * Signed tokens that an operator has revoked before their end (`satellite revoke-tokens`): in the state, so that every
 * gateway on it refuses them within `SEEN_AFTER_SECONDS`.
 */
import { LRUCache } from 'lru-cache';
import sql from 'sql-template-tag';
import { databaseNow } from '../state/clock.ts';
import type { State, StateTables } from '../state/state.ts';
import type { WriteableDatabase } from '../repository/direct/database.ts';

export const REVOCATION_TABLES: StateTables = {
  domain: 'revocations',
  versions: [
    [
      // An empty token_id stands for all tokens of the user that were issued until then.
      `CREATE TABLE {token_revocation} (
         username TEXT NOT NULL,
         token_id TEXT NOT NULL,
         revoked_at BIGINT NOT NULL,
         PRIMARY KEY (username, token_id)
       )`,
    ],
  ],
};

const KEPT_MS = 15_000;
const QUERY_MS = 5_000;
/** Longest until all gateways know. */
export const SEEN_AFTER_SECONDS = (KEPT_MS + QUERY_MS) / 1000;
const MAX_USERS = 10_000;

/** What a token says of itself, as far as it matters here: `iat` in Unix seconds. */
export interface RevocableToken {
  readonly iat?: number | undefined;
  readonly jti?: string | undefined;
}

interface UserRevocations {
  /** Unix milliseconds. */
  readonly issuedUntil: number;
  readonly tokenIds: ReadonlySet<string>;
}

export class Revocations {
  readonly #database: WriteableDatabase;
  readonly #users: LRUCache<string, UserRevocations>;

  constructor({ database }: Pick<State, 'database'>) {
    this.#database = database;
    this.#users = new LRUCache({
      max: MAX_USERS,
      ttl: KEPT_MS,
      // The clock of the times below.
      perf: { now: () => Date.now() },
      ttlResolution: 0,
      ignoreFetchAbort: true,
      fetchMethod: (username) => this.#read(username),
    });
  }

  /** A token that does not say when it was issued counts as older than all. */
  async isRevoked(username: string, { iat = 0, jti }: RevocableToken): Promise<boolean> {
    const { issuedUntil, tokenIds } = await this.#users.forceFetch(username);
    return iat * 1000 <= issuedUntil || (jti !== undefined && tokenIds.has(jti));
  }

  /**
   * Revokes all tokens that a user has now, or the one with the identifier (`jti`).  Tokens issued later are good; those of
   * the same second are not, as tokens tell their time in seconds.
   */
  async revoke(username: string, tokenId?: string): Promise<void> {
    const table = this.#database.table('token_revocation');
    await this.#database.transaction(async (transaction) => {
      await transaction.run(
        sql`INSERT INTO ${table} (username, token_id, revoked_at)
            VALUES (${username}, ${tokenId ?? ''}, ${databaseNow(transaction.dialect)})
            ON CONFLICT (username, token_id) DO UPDATE SET revoked_at = excluded.revoked_at`,
      );
    }, AbortSignal.timeout(QUERY_MS));
    this.#users.delete(username);
  }

  async #read(username: string): Promise<UserRevocations> {
    const table = this.#database.table('token_revocation');
    const rows = await this.#database.all(
      sql`SELECT token_id, revoked_at FROM ${table} WHERE username = ${username}`,
      AbortSignal.timeout(QUERY_MS),
    );
    const all = rows.find(([id]) => id === '');
    return {
      issuedUntil: all === undefined ? -1 : Number(all[1]),
      tokenIds: new Set(rows.map(([id]) => String(id))),
    };
  }
}
