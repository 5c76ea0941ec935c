/** Where the satellites of killed gateways are: how they are asked for, and what is found of them there. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { parse, stringify } from 'yaml';
import { createS3Client } from '../../src/repository/direct/datastore/s3-client.ts';
import { startPostgres, type Postgres } from '../../stack/postgres.ts';
import type { S3 } from '../../stack/s3.ts';

const Bucket = 'satellites';

export interface Place {
  readonly name: string;
  /** What `createSatellite` is asked for. */
  readonly asked: object;
  /** The section `satellites` of a gateway's configuration. */
  settings(gateway: string): Promise<Readonly<Record<string, unknown>>>;
  /**
   * A directory to be opened by stock Python, for a satellite as it is now.
   * @param root that of the satellite
   * @param directory to be made
   */
  opened(root: string, directory: string, gateway: string): Promise<string>;
  /** Whether stock Python has to open that at once, as it is not a copy. */
  readonly isLive: boolean;
  /** Paths of a satellite's files, beside those in its directory. */
  files(root: string): Promise<readonly string[]>;
}

export const IN_FILES: Place = {
  name: 'SQLite and files',
  asked: {},
  settings: async () => ({}),
  opened: async (root, directory) => (await cp(root, directory, { recursive: true }), directory),
  isLive: false,
  files: async (root) => {
    const found = await readdir(root, { recursive: true, withFileTypes: true });
    // Stock Python leaves the directories.
    return found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  },
};

/** Satellites in PostgreSQL, of each gateway in a database of its own, and in S3. */
export class InServers implements Place {
  readonly name = 'PostgreSQL and S3';
  readonly asked = { database: 'POSTGRESQL', artifacts: 'S3' };
  readonly isLive = true;
  readonly #s3: S3;
  readonly #client: S3Client;
  readonly #credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly #databases = new Map<string, Promise<string>>();
  #servers: Promise<Postgres> | undefined;

  constructor(s3: S3) {
    this.#s3 = s3;
    this.#credentials = {
      accessKeyId: s3.environment['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: s3.environment['AWS_SECRET_ACCESS_KEY']!,
    };
    // The client adds to what it is given.
    this.#client = createS3Client({ endpoint: s3.endpoint, credentials: { ...this.#credentials } });
  }

  async settings(gateway: string): Promise<Readonly<Record<string, unknown>>> {
    const s3 = { endpoint: this.#s3.endpoint, bucket: Bucket, ...this.#credentials };
    return { postgresql: await this.#database(gateway), s3 };
  }

  /** Only its configuration is copied: with the password of a superuser. */
  async opened(root: string, directory: string, gateway: string): Promise<string> {
    const config = parse(await readFile(join(root, 'butler.yaml'), 'utf8')) as { registry: { db: string } };
    config.registry.db = await this.#database(gateway);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'butler.yaml'), stringify(config));
    return directory;
  }

  async files(root: string): Promise<readonly string[]> {
    const config = parse(await readFile(join(root, 'butler.yaml'), 'utf8')) as { datastore: { root: string } };
    const prefix = config.datastore.root.slice(`s3://${Bucket}/`.length);
    return (await this.#objects()).filter((key) => key.startsWith(prefix));
  }

  /** Identifiers of satellites of which there is a schema, a role or an object. */
  async found(): Promise<ReadonlySet<string>> {
    const names = [...(await this.#objects())];
    for (const database of await Promise.all(this.#databases.values())) {
      const client = new pg.Client({ connectionString: database });
      await client.connect();
      const statement = `SELECT nspname::text AS name FROM pg_namespace UNION SELECT rolname::text FROM pg_roles`;
      names.push(...(await client.query<{ name: string }>(statement)).rows.map(({ name }) => name));
      await client.end();
    }
    return new Set(names.flatMap((name) => /^satellites?[_/]([0-9a-z]+)/.exec(name)?.[1] ?? []));
  }

  async stop(): Promise<void> {
    this.#client.destroy();
    await (await this.#servers)?.stop();
  }

  #database(gateway: string): Promise<string> {
    let database = this.#databases.get(gateway);
    if (!database) {
      this.#servers ??= this.#client.send(new CreateBucketCommand({ Bucket })).then(() => startPostgres());
      database = this.#servers.then((postgres) => postgres.createDatabase());
      this.#databases.set(gateway, database);
    }
    return database;
  }

  async #objects(): Promise<readonly string[]> {
    if (!this.#servers) return [];
    const { Contents = [] } = await this.#client.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key }) => Key!);
  }
}

/** Directories of satellites below that of their owner's: those that are whole. */
export async function satellitesIn(own: string): Promise<readonly string[]> {
  const found = existsSync(own) ? await readdir(own) : [];
  return found.map((name) => join(own, name)).filter((root) => existsSync(join(root, 'butler.yaml')));
}
