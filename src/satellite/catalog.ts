/** The satellites that there are, in the state database: the truth that all replicas of the gateway share. */
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { removeGrants, type RightsSource } from '../access/grant-store.ts';
import { satelliteOf, satelliteResource, type Rights } from '../access/grants.ts';
import type { Identity } from '../access/principal.ts';
import { owns } from '../access/readable.ts';
import {
  ConstraintError,
  type SqlRow,
  type Transaction,
  type WriteableDatabase,
} from '../repository/direct/database.ts';
import { databaseNow } from '../state/clock.ts';
import { listOf } from '../state/list.ts';
import { addMadeFrom } from './made-from.ts';
import { fullName, type SatelliteRecord, type SatelliteState } from './satellite.ts';
import { HOLDS_NAME } from './tables.ts';

/** One that can be read. */
const READABLE = `state IN ('READY', 'CHECKED_OUT')`;

/** Physical work that was begun and has to be ended: by the process that began it, or after a crash by any other. */
export type Unfinished =
  /** Is being made; what is there of it is cleared away after a crash. */
  | 'CREATE'
  /** Exists; the job that brings its records has still to be enqueued. */
  | 'BRING'
  /** Was deleted; its files, schema and role have still to be put aside. */
  | 'DETACH'
  /** Is being brought back. */
  | 'ATTACH'
  /** Is being removed for good. */
  | 'PURGE'
  /** Is being migrated by a job, CHECKED_OUT meanwhile. */
  | 'MIGRATE';

/** A satellite with what only its own service needs to know. */
export interface CatalogEntry extends SatelliteRecord {
  readonly unfinished: Unfinished | null;
  /** Unix milliseconds. */
  readonly unfinishedSince: number | null;
  /** JSON of what went with it when it was deleted. */
  readonly plan: string | null;
  /** Identifier of the one in whose place a reset put it. */
  readonly replaces: string | null;
  /** JSON of what was asked for when it was made. */
  readonly request: string;
  readonly idempotencyKey: string | null;
  /** Of the job that brings or brought its records. */
  readonly job: string | null;
}

type Changeable = Pick<
  CatalogEntry,
  | 'state'
  | 'deletedAt'
  | 'purgeAt'
  | 'unfinished'
  | 'plan'
  | 'replaces'
  | 'idempotencyKey'
  | 'job'
  | 'capabilityVersion'
>;

const COLUMNS = {
  id: 'id',
  owner: 'owner',
  name: 'name',
  group: 'owner_group',
  groupId: 'owner_group_id',
  official: 'official',
  database: 'database_kind',
  artifacts: 'artifacts',
  state: 'state',
  quotaBytes: 'quota_bytes',
  capabilityUrls: 'capability_urls',
  capabilityVersion: 'capability_version',
  createdAt: 'created_at',
  deletedAt: 'deleted_at',
  purgeAt: 'purge_at',
  unfinished: 'unfinished',
  unfinishedSince: 'unfinished_since',
  plan: 'plan',
  replaces: 'replaces',
  request: 'request',
  idempotencyKey: 'idempotency_key',
  job: 'job',
} as const satisfies Record<keyof CatalogEntry, string>;

const KEYS = Object.keys(COLUMNS) as (keyof CatalogEntry)[];
const SELECT_LIST = raw(Object.values(COLUMNS).join(', '));

export class Catalog {
  /** What its satellites' owners have granted. */
  readonly grants: RightsSource;
  readonly #database: WriteableDatabase;

  constructor(database: WriteableDatabase, grants: RightsSource) {
    this.#database = database;
    this.grants = grants;
  }

  /** @returns false where the owner has a satellite of that name, or used the idempotency key before */
  async add(entry: CatalogEntry, signal: AbortSignal): Promise<boolean> {
    const row = KEYS.map((key) => stored(entry[key]));
    return this.atomically(async (transaction) => {
      await transaction.insert({ table: 'satellite', columns: Object.values(COLUMNS), rows: [row] });
      await addMadeFrom(transaction, { repository: fullName(entry), satelliteId: entry.id }, [entry.official]);
      return true;
    }, signal);
  }

