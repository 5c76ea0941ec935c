/** The runs that there are, in the state database: the truth, whatever their directories say. */
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { ConstraintError, type SqlRow, type WriteableDatabase } from '../repository/direct/database.ts';
import { addMadeFrom, MADE_FROM_TABLE } from '../satellite/made-from.ts';
import { listOf } from '../state/list.ts';
import type { StateTables } from '../state/state.ts';
import type { RunRecord } from './run.ts';

export const RUN_TABLES: StateTables = {
  domain: 'runs',
  versions: [
    [
      `CREATE TABLE {run} (
         id TEXT NOT NULL PRIMARY KEY,
         owner TEXT NOT NULL,
         satellite TEXT NOT NULL,
         satellite_id TEXT,
         spec TEXT NOT NULL,
         state TEXT NOT NULL,
         reached TEXT NOT NULL,
         stage TEXT,
         directory TEXT NOT NULL,
         quanta TEXT NOT NULL,
         explanation TEXT NOT NULL,
         error TEXT NOT NULL,
         request TEXT NOT NULL,
         job TEXT,
         job_owner TEXT,
         worker TEXT,
         claim TEXT,
         claimed_until BIGINT,
         sealed_token TEXT,
         attempt BIGINT NOT NULL,
         created_at BIGINT NOT NULL,
         changed_at BIGINT NOT NULL,
         version BIGINT NOT NULL
       )`,
      `CREATE UNIQUE INDEX run_unq_directory ON {run} (directory)`,
      `CREATE INDEX run_by_satellite ON {run} (satellite, created_at)`,
      `CREATE INDEX run_by_owner ON {run} (owner, created_at)`,
    ],
    (dialect) => [
      MADE_FROM_TABLE,
      `INSERT INTO {made_from} (satellite, satellite_id, source)
       SELECT satellite, COALESCE(satellite_id, ''), repository.value
       FROM {run} CROSS JOIN ${
         dialect === 'sqlite'
           ? `json_each(spec, '$.repositories') AS repository`
           : `json_array_elements_text(CAST(spec AS json) -> 'repositories') AS repository (value)`
       }
       WHERE reached <> 'CREATED' ON CONFLICT DO NOTHING`,
    ],
  ],
};

/** How a transfer is to bring what the run read. */
export type StageRequest = { readonly inputs: 'NONE' | 'REFERENCE' | 'COPY' };

/** A run with what only its own service needs to know. */
export interface RunEntry extends RunRecord {
  /** Identifier of the satellite, which another of the same name does not have; null for one of the configuration. */
  readonly satelliteId: string | null;
  /** What the stage was asked for beside the run. */
  readonly request: StageRequest | null;
  /** Which claim of the user's own machine holds the run; null: none. */
  readonly claim: string | null;
  /** Unix milliseconds. */
  readonly claimedUntil: number | null;
  /** The user's token, sealed, while a claim lasts. */
  readonly sealedToken: string | null;
  /** How many stages were begun. */
  readonly attempt: number;
  readonly version: number;
}

/** What a run is without a claim. */
export const UNCLAIMED = { worker: null, claim: null, claimedUntil: null, sealedToken: null } as const;

export type RunChanges = Partial<
  Pick<
    RunEntry,
    | 'state'
    | 'reached'
    | 'stage'
    | 'quanta'
    | 'explain'
    | 'error'
    | 'request'
    | 'job'
    | 'jobOwner'
    | 'worker'
    | 'claim'
    | 'claimedUntil'
    | 'sealedToken'
    | 'attempt'
  >
>;

const COLUMNS = {
  id: 'id',
  owner: 'owner',
  satellite: 'satellite',
  satelliteId: 'satellite_id',
  spec: 'spec',
  state: 'state',
  reached: 'reached',
  stage: 'stage',
  directory: 'directory',
  quanta: 'quanta',
  explain: 'explanation',
  error: 'error',
  request: 'request',
  job: 'job',
  jobOwner: 'job_owner',
  worker: 'worker',
  claim: 'claim',
  claimedUntil: 'claimed_until',
  sealedToken: 'sealed_token',
  attempt: 'attempt',
  createdAt: 'created_at',
  changedAt: 'changed_at',
  version: 'version',
} as const satisfies Record<keyof RunEntry, string>;

type Key = keyof RunEntry;
const KEYS = Object.keys(COLUMNS) as Key[];
const SELECT_LIST = raw(Object.values(COLUMNS).join(', '));
const JSON_KEYS: ReadonlySet<Key> = new Set(['spec', 'quanta', 'explain', 'error', 'request']);
const NUMBERS: ReadonlySet<Key> = new Set(['claimedUntil', 'attempt', 'createdAt', 'changedAt', 'version']);

const LOOK_MILLISECONDS = 30_000;
const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);

/** Where a list goes on: what its last run was. */
export type RunPosition = Pick<RunRecord, 'createdAt' | 'id'>;

export class RunStore {
  readonly #database: WriteableDatabase;
  readonly #run: Sql;

  constructor(database: WriteableDatabase) {
    this.#database = database;
    this.#run = database.table('run');
  }

