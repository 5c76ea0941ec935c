/** What was changed, by whom: an append-only trail.  Nothing in the gateway changes or removes a line. */
import { randomUUID } from 'node:crypto';
import sql, { raw } from 'sql-template-tag';
import type { SqlRow, Transaction, WriteableDatabase } from '../repository/direct/database.ts';

/** Of the domain `access`. */
export const AUDIT_STATEMENTS = [
  `CREATE TABLE {audit} (
     id TEXT NOT NULL PRIMARY KEY,
     at BIGINT NOT NULL,
     actor TEXT NOT NULL,
     action TEXT NOT NULL,
     resource TEXT,
     resource_name TEXT,
     detail TEXT NOT NULL
   )`,
  `CREATE INDEX audit_by_time ON {audit} (at, id)`,
  `CREATE INDEX audit_by_resource ON {audit} (resource, at, id)`,
  `CREATE INDEX audit_by_actor ON {audit} (actor, at, id)`,
] as const;

/** A line before it is written. */
export interface AuditEntry {
  /** User name. */
  readonly actor: string;
  /** Such as the name of the mutation. */
  readonly action: string;
  /** As grants name it; null where none can be named (any more). */
  readonly resource: string | null;
  /** What it was called then. */
  readonly resourceName: string | null;
  /** What was asked for; never a secret. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditLine extends AuditEntry {
  readonly id: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** Where a page ended. */
export type AuditPosition = Pick<AuditLine, 'at' | 'id'>;

/** Which lines are wanted: those of a resource, those of an actor, or all. */
export type AuditFilter = { readonly resource: string } | { readonly actor: string } | 'all';

const COLUMNS = raw('id, at, actor, action, resource, resource_name, detail');
const LOOK_MILLISECONDS = 30_000;

export class AuditTrail {
  readonly #database: WriteableDatabase;
  readonly #now: () => number;

  /** @param now Unix milliseconds */
  constructor(database: WriteableDatabase, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  async append(entry: AuditEntry): Promise<void> {
    await this.#database.transaction((transaction) => appendAudit(transaction, entry, this.#now()), look());
  }

  /** The newest first. @param after the last line of the page before */
  async page(filter: AuditFilter, first: number, after: AuditPosition | null): Promise<readonly AuditLine[]> {
    const wanted =
      filter === 'all'
        ? sql`1 = 1`
        : 'actor' in filter
          ? sql`actor = ${filter.actor}`
          : sql`resource = ${filter.resource}`;
    const older = after ? sql`AND (at, id) < (CAST(${BigInt(after.at)} AS BIGINT), ${after.id})` : sql``;
    const rows = await this.#database.all(
      sql`SELECT ${COLUMNS} FROM ${this.#database.table('audit')} WHERE ${wanted} ${older}
          ORDER BY at DESC, id DESC LIMIT CAST(${BigInt(first)} AS BIGINT)`,
      look(),
    );
    return rows.map(toLine);
  }
}

/** Writes a line together with what it tells of. @param now Unix milliseconds */
export async function appendAudit(transaction: Transaction, entry: AuditEntry, now: number): Promise<void> {
  const { actor, action, resource, resourceName, detail } = entry;
  await transaction.run(
    sql`INSERT INTO ${transaction.table('audit')} (${COLUMNS})
        VALUES (${nextId()}, ${BigInt(now)}, ${actor}, ${action}, ${resource}, ${resourceName}, ${JSON.stringify(detail)})`,
  );
}

let written = 0;

/** In the order in which this process wrote them, for lines of the same moment. */
function nextId(): string {
  written += 1;
  return `${written.toString(16).padStart(12, '0')}-${randomUUID()}`;
}

function toLine([id, at, actor, action, resource, resourceName, detail]: SqlRow): AuditLine {
  return {
    id: String(id),
    at: Number(at),
    actor: String(actor),
    action: String(action),
    resource: resource as string | null,
    resourceName: resourceName as string | null,
    detail: JSON.parse(String(detail)) as AuditLine['detail'],
  };
}

const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);
