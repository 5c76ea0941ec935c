/** Publications in the state: the truth that all replicas of the gateway share. Every change is a compare-and-set. */
import { randomUUID } from 'node:crypto';
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { Transaction, WriteableDatabase } from '../repository/direct/database.ts';
import { listOf } from '../state/list.ts';
import { noteEvent, type PublicationEvent } from './outbox.ts';
import type { PublicationComment, PublicationState, PublicationVersion } from './publication.ts';
import type { Step } from './transitions.ts';
import { KEYS, OF_VERSION, SELECTED, stored, toVersion } from './version-columns.ts';

const LOOK_MILLISECONDS = 30_000;
/** How long it is asked what became of the work on what ended. */
const DOUBTFUL_MILLISECONDS = 7 * 86_400_000;
const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);

export interface VersionFilter {
  readonly states?: readonly PublicationState[] | undefined;
  readonly repositories?: readonly string[] | undefined;
  readonly owner?: string | undefined;
  /** Position of the last one of the page before: they come in the order of their last change, the latest first. */
  readonly after?: { readonly changedAt: number; readonly publication: string } | undefined;
  readonly first: number;
}

export class PublicationRecords {
  readonly #database: WriteableDatabase;
  readonly #webhooks: readonly string[];
  readonly #now: () => number;

  /** @param webhooks to which events are to be delivered. @param now Unix milliseconds */
  constructor(database: WriteableDatabase, webhooks: readonly string[], now: () => number) {
    this.#database = database;
    this.#webhooks = webhooks;
    this.#now = now;
  }

