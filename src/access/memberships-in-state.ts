/** What is known of users while they are not asking, kept in the state: all gateways on it know the same. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import sql from 'sql-template-tag';
import type { State, StateTables } from '../state/state.ts';
import { prepareTables } from '../state/tables.ts';
import type { Memberships } from './memberships.ts';
import type { Identity, Principal } from './principal.ts';
import { REVOCATION_TABLES, SEEN_AFTER_SECONDS } from './revocations.ts';

/** Asks the platform about users who are not asking, such as Gafaelfawr with a token that may. */
export interface AccountSource {
  /** The `source` of principals whose groups it told. */
  readonly name: string;
  /**
   * A user with the groups that they have now; null where there is no such account (any more).  It answers as late as its own
   * age says, `LONGEST_CACHE_SECONDS` at most.
   * @throws SatelliteError UPSTREAM_UNAVAILABLE
   */
  identity(username: string): Promise<Identity | null>;
}

export interface MembershipsOptions {
  /** @default none: what counts is what users' tokens said last */
  readonly accounts?: AccountSource | undefined;
  /** Called when a user shows a token or groups that are new, and now and then for one who goes on asking. */
  readonly shown?: (principal: Principal) => void;
  /** @default the process's clock, Unix milliseconds */
  readonly now?: () => number;
  readonly log: Pick<Logger, 'warn'>;
}

/** A user who goes on asking with the same groups is written down no more often. */
const NOTE_MS = 60_000;
/** A state that does not answer holds up no request for longer. */
const WRITE_MS = 2_000;
const MOST_USERS = 10_000;

const MEMBERSHIP_TABLES: StateTables = {
  domain: 'memberships',
  versions: [
    [
      `CREATE TABLE {membership} (
         username TEXT NOT NULL PRIMARY KEY,
         groups_json TEXT NOT NULL,
         source TEXT NOT NULL,
         expires_at BIGINT,
         noted_at BIGINT NOT NULL
       )`,
    ],
  ],
};

/** What this process noted last of a user. */
interface Noted {
  /** Groups and source, to be compared. */
  readonly said: string;
  readonly token: string;
  /** Until when its groups count, Unix milliseconds. */
  readonly until: number;
  readonly at: number;
}

/**
 * How old may an answer be?
 * - Where `accounts` can be asked, as old as what they say: one minute by default.  Where they cannot be reached, there is none.
 * - Else it is what the credential said that the user showed last, on whichever gateway.  It counts as long as it would for
 *   its user's own request without anybody being asked anew (`groupsUntil`); after that a user has no groups until they come
 *   again, and keeps what is theirs by name.  So nobody's job may do what its owner could not do by a request.
 * - Of several tokens of one user with different groups, the one that was shown last counts; one whose own groups are too old
 *   says nothing.
 */
export class StateMemberships implements Memberships {
  readonly #state: State;
  readonly #options: MembershipsOptions;
  readonly #now: () => number;
  readonly #noted = new LRUCache<string, Noted>({ max: MOST_USERS });

  private constructor(state: State, options: MembershipsOptions) {
    this.#state = state;
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Prepares the tables. */
  static async open(state: State, options: MembershipsOptions, signal: AbortSignal): Promise<StateMemberships> {
    for (const tables of [MEMBERSHIP_TABLES, REVOCATION_TABLES]) await prepareTables(state.database, tables, signal);
    return new StateMemberships(state, options);
  }

  /** Writes where something is new, which takes a millisecond or so; a state that cannot be written to is only warned of. */
  async note(principal: Principal): Promise<void> {
    const { username, source = '', groupsAreOutdated } = principal;
    const groups = JSON.stringify(principal.groups.map((name) => [name, principal.groupIds?.get(name) ?? null]));
    const before = this.#noted.get(username);
    const told = { said: `${source} ${groups}`, until: countsUntil(principal) };
    const now: Noted = {
      // What is too old says nothing of what is known.
      ...(before && groupsAreOutdated ? before : told),
      token: createHash('sha256')
        .update(principal.token ?? '')
        .digest('base64'),
      at: this.#now(),
    };
    const isNew = before?.said !== now.said;
    const isDue = !before || now.at - before.at >= NOTE_MS;
    // What Gafaelfawr says lasts a little longer with each of its answers.
    const isLonger = before !== undefined && now.until > before.until + NOTE_MS;
    if (isNew || isDue || isLonger) {
      this.#noted.set(username, now);
      // Waited for: who asks with new groups may start a job, which another gateway takes at once.
      await this.#write(username, groups, source, now, groupsAreOutdated ? 'unless known' : 'always');
    } else if (before.token !== now.token) {
      this.#noted.set(username, { ...before, token: now.token });
    }
    if (isNew || isDue || before.token !== now.token) this.#options.shown?.(principal);
  }

  async of(username: string): Promise<Identity | null> {
    const { accounts } = this.#options;
    const told = await accounts?.identity(username);
    if (told) return told;
    const { database } = this.#state;
    const [row] = await database.all(
      sql`SELECT groups_json, source, expires_at, noted_at,
            (SELECT revoked_at FROM ${database.table('token_revocation')} WHERE username = ${username} AND token_id = '')
          FROM ${database.table('membership')} WHERE username = ${username}`,
      AbortSignal.timeout(WRITE_MS),
    );
    if (!row || row[1] === accounts?.name) return null;
    // All their tokens were revoked, and they have not come with another one since.
    if (row[4] !== null && Number(row[3]) <= Number(row[4]) + SEEN_AFTER_SECONDS * 1000) return null;
    const groups = JSON.parse(String(row[0])) as readonly (readonly [string, number | null])[];
    if (groups.length > 0 && this.#now() >= Number(row[2])) return { username, groups: [], groupsAreOutdated: true };
    return {
      username,
      groups: groups.map(([name]) => name),
      groupIds: new Map(groups.flatMap(([name, id]) => (id === null ? [] : [[name, id] as const]))),
    };
  }

  async #write(
    username: string,
    groups: string,
    source: string,
    { until, at }: Noted,
    when: 'always' | 'unless known',
  ): Promise<void> {
    const { database } = this.#state;
    const onConflict =
      when === 'unless known'
        ? sql`NOTHING`
        : sql`UPDATE SET groups_json = excluded.groups_json, source = excluded.source,
            expires_at = excluded.expires_at, noted_at = excluded.noted_at`;
    const upsert = sql`
      INSERT INTO ${database.table('membership')} (username, groups_json, source, expires_at, noted_at)
      VALUES (${username}, ${groups}, ${source}, ${until}, ${at})
      ON CONFLICT (username) DO ${onConflict}`;
    try {
      await database.transaction((transaction) => transaction.run(upsert), AbortSignal.timeout(WRITE_MS));
    } catch (err) {
      this.#noted.delete(username);
      this.#options.log.warn({ err }, 'could not note who is asking');
    }
  }
}

/** Until when a principal's groups count while they are not asking, Unix milliseconds. */
function countsUntil({ groups, groupsUntil, expiresAt }: Principal): number {
  const untilTold = groupsUntil ?? (groups.length > 0 ? 0 : Infinity);
  return Math.floor(Math.min(untilTold, expiresAt ?? Infinity, Number.MAX_SAFE_INTEGER));
}
