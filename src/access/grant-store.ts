/** The grants that there are, in the state: the truth that all replicas of the gateway share. */
import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { SatelliteError } from '../butler/errors.ts';
import type { SqlRow, Transaction, WriteableDatabase } from '../repository/direct/database.ts';
import { listOf } from '../state/list.ts';
import { appendAudit, type AuditEntry } from './audit.ts';
import { isFor, isValid, Rights, type Grant, type Right, type Subject } from './grants.ts';
import type { Identity } from './principal.ts';

const COLUMNS = raw(
  'id, resource, collection, subject_kind, subject, group_id, access_right, granted_by, granted_at, expires_at, note, revoked_at',
);

/** Of one resource: whoever it is shared with reads all of theirs. */
export const MOST_GRANTS = 20_000;
/** Of one user, on what many share, such as a published repository: none is to take it all. What publications grant is beside that. */
const MOST_OF_ONE = 4000;

/** As `PUBLICATION_NOTE`. */
const OF_PUBLICATIONS = `publication ${'_'.repeat(36)}`;

/** Grants that are kept in memory, of all principals together. */
const KEPT_GRANTS = 200_000;
const LOOK_MILLISECONDS = 30_000;

export interface NewGrant {
  readonly resource: string;
  readonly collection: string | null;
  readonly subject: Subject;
  readonly right: Right;
  readonly grantedBy: string;
  readonly expiresAt: number | null;
  readonly note: string | null;
  /** Whether one user may have only a part of those on the resource. */
  readonly isOfMany?: boolean;
}

/** A grant after a change, and the revision of all grants from which on it counts. */
export interface GrantChange {
  readonly grant: Grant;
  readonly revision: number;
}

/** Gives what grants give to someone now. */
export type RightsSource = Pick<GrantStore, 'rightsOf'>;

interface KnownRights {
  readonly revision: number;
  readonly grants: readonly Grant[];
  readonly rights: Rights;
  /** When the first of them ends, Unix milliseconds. */
  readonly until: number;
}

