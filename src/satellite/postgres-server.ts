/**
 * Satellites' schemas and roles in the configured PostgreSQL server.  A satellite has a schema of its own that belongs to a
 * role of its own, and no other role sees anything of it.  The role may log in only after its owner has asked for a password.
 *
 * The gateway uses a satellite by a second role, which may act in the first one (SET ROLE, so that all in the schema
 * belongs to that) and nothing else.  It never does so by its own login: the satellite's users may put triggers, views and
 * functions into the schema, which run in the gateway's session, and any of them can say SET ROLE NONE.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';
import { RepositoryUnavailableError, SatelliteError } from '../butler/errors.ts';
import { schemaOf } from './placement.ts';
import type { SatelliteRecord } from './satellite.ts';

type Placed = Pick<SatelliteRecord, 'id'>;

const CONNECT_MILLISECONDS = 10_000;

/** What stock Butler needs to log in, as an entry of `db-auth.yaml`. */
export interface DatabaseCredentials {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

export class PostgresServer {
  readonly #url: string;
  readonly #key: Uint8Array;
  readonly #pool: pg.Pool;

  /**
   * @param url `postgresql://…` of a user who may make roles, and schemas in that database
   * @param key 32 bytes that all gateways on it have: passwords of the gateway's roles come from it
   */
  constructor(url: string, key: Uint8Array) {
    this.#url = url;
    this.#key = key;
    this.#pool = new pg.Pool({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_MILLISECONDS,
      max: 4,
      allowExitOnIdle: true,
    });
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /**
   * Makes the satellite's roles and its empty schema.
   * @throws RepositoryUnavailableError where the server cannot be reached; SatelliteError FORBIDDEN where it lacks the
   *   extension that Butler needs, or the gateway's own user lacks a right
   */
  async create(satellite: Placed): Promise<void> {
    const name = identifierOf(satellite);
    await this.#transaction(async (query) => {
      const [extension] = await query(`SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'`);
      if (!extension) await query(`CREATE EXTENSION IF NOT EXISTS btree_gist`);
      for (const role of rolesOf(satellite)) {
        if (!(await roleExists(query, role))) {
          await query(`CREATE ROLE "${role}" NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE`);
        }
        // A superuser may act in every role as it is; others need to be a member.
        await query(`GRANT "${role}" TO CURRENT_USER`);
      }
      await query(`GRANT ${name} TO "${gatewayRoleOf(satellite)}"`);
      await this.#admitGateway(query, satellite);
      await query(`CREATE SCHEMA IF NOT EXISTS ${name} AUTHORIZATION ${name}`);
    });
  }

  /** Where the gateway finds the satellite's registry: in the satellite's role, and with no rights but its. */
  gatewayUrl(satellite: Placed): string {
    const url = new URL(this.#url);
    url.username = gatewayRoleOf(satellite);
    url.password = this.#gatewayPassword(satellite);
    url.searchParams.set('options', `-c role=${schemaOf(satellite)}`);
    return url.href;
  }

  /** The registry's address without credentials, as `butler.yaml` has it. */
  publicUrl(satellite: Placed): string {
    const { host, pathname } = new URL(this.#url);
    return `postgresql://${schemaOf(satellite)}@${host}${pathname}`;
  }

  /** Gives the role a new password, which is kept nowhere: the one before is good no longer. */
  async renewPassword(satellite: Placed): Promise<DatabaseCredentials> {
    const password = randomBytes(24).toString('base64url');
    await this.#transaction(async (query) => {
      await query(`ALTER ROLE ${identifierOf(satellite)} LOGIN PASSWORD '${scramVerifier(password)}'`);
    });
    return { url: this.publicUrl(satellite), username: schemaOf(satellite), password };
  }

  /** Renames the schema, so that neither stock Python nor a gateway finds it, and shuts the roles out. */
  async detach(satellite: Placed): Promise<void> {
    const name = identifierOf(satellite);
    const roles = rolesOf(satellite);
    await this.#transaction(async (query) => {
      for (const role of roles) if (await roleExists(query, role)) await query(`ALTER ROLE "${role}" NOLOGIN`);
      if (await schemaExists(query, schemaOf(satellite))) {
        await query(`ALTER SCHEMA ${name} RENAME TO ${asideOf(satellite)}`);
      }
    });
    // Only now can nobody log in any more.
    await this.#transaction(async (query) => {
      for (const role of roles) {
        await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`, [role]);
      }
    });
  }

  /** Undoes `detach`; whoever had the role's password can use it again. */
  async attach(satellite: Placed): Promise<void> {
    await this.#transaction(async (query) => {
      if (await schemaExists(query, `${schemaOf(satellite)}_deleted`)) {
        await query(`ALTER SCHEMA ${asideOf(satellite)} RENAME TO ${identifierOf(satellite)}`);
      }
      await query(`ALTER ROLE ${identifierOf(satellite)} LOGIN`);
      await this.#admitGateway(query, satellite);
    });
  }

  /** Removes the schema and the roles with all that belongs to them. */
  async drop(satellite: Placed): Promise<void> {
    await this.detach(satellite);
    await this.#transaction(async (query) => {
      if (await schemaExists(query, `${schemaOf(satellite)}_deleted`)) {
        await query(`DROP SCHEMA ${asideOf(satellite)} CASCADE`);
      }
      for (const role of rolesOf(satellite)) {
        if (!(await roleExists(query, role))) continue;
        await query(`DROP OWNED BY "${role}" CASCADE`);
        await query(`DROP ROLE "${role}"`);
      }
    });
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** The gateway's role may log in, by its own password: one that the satellite's users gave it is good no longer. */
  async #admitGateway(query: Query, satellite: Placed): Promise<void> {
    const verifier = scramVerifier(this.#gatewayPassword(satellite));
    await query(`ALTER ROLE "${gatewayRoleOf(satellite)}" LOGIN PASSWORD '${verifier}'`);
  }

  #gatewayPassword({ id }: Placed): string {
    return createHmac('sha256', this.#key).update(id).digest('base64url');
  }

  async #transaction(work: (query: Query) => Promise<void>): Promise<void> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (cause) {
      throw unavailable('cannot be reached', cause);
    }
    try {
      await client.query('BEGIN');
      await work(async (text, values = []) => (await client.query<Record<string, unknown>>(text, [...values])).rows);
      await client.query('COMMIT');
    } catch (cause) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw refusal(cause);
    } finally {
      client.release();
    }
  }
}

type Query = (text: string, values?: readonly string[]) => Promise<readonly Record<string, unknown>[]>;

async function roleExists(query: Query, role: string): Promise<boolean> {
  return (await query(`SELECT 1 FROM pg_roles WHERE rolname = $1`, [role])).length > 0;
}

async function schemaExists(query: Query, name: string): Promise<boolean> {
  return (await query(`SELECT 1 FROM pg_namespace WHERE nspname = $1`, [name])).length > 0;
}

/** The one that the gateway logs in by. */
function gatewayRoleOf(satellite: Placed): string {
  return `${schemaOf(satellite)}_gateway`;
}

/** Both roles, the gateway's first. */
function rolesOf(satellite: Placed): readonly string[] {
  return [gatewayRoleOf(satellite), schemaOf(satellite)];
}

function identifierOf(satellite: Placed): string {
  return `"${schemaOf(satellite)}"`;
}

function asideOf(satellite: Placed): string {
  return `"${schemaOf(satellite)}_deleted"`;
}

function refusal(cause: unknown): Error {
  const code = String((cause as { code?: unknown }).code);
  if (code === '42501') {
    return new SatelliteError(
      'FORBIDDEN',
      'The gateway may not make PostgreSQL satellites here: its database user needs CREATEROLE and CREATE on the ' +
        'database, and the extension btree_gist must be there. Ask the operators of the gateway, or choose SQLITE.',
      { cause },
    );
  }
  if (code === '58P01' || code === '0A000') {
    return new SatelliteError(
      'FORBIDDEN',
      'The PostgreSQL server for satellites lacks the extension btree_gist, which Butler needs. Ask the operators of ' +
        'the gateway to install it, or choose SQLITE.',
      { cause },
    );
  }
  return unavailable(`reported ${code}`, cause);
}

function unavailable(what: string, cause: unknown): RepositoryUnavailableError {
  return new RepositoryUnavailableError('satellites', `The PostgreSQL server for satellites ${what}.`, { cause });
}

const ITERATIONS = 4096;

/** What the server keeps of a password (RFC 5802, 7677), so that the password itself is in no statement and in no log. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const key = (name: string) => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  const server = key('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`;
}
