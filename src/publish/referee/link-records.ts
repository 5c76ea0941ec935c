/** Referee links in the state, which has of their secrets only what recognises them. */
import { createHash } from 'node:crypto';
import sql, { type Sql } from 'sql-template-tag';
import type { WriteableDatabase } from '../../repository/direct/database.ts';

/** Of the domain `publications`. */
export const REFEREE_STATEMENTS = [
  `CREATE TABLE {publication_referee_link} (
     id TEXT NOT NULL PRIMARY KEY,
     publication TEXT NOT NULL,
     version BIGINT NOT NULL,
     secret_hash TEXT NOT NULL UNIQUE,
     note TEXT,
     created_by TEXT NOT NULL,
     created_at BIGINT NOT NULL,
     expires_at BIGINT NOT NULL,
     revoked_at BIGINT
   )`,
  `CREATE INDEX publication_referee_link_of ON {publication_referee_link} (publication, version, created_at)`,
] as const;

/** Lets whoever has its secret read one version of a publication. Times as Unix milliseconds. */
export interface RefereeLink {
  readonly id: string;
  readonly publication: string;
  readonly version: number;
  /** For its owners, such as whom it was sent to. */
  readonly note: string | null;
  /** User name. */
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
}

const LOOK_MILLISECONDS = 30_000;
const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);

export class RefereeLinkRecords {
  readonly #database: WriteableDatabase;

  constructor(database: WriteableDatabase) {
    this.#database = database;
  }

  async add(link: RefereeLink, secret: string): Promise<void> {
    const { id, publication, version, note, createdBy, createdAt, expiresAt } = link;
    await this.#database.transaction(
      (tx) =>
        tx.insert({
          table: 'publication_referee_link',
          columns: ['id', 'publication', 'version', 'secret_hash', 'note', 'created_by', 'created_at', 'expires_at'],
          rows: [
            [
              ...[id, publication, BigInt(version), hashOf(secret)],
              ...[note, createdBy, BigInt(createdAt), BigInt(expiresAt)],
            ],
          ],
        }),
      look(),
    );
  }

  async get(id: string): Promise<RefereeLink | null> {
    return (await this.#select(sql`id = ${id}`))[0] ?? null;
  }

  async bySecret(secret: string): Promise<RefereeLink | null> {
    return (await this.#select(sql`secret_hash = ${hashOf(secret)}`))[0] ?? null;
  }

  /** Of a version, the latest first. */
  async of(publication: string, version: number): Promise<readonly RefereeLink[]> {
    return this.#select(sql`publication = ${publication} AND version = ${BigInt(version)}`);
  }

  /** Ends a link now, where it has not ended by a revocation before. @param now Unix milliseconds */
  async revoke(id: string, now: number): Promise<void> {
    await this.#database.transaction(
      (tx) =>
        tx.run(sql`UPDATE ${tx.table('publication_referee_link')} SET revoked_at = ${BigInt(now)}
          WHERE id = ${id} AND revoked_at IS NULL`),
      look(),
    );
  }

  async #select(where: Sql): Promise<readonly RefereeLink[]> {
    const rows = await this.#database.all(
      sql`SELECT id, publication, version, note, created_by, created_at, expires_at, revoked_at
          FROM ${this.#database.table('publication_referee_link')} WHERE ${where} ORDER BY created_at DESC, id`,
      look(),
    );
    return rows.map(([id, publication, version, note, createdBy, createdAt, expiresAt, revokedAt]) => ({
      id: String(id),
      publication: String(publication),
      version: Number(version),
      note: note as string | null,
      createdBy: String(createdBy),
      createdAt: Number(createdAt),
      expiresAt: Number(expiresAt),
      revokedAt: revokedAt === null ? null : Number(revokedAt),
    }));
  }
}

/** It is of 256 random bits, of which nobody finds one that has a given hash. */
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