  /** @returns false where another run has the directory */
  async add(entry: RunEntry): Promise<boolean> {
    try {
      await this.#database.transaction(async (transaction) => {
        const row = KEYS.map((key) => stored(key, entry[key]));
        await transaction.insert({ table: 'run', columns: Object.values(COLUMNS), rows: [row] });
      }, look());
      return true;
    } catch (error) {
      if (error instanceof ConstraintError && error.kind === 'unique') return false;
      throw error;
    }
  }

  /** Null where there is none (any more). */
  async get(id: string): Promise<RunEntry | null> {
    return (await this.#select(sql`id = ${id}`))[0] ?? null;
  }

  async read(ids: readonly string[]): Promise<readonly RunEntry[]> {
    return this.#select(sql`id IN (SELECT value FROM ${listOf(this.#database.dialect, ids)})`);
  }

  /** Those on any of the satellites, the newest first. @param satellites full names */
  async list(satellites: readonly string[], first: number, after?: RunPosition): Promise<readonly RunEntry[]> {
    const createdAt = after && BigInt(after.createdAt);
    const behind = after
      ? sql`AND (created_at < ${createdAt} OR (created_at = ${createdAt} AND id < ${after.id}))`
      : raw('');
    return this.#select(
      sql`satellite IN (SELECT value FROM ${listOf(this.#database.dialect, satellites)}) ${behind}`,
      sql`ORDER BY created_at DESC, id DESC LIMIT CAST(${first} AS BIGINT)`,
    );
  }

  /** All of one satellite. @param satelliteId as an entry has it */
  async ofSatellite({
    satellite,
    satelliteId,
  }: Pick<RunEntry, 'satellite' | 'satelliteId'>): Promise<readonly RunEntry[]> {
    const named = await this.#select(sql`satellite = ${satellite}`);
    return named.filter((entry) => entry.satelliteId === satelliteId);
  }

  /** Full names of the satellites that someone has runs on. */
  async satellitesOf(owner: string): Promise<readonly string[]> {
    const rows = await this.#database.all(
      sql`SELECT DISTINCT satellite FROM ${this.#run} WHERE owner = ${owner}`,
      look(),
    );
    return rows.map(([name]) => String(name));
  }

  /** All that are in one of these states. */
  async inState(states: readonly RunRecord['state'][]): Promise<readonly RunEntry[]> {
    return this.#select(sql`state IN (${join(states)})`);
  }

  /**
   * Changes a run if it is still as it was read.
   * @returns it as it is now; null where it was changed by another, or is gone
   */
  async change(entry: Pick<RunEntry, 'id' | 'version'>, changes: RunChanges): Promise<RunEntry | null> {
    return this.#update(changes, sql`id = ${entry.id} AND version = ${BigInt(entry.version)}`);
  }

  /**
   * Changes a run as long as it is the same attempt at a stage that does so.
   * @returns it as it is now; null where another attempt has it, or it is gone
   */
  async changeAttempt(id: string, attempt: number, changes: RunChanges): Promise<RunEntry | null> {
    return this.#update(changes, sql`id = ${id} AND attempt = ${BigInt(attempt)}`);
  }

  async remove(id: string): Promise<void> {
    await this.#database.transaction(
      (transaction) => transaction.run(sql`DELETE FROM ${transaction.table('run')} WHERE id = ${id}`),
      look(),
    );
  }

  async #update(changes: RunChanges, condition: Sql): Promise<RunEntry | null> {
    const assignments = (Object.keys(changes) as (keyof RunChanges)[]).map(
      (key) => sql`${raw(COLUMNS[key])} = ${stored(key, changes[key])}`,
    );
    const all = [...assignments, sql`changed_at = ${BigInt(Date.now())}`, sql`version = version + 1`];
    return this.#database.transaction(async (transaction) => {
      const [row] = await transaction.all(
        sql`UPDATE ${transaction.table('run')} SET ${join(all)} WHERE ${condition} RETURNING ${SELECT_LIST}`,
      );
      if (!row) return null;
      const entry = toEntry(row);
      // Once there is a graph, something can be made of all that it may read.
      if (changes.reached !== undefined && changes.reached !== 'CREATED') {
        await addMadeFrom(transaction, { ...entry, repository: entry.satellite }, entry.spec.repositories);
      }
      return entry;
    }, look());
  }

  async #select(condition: Sql, rest: Sql = raw('')): Promise<readonly RunEntry[]> {
    const rows = await this.#database.all(
      sql`SELECT ${SELECT_LIST} FROM ${this.#run} WHERE ${condition} ${rest}`,
      look(),
    );
    return rows.map(toEntry);
  }
}

function stored(key: Key, value: unknown): string | bigint | null {
  if (JSON_KEYS.has(key)) return JSON.stringify(value ?? null);
  if (value === null || value === undefined) return null;
  return NUMBERS.has(key) ? BigInt(value as number) : (value as string);
}

function toEntry(row: SqlRow): RunEntry {
  const read = (key: Key, value: unknown): unknown => {
    if (JSON_KEYS.has(key)) return JSON.parse(String(value));
    return NUMBERS.has(key) && value !== null ? Number(value) : value;
  };
  return Object.fromEntries(KEYS.map((key, i) => [key, read(key, row[i])])) as unknown as RunEntry;
}