export class GrantStore {
  readonly #database: WriteableDatabase;
  readonly #now: () => number;
  readonly #known = new LRUCache<string, KnownRights>({
    maxSize: KEPT_GRANTS,
    sizeCalculation: ({ grants }) => grants.length + 1,
  });

  /** @param now Unix milliseconds */
  constructor(database: WriteableDatabase, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /**
   * What valid grants give to someone.  Reads the revision of all grants each time, so that a change counts for the next
   * request of any gateway, and the grants themselves only where it has changed; what ends ends at its time.
   */
  async rightsOf(who: Identity): Promise<Rights> {
    const revision = await this.#revision();
    const now = this.#now();
    const key = identityKey(who);
    const known = this.#known.get(key);
    if (known?.revision === revision && now < known.until) return known.rights;
    const grants =
      known?.revision === revision ? known.grants : (await this.#grantsFor(who)).filter((grant) => isFor(grant, who));
    const valid = grants.filter((grant) => isValid(grant, now));
    const until = Math.min(...valid.map(({ expiresAt }) => expiresAt ?? Infinity));
    const rights = new Rights(valid);
    this.#known.set(key, { revision, grants: valid, rights, until });
    return rights;
  }

  /** Null where there never was one. */
  async get(id: string): Promise<Grant | null> {
    return (await this.#select(sql`id = ${id}`))[0] ?? null;
  }

  /** Those on a resource that are valid, the newest first. */
  async on(resource: string): Promise<readonly Grant[]> {
    const now = this.#now();
    const found = await this.#select(sql`resource = ${resource} AND revoked_at IS NULL`);
    return found
      .filter((grant) => isValid(grant, now))
      .toSorted((a, b) => b.grantedAt - a.grantedAt || (a.id < b.id ? 1 : -1));
  }

  /** Grants, or changes what the same grant says of its end and its note. @throws SatelliteError QUOTA_EXCEEDED */
  async add(wanted: NewGrant, audit: AuditEntry): Promise<GrantChange> {
    const { resource, collection, subject, right, grantedBy, expiresAt, note, isOfMany = false } = wanted;
    const now = this.#now();
    return this.#change(audit, async (transaction) => {
      const table = transaction.table('access_grant');
      const groupId = subject.kind === 'group' ? subject.id : null;
      const same = sql`resource = ${resource} AND collection = ${collection ?? ''} AND subject_kind = ${subject.kind}
        AND subject = ${nameOf(subject)} AND access_right = ${right} AND revoked_at IS NULL
        AND ${groupId === null ? sql`group_id IS NULL` : sql`group_id = ${BigInt(groupId)}`}`;
      const changed = await transaction.all(
        sql`UPDATE ${table} SET granted_by = ${grantedBy}, granted_at = ${BigInt(now)},
              expires_at = ${big(expiresAt)}, note = ${note}
            WHERE ${same} RETURNING ${COLUMNS}`,
      );
      if (changed.length > 0) return toGrant(changed[0]!);
      const [count] = await transaction.all(
        sql`SELECT CAST(COUNT(*) AS BIGINT), CAST(SUM(CASE WHEN granted_by = ${grantedBy} AND (note IS NULL OR note NOT LIKE ${OF_PUBLICATIONS})
                THEN 1 ELSE 0 END) AS BIGINT)
            FROM ${table} WHERE resource = ${resource} AND revoked_at IS NULL
            AND (expires_at IS NULL OR expires_at > ${BigInt(now)})`,
      );
      if (isOfMany && Number(count![1]) >= MOST_OF_ONE) {
        throw new SatelliteError(
          'QUOTA_EXCEEDED',
          `There are ${MOST_OF_ONE} grants by '${grantedBy}' on it, the most of one user: revoke some, and share a prefix, or with a group.`,
        );
      }
      if (Number(count![0]) >= MOST_GRANTS) {
        throw new SatelliteError(
          'QUOTA_EXCEEDED',
          `There are ${MOST_GRANTS} grants on it: revoke some, and share a prefix, or with a group.`,
        );
      }
      const added = await transaction.all(
        sql`INSERT INTO ${table} (${COLUMNS}) VALUES (
              ${randomUUID()}, ${resource}, ${collection ?? ''}, ${subject.kind}, ${nameOf(subject)}, ${big(groupId)}, ${right},
              ${grantedBy}, ${BigInt(now)}, ${big(expiresAt)}, ${note}, NULL
            ) RETURNING ${COLUMNS}`,
      );
      return toGrant(added[0]!);
    });
  }

  /** Ends a grant for good; one that was ended before stays as it is. @throws SatelliteError NOT_FOUND */
  revoke(id: string, audit: AuditEntry): Promise<GrantChange> {
    return this.#end(id, sql`NULL`, audit);
  }

  /** Ends a grant, as `revoke` does, until it is given back to what it is ended for. @throws SatelliteError NOT_FOUND */
  suspend(id: string, until: string, audit: AuditEntry): Promise<GrantChange> {
    return this.#end(id, sql`CASE WHEN revoked_at IS NULL THEN ${until} ELSE suspended_for END`, audit);
  }

  /** Gives back what was suspended for something, where nobody has revoked it, or granted the same anew, meanwhile. */
  async giveBack(until: string, audit: (grant: Grant) => AuditEntry): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      await this.#nextRevision(transaction);
      const table = transaction.table('access_grant');
      const columns = ['resource', 'collection', 'subject_kind', 'subject', 'access_right'];
      const same = join(
        columns.map((column) => sql`o.${raw(column)} = g.${raw(column)}`),
        ' AND ',
      );
      const again = sql`EXISTS (SELECT 1 FROM ${table} AS o
        WHERE ${same} AND COALESCE(o.group_id, -1) = COALESCE(g.group_id, -1) AND o.revoked_at IS NULL)`;
      const rows = await transaction.all(
        sql`UPDATE ${table} AS g SET suspended_for = NULL, revoked_at = CASE WHEN ${again} THEN revoked_at END
            WHERE suspended_for = ${until} RETURNING ${COLUMNS}`,
      );
      for (const grant of rows.map(toGrant)) {
        if (grant.revokedAt === null) await appendAudit(transaction, audit(grant), this.#now());
      }
    }, look());
  }

  #end(id: string, suspendedFor: Sql, audit: AuditEntry): Promise<GrantChange> {
    const now = this.#now();
    return this.#change(audit, async (transaction) => {
      const [row] = await transaction.all(
        sql`UPDATE ${transaction.table('access_grant')}
            SET revoked_at = COALESCE(revoked_at, ${BigInt(now)}), suspended_for = ${suspendedFor}
            WHERE id = ${id} RETURNING ${COLUMNS}`,
      );
      if (!row) throw new SatelliteError('NOT_FOUND', `There is no grant '${id}' any more.`);
      return toGrant(row);
    });
  }

  /** Everybody who changes grants waits for each other here, so that revisions become visible in their order. */
  #change(audit: AuditEntry, work: (transaction: Transaction) => Promise<Grant>): Promise<GrantChange> {
    return this.#database.transaction(async (transaction) => {
      const revision = await this.#nextRevision(transaction);
      const grant = await work(transaction);
      await appendAudit(transaction, audit, this.#now());
      return { grant, revision };
    }, look());
  }

  async #nextRevision(transaction: Transaction): Promise<number> {
    const [row] = await transaction.all(
      sql`UPDATE ${transaction.table('access_revision')} SET revision = revision + 1 RETURNING revision`,
    );
    return Number(row![0]);
  }

  async #revision(): Promise<number> {
    const [row] = await this.#database.all(
      sql`SELECT revision FROM ${this.#database.table('access_revision')}`,
      look(),
    );
    return Number(row![0]);
  }

  async #grantsFor({ username, groups, groupIds }: Identity): Promise<readonly Grant[]> {
    const ids = groupIds ? [...groupIds.values()].map(String) : [];
    const { dialect } = this.#database;
    // A branch for each index: an OR of them would read the whole table.
    const branches = [
      sql`subject_kind = 'user' AND subject = ${username}`,
      sql`subject_kind = 'all_users' AND subject = ''`,
      sql`subject_kind = 'group' AND subject IN (SELECT value FROM ${listOf(dialect, groups)})`,
      sql`subject_kind = 'group' AND group_id IN (SELECT CAST(value AS BIGINT) FROM ${listOf(dialect, ids)})`,
    ];
    const found = await Promise.all(branches.map((branch) => this.#select(sql`${branch} AND revoked_at IS NULL`)));
    return [...new Map(found.flat().map((grant) => [grant.id, grant])).values()];
  }

  async #select(condition: Sql): Promise<readonly Grant[]> {
    const rows = await this.#database.all(
      sql`SELECT ${COLUMNS} FROM ${this.#database.table('access_grant')} WHERE ${condition}`,
      look(),
    );
    return rows.map(toGrant);
  }
}