  /** The first version of a new publication. @param also what is to happen with it, or not at all */
  async add(version: PublicationVersion, also?: (transaction: Transaction) => Promise<void>): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      const { publication, repository, owner, group, groupId, createdAt } = version;
      await transaction.run(
        sql`INSERT INTO ${transaction.table('publication')}
              (id, repository, owner, owner_group, owner_group_id, latest, created_at)
            VALUES (${publication}, ${repository}, ${owner}, ${group}, ${stored('groupId', groupId)}, 1,
              ${BigInt(createdAt)})`,
      );
      await this.#insert(transaction, version);
      await also?.(transaction);
    }, look());
  }

  /**
   * The next version, after one that is as expected.
   * @param also as of `add`
   * @returns false where that one has changed
   */
  async addNext(
    version: PublicationVersion,
    before: PublicationVersion,
    also?: (transaction: Transaction) => Promise<void>,
  ): Promise<boolean> {
    return this.#database.transaction(async (transaction) => {
      const moved = await transaction.run(
        sql`UPDATE ${transaction.table('publication')} SET latest = ${BigInt(version.version)}
            WHERE id = ${version.publication} AND latest = ${BigInt(before.version)}
            AND EXISTS (SELECT 1 FROM ${transaction.table('publication_version')} AS v
              WHERE v.publication = id AND v.version = latest AND v.revision = ${BigInt(before.revision)})`,
      );
      if (moved === 0) return false;
      await this.#insert(transaction, version);
      await also?.(transaction);
      return true;
    }, look());
  }

  /** The latest version, or the one that is named. */
  async get(id: string, version?: number): Promise<PublicationVersion | null> {
    const which = version === undefined ? sql`v.version = p.latest` : sql`v.version = ${BigInt(version)}`;
    return (await this.#select(sql`p.id = ${id} AND ${which}`))[0] ?? null;
  }

  /** The latest first. */
  async versions(id: string): Promise<readonly PublicationVersion[]> {
    return (await this.#select(sql`p.id = ${id}`)).toSorted((a, b) => b.version - a.version);
  }

  /** Those versions, the latest or not, that are visible in a repository, about to be, or still to be taken out. */
  async visibleIn(repository: string): Promise<readonly PublicationVersion[]> {
    const isStillThere = sql`v.state = 'WITHDRAWN' AND v.generation IS NOT NULL AND v.gone_since IS NULL`;
    return this.#select(
      sql`p.repository = ${repository} AND (v.state IN ('COMMITTING', 'PUBLISHED') OR ${isStillThere})`,
    );
  }

  /** Of several publications, the latest first, by their identifiers. */
  async versionsOf(ids: readonly string[]): Promise<ReadonlyMap<string, readonly PublicationVersion[]>> {
    if (ids.length === 0) return new Map();
    const found = await this.#select(sql`p.id IN (SELECT value FROM ${listOf(this.#database.dialect, ids)})`);
    const latestFirst = found.toSorted((a, b) => b.version - a.version);
    return Map.groupBy(latestFirst, ({ publication }) => publication);
  }

  /** Latest versions of publications. */
  async list({ states, repositories, owner, after, first }: VersionFilter): Promise<readonly PublicationVersion[]> {
    const { dialect } = this.#database;
    const oneOf = (column: string, values: readonly string[]) =>
      sql`${raw(column)} IN (SELECT value FROM ${listOf(dialect, values)})`;
    const conditions = [
      sql`v.version = p.latest`,
      ...(states ? [oneOf('v.state', states)] : []),
      ...(repositories ? [oneOf('p.repository', repositories)] : []),
      ...(owner === undefined ? [] : [sql`p.owner = ${owner}`]),
      ...(after
        ? [sql`(v.changed_at, p.id) < (CAST(${BigInt(after.changedAt)} AS BIGINT), ${after.publication})`]
        : []),
    ];
    return this.#select(
      join(conditions, ' AND '),
      sql`ORDER BY v.changed_at DESC, p.id DESC LIMIT CAST(${BigInt(first)} AS BIGINT)`,
    );
  }

  /** Latest versions in some states, and when something happened to each last: a change of its state, or a comment. */
  async waiting(
    states: readonly PublicationState[],
  ): Promise<readonly { readonly version: PublicationVersion; readonly happenedAt: number }[]> {
    const commented = sql`(SELECT MAX(c.at) FROM ${this.#database.table('publication_comment')} AS c
      WHERE c.publication = v.publication AND c.version = v.version)`;
    const rows = await this.#database.all(
      sql`SELECT ${SELECTED}, ${commented} FROM ${this.#from()}
          WHERE v.version = p.latest AND v.state IN (SELECT value FROM ${listOf(this.#database.dialect, states)})`,
      look(),
    );
    return rows.map((row) => {
      const version = toVersion(row);
      return { version, happenedAt: Math.max(version.changedAt, Number(row.at(-1) ?? 0)) };
    });
  }

  /**
   * Uploads of versions that are not published yet, and of which publication these are: where it is the latest and may be, its
   * manifest is being made, or a referee reads it.
   */
  async neededUploads(): Promise<ReadonlyMap<string, string>> {
    const isOver = sql`v.state IN ('PUBLISHED', 'WITHDRAWN', 'REJECTED', 'CANCELLED')`;
    const isBeingMade = sql`v.state = 'DRAFT' AND v.digest IS NULL AND v.checks = '[]'`;
    const isRead = sql`EXISTS (SELECT 1 FROM ${this.#database.table('publication_referee_link')} AS l
      WHERE l.publication = v.publication AND l.version = v.version AND l.revoked_at IS NULL
      AND l.expires_at > ${BigInt(this.#now())})`;
    const found = await this.#select(sql`NOT (${isOver}) AND (v.version = p.latest OR ${isBeingMade} OR ${isRead})`);
    return new Map(
      found.flatMap(({ source, publication }) => (source.upload === undefined ? [] : [[source.upload, publication]])),
    );
  }

  /**
   * Bytes of what the owner of a publication has in its repository, or is about to have, beside that one: of each the largest
   * version.  Of what is approved as that one is, what was submitted before it: of two that were approved at once, one gets in;
   * what is COMMITTING has its room, but where another that was submitted before it does so too.
   */
  async usedBytes({
    publication,
    repository,
    owner,
    group,
    groupId,
    approvedDigest,
    submittedAt,
  }: Pick<
    PublicationVersion,
    'publication' | 'repository' | 'owner' | 'group' | 'groupId' | 'approvedDigest' | 'submittedAt'
  >): Promise<number> {
    const isNamed = sql`p.owner_group = ${group}`;
    const isGroups = groupId === null ? isNamed : sql`COALESCE(p.owner_group_id = ${BigInt(groupId)}, ${isNamed})`;
    const isOwners = group === null ? sql`p.owner = ${owner} AND p.owner_group IS NULL` : isGroups;
    const isBefore = sql`(v.submitted_at, p.id) < (CAST(${BigInt(submittedAt ?? 0)} AS BIGINT), ${publication})`;
    const isCounted = approvedDigest === null ? sql`1 = 1` : isBefore;
    const isCommitting = sql`EXISTS (SELECT 1 FROM ${this.#database.table('publication_version')} AS own
      WHERE own.publication = ${publication} AND own.state = 'COMMITTING')`;
    const counts = sql`v.state = 'PUBLISHED' OR v.state = 'COMMITTING' AND (NOT ${isCommitting} OR ${isBefore})
      OR v.state IN ('APPROVED', 'STAGING', 'VERIFYING') AND NOT ${isCommitting} AND ${isCounted}`;
    const [row] = await this.#database.all(
      sql`SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM (
            SELECT MAX(v.bytes) AS bytes FROM ${this.#from()}
            WHERE p.repository = ${repository} AND p.id <> ${publication} AND ${isOwners} AND (${counts})
            GROUP BY p.id
          ) AS largest`,
      look(),
    );
    return Number(row![0]);
  }

  /**
   * Versions for which a job has something to do; of what ended within some days, where that is not known: its job may have been
   * left, and what failed can have been made visible by a gateway that was taken for dead.
   */
  async unfinished(): Promise<readonly PublicationVersion[]> {
    const isOut = sql`v.generation IS NULL OR v.gone_since IS NOT NULL`;
    const isUnbegun = sql`v.state = 'DRAFT' AND v.job IS NULL AND v.version = p.latest`;
    const isKeptOut = sql`v.state = 'CANCELLED' AND v.withdrawn_by IS NOT NULL AND v.gone_since IS NULL`;
    const isDoubtful = sql`v.changed_at > ${BigInt(this.#now() - DOUBTFUL_MILLISECONDS)} AND v.job IS NOT NULL
      AND (v.state IN ('CANCELLED', 'CHANGES_REQUESTED', 'REJECTED') AND v.withdrawn_by IS NULL
        OR v.state IN ('FAILED', 'STALE') AND v.approved_digest = v.digest)`;
    return this.#select(
      sql`${isUnbegun} OR v.state = 'APPROVED' OR v.state = 'WITHDRAWN' AND NOT (${isOut}) OR ${isKeptOut} OR ${isDoubtful}`,
    );
  }

  /** Whose latest version or version is this: what watchers compare. Those that exist. */
  async positions(ids: readonly string[]): Promise<readonly { readonly id: string; readonly version: number }[]> {
    const rows = await this.#database.all(
      sql`SELECT p.id, CAST(SUM(v.revision) AS BIGINT) FROM ${this.#from()}
          WHERE p.id IN (SELECT value FROM ${listOf(this.#database.dialect, ids)}) GROUP BY p.id`,
      look(),
    );
    return rows.map(([id, version]) => ({ id: String(id), version: Number(version) }));
  }

  /**
   * Makes a step, where the version is still as expected, together with what is told of it and what belongs to it.
   * @returns the version as it is then; null where it has changed
   */
  async change(
    before: PublicationVersion,
    step: Step,
    event: Omit<PublicationEvent, 'publication' | 'version'> | null,
    comment: Omit<PublicationComment, 'id' | 'at' | 'publication' | 'version'> | null = null,
  ): Promise<PublicationVersion | null> {
    const { publication, version, revision, state } = before;
    const changedAt = await this.#database.transaction(async (transaction) => {
      const now = this.#now();
      const assignments = (Object.keys(step) as (keyof Step)[]).map(
        (key) => sql`${raw(OF_VERSION[key])} = ${stored(key, step[key] ?? null)}`,
      );
      if (step.state !== undefined) assignments.push(sql`changed_at = ${BigInt(now)}`, sql`reminded = 0`);
      assignments.push(sql`revision = revision + 1`);
      const count = await transaction.run(
        sql`UPDATE ${transaction.table('publication_version')} SET ${join(assignments)}
            WHERE publication = ${publication} AND version = ${BigInt(version)} AND revision = ${BigInt(revision)}
            AND state = ${state}`,
      );
      if (count === 0) return null;
      if (comment) await insertComment(transaction, { ...comment, publication, version, id: randomUUID(), at: now });
      if (event) await this.#note(transaction, { ...event, publication, version });
      return now;
    }, look());
    if (changedAt === null) return null;
    return { ...before, ...step, revision: revision + 1, ...(step.state && { changedAt }) };
  }

  /** Adds a comment, whatever else happens to the version. */
  async comment(
    { publication, version }: PublicationVersion,
    comment: Omit<PublicationComment, 'id' | 'at' | 'publication' | 'version'>,
  ): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      const now = this.#now();
      await transaction.run(
        sql`UPDATE ${transaction.table('publication_version')} SET revision = revision + 1, reminded = 0
            WHERE publication = ${publication} AND version = ${BigInt(version)}`,
      );
      await insertComment(transaction, { ...comment, publication, version, id: randomUUID(), at: now });
      const event = { publication, version, event: 'COMMENTED', actor: comment.author, detail: {} } as const;
      await this.#note(transaction, event);
    }, look());
  }

  /**
   * Notes that those are to be reminded who have to do something.
   * @param count how many reminders are due, those before too
   * @returns false where that was done, or something happened meanwhile
   */
  async remind({ publication, version, revision, state }: PublicationVersion, count: number): Promise<boolean> {
    return this.#database.transaction(async (transaction) => {
      const reminded = await transaction.run(
        sql`UPDATE ${transaction.table('publication_version')} SET reminded = ${BigInt(count)}, revision = revision + 1
            WHERE publication = ${publication} AND version = ${BigInt(version)} AND revision = ${BigInt(revision)}
            AND reminded < ${BigInt(count)}`,
      );
      if (reminded === 0) return false;
      const event = { publication, version, event: 'REMINDED', actor: null, detail: { state, reminder: count } };
      await this.#note(transaction, event);
      return true;
    }, look());
  }

  /** The oldest first. */
  async comments(id: string): Promise<readonly PublicationComment[]> {
    const rows = await this.#database.all(
      sql`SELECT id, publication, version, author, at, content, reply_to FROM ${this.#database.table('publication_comment')}
          WHERE publication = ${id} ORDER BY at, id`,
      look(),
    );
    return rows.map(([comment, publication, version, author, at, text, replyTo]) => ({
      id: String(comment),
      publication: String(publication),
      version: Number(version),
      author: String(author),
      at: Number(at),
      text: String(text),
      replyTo: replyTo as string | null,
    }));
  }

  /**
   * With the time at which it is written: a gateway that is stopped before that does not write of what is long past, and one that
   * is stopped after it writes nothing, as the database ends its transaction.
   */
  async #note(transaction: Transaction, event: PublicationEvent): Promise<void> {
    await noteEvent(transaction, event, this.#webhooks, this.#now());
  }

  #from(): Sql {
    return sql`${this.#database.table('publication')} AS p
      JOIN ${this.#database.table('publication_version')} AS v ON v.publication = p.id`;
  }

  async #select(condition: Sql, rest: Sql = raw('')): Promise<readonly PublicationVersion[]> {
    const rows = await this.#database.all(
      sql`SELECT ${SELECTED} FROM ${this.#from()} WHERE ${condition} ${rest}`,
      look(),
    );
    return rows.map(toVersion);
  }

  async #insert(transaction: Transaction, version: PublicationVersion): Promise<void> {
    await transaction.insert({
      table: 'publication_version',
      columns: ['publication', ...KEYS.map((key) => OF_VERSION[key]), 'reminded'],
      rows: [[version.publication, ...KEYS.map((key) => stored(key, version[key])), 0n]],
    });
  }
}

async function insertComment(transaction: Transaction, comment: PublicationComment): Promise<void> {
  const { id, publication, version, author, at, text, replyTo } = comment;
  await transaction.insert({
    table: 'publication_comment',
    columns: ['id', 'publication', 'version', 'author', 'at', 'content', 'reply_to'],
    rows: [[id, publication, BigInt(version), author, BigInt(at), text, replyTo]],
  });
}