  /** Null where there is none (any more). */
  async get(id: string, signal: AbortSignal): Promise<CatalogEntry | null> {
    return (await this.#select(sql`id = ${id}`, signal))[0] ?? null;
  }

  /** The one that has the name now. */
  async named(owner: string, name: string, signal: AbortSignal): Promise<CatalogEntry | null> {
    return (await this.#select(sql`owner = ${owner} AND name = ${name} AND ${raw(HOLDS_NAME)}`, signal))[0] ?? null;
  }

  /** Those that had the name and can be brought back, the last one first. */
  async deleted(owner: string, name: string, signal: AbortSignal): Promise<readonly CatalogEntry[]> {
    const found = await this.#select(sql`owner = ${owner} AND name = ${name} AND state = 'DELETED'`, signal);
    return found.toSorted((a, b) => b.deletedAt! - a.deletedAt!);
  }

  async byIdempotencyKey(owner: string, key: string, signal: AbortSignal): Promise<CatalogEntry | null> {
    return (await this.#select(sql`owner = ${owner} AND idempotency_key = ${key}`, signal))[0] ?? null;
  }

  /** Those of a user and of their groups, in the order of their full names. */
  async of(who: Identity, signal: AbortSignal): Promise<readonly CatalogEntry[]> {
    const { dialect } = this.#database;
    const ids = who.groupIds ? [...who.groupIds.values()].map(String) : [];
    const found = await this.#select(
      sql`owner = ${who.username}
          OR owner_group IN (SELECT value FROM ${listOf(dialect, who.groups)})
          OR owner_group_id IN (SELECT CAST(value AS BIGINT) FROM ${listOf(dialect, ids)})`,
      signal,
    );
    return found.filter((entry) => owns(who, entry));
  }

  /** Those that exist for someone because of grants, and can be read. */
  async sharedBy(rights: Rights, signal: AbortSignal): Promise<readonly CatalogEntry[]> {
    const ids = rights.resources.flatMap((resource) => satelliteOf(resource) ?? []);
    if (ids.length === 0) return [];
    const list = listOf(this.#database.dialect, ids);
    return this.#select(sql`id IN (SELECT value FROM ${list}) AND ${raw(READABLE)}`, signal);
  }

  /** All that can be read. */
  async existing(signal: AbortSignal): Promise<readonly CatalogEntry[]> {
    return this.#select(sql`${raw(READABLE)}`, signal);
  }

  async unfinished(signal: AbortSignal): Promise<readonly CatalogEntry[]> {
    return this.#select(sql`unfinished IS NOT NULL`, signal);
  }

  /** By the clock of the state's database, which all gateways share, Unix milliseconds. */
  async now(signal: AbortSignal): Promise<number> {
    const [row] = await this.#database.all(sql`SELECT ${databaseNow(this.#database.dialect)}`, signal);
    return Number(row![0]);
  }

  /** Those whose time to be brought back is over. */
  async due(signal: AbortSignal): Promise<readonly CatalogEntry[]> {
    return this.#select(sql`state = 'DELETED' AND purge_at <= ${databaseNow(this.#database.dialect)}`, signal);
  }

  /**
   * Changes an entry if it is still as expected.
   * @returns false where it is in another state by now, or its name is taken by another
   */
  async change(id: string, expected: Expected, changes: Partial<Changeable>, signal: AbortSignal): Promise<boolean> {
    return this.atomically((transaction) => changeEntry(transaction, id, expected, changes), signal);
  }

  /**
   * Several changes, all of them or none.
   * @returns false where `work` is not fulfilled with true, or a name is taken by another
   */
  async atomically(work: (transaction: Transaction) => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#database.transaction(async (transaction) => {
        if (await work(transaction)) return true;
        throw NOT_AS_EXPECTED;
      }, signal);
    } catch (error) {
      if (error === NOT_AS_EXPECTED || (error instanceof ConstraintError && error.kind === 'unique')) return false;
      throw error;
    }
  }

  /** @returns the new version of the key of its capability addresses */
  async rotateCapability(id: string, signal: AbortSignal): Promise<number> {
    return this.#database.transaction(async (transaction) => {
      const [row] = await transaction.all(
        sql`UPDATE ${transaction.table('satellite')} SET capability_version = capability_version + 1
            WHERE id = ${id} RETURNING capability_version`,
      );
      return Number(row![0]);
    }, signal);
  }

  async remove(id: string, signal: AbortSignal): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      await transaction.run(sql`DELETE FROM ${transaction.table('satellite_reservation')} WHERE satellite = ${id}`);
      await removeGrants(transaction, satelliteResource(id));
      await transaction.run(sql`DELETE FROM ${transaction.table('satellite')} WHERE id = ${id}`);
    }, signal);
  }

  async #select(condition: Sql, signal: AbortSignal): Promise<readonly CatalogEntry[]> {
    const rows = await this.#database.all(
      sql`SELECT ${SELECT_LIST} FROM ${this.#database.table('satellite')} WHERE ${condition} ORDER BY owner, name, id`,
      signal,
    );
    return rows.map(toEntry);
  }
}

const NOT_AS_EXPECTED = new Error('the entry is not as it was expected to be');

/** What an entry must be for a change to be made. */
export interface Expected {
  readonly state: SatelliteState;
  readonly unfinished: Unfinished | null;
}

/** As `Catalog.change`, within a transaction. */
export async function changeEntry(
  transaction: Transaction,
  id: string,
  expected: Expected,
  changes: Partial<Changeable>,
): Promise<boolean> {
  const assignments = (Object.keys(changes) as (keyof Changeable)[]).map(
    (key) => sql`${raw(COLUMNS[key])} = ${stored(changes[key]!)}`,
  );
  if (changes.unfinished !== undefined) {
    assignments.push(sql`unfinished_since = ${changes.unfinished === null ? null : Date.now()}`);
  }
  const { state, unfinished } = expected;
  const changed = await transaction.run(
    sql`UPDATE ${transaction.table('satellite')} SET ${join(assignments)}
        WHERE id = ${id} AND state = ${state}
        AND ${unfinished === null ? sql`unfinished IS NULL` : sql`unfinished = ${unfinished}`}`,
  );
  return changed === 1;
}

function stored(value: string | number | boolean | null): string | number | null {
  return typeof value === 'boolean' ? Number(value) : value;
}

function toEntry(row: SqlRow): CatalogEntry {
  const entry = Object.fromEntries(KEYS.map((key, i) => [key, row[i]]));
  return { ...entry, capabilityUrls: entry['capabilityUrls'] === 1 } as unknown as CatalogEntry;
}