/** Those on what is gone for good. */
export async function removeGrants(transaction: Transaction, resource: string): Promise<void> {
  await transaction.run(sql`DELETE FROM ${transaction.table('access_grant')} WHERE resource = ${resource}`);
}

function identityKey({ username, groups, groupIds }: Identity): string {
  return JSON.stringify([username, groups, groupIds ? [...groupIds] : null]);
}

function nameOf(subject: Subject): string {
  return subject.kind === 'all_users' ? '' : subject.name;
}

function big(value: number | null): bigint | null {
  return value === null ? null : BigInt(value);
}

function toGrant(row: SqlRow): Grant {
  const [id, resource, collection, kind, name, groupId, right, grantedBy, grantedAt, expiresAt, note, revokedAt] = row;
  const number = (value: unknown) => (value === null ? null : Number(value));
  return {
    id: String(id),
    resource: String(resource),
    collection: collection === '' ? null : String(collection),
    subject: toSubject(String(kind), String(name), number(groupId)),
    right: right as Right,
    grantedBy: String(grantedBy),
    grantedAt: Number(grantedAt),
    expiresAt: number(expiresAt),
    note: note as string | null,
    revokedAt: number(revokedAt),
  };
}

function toSubject(kind: string, name: string, id: number | null): Subject {
  if (kind === 'user') return { kind, name };
  return kind === 'group' ? { kind, name, id } : { kind: 'all_users' };
}

const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);
