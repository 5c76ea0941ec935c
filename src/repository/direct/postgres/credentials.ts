/**
 * Credentials of PostgreSQL registries, from where stock Butler takes them (`lsst.utils.db_auth`): the JSON list in
 * LSST_DB_AUTH_CREDENTIALS, else the YAML file that LSST_DB_AUTH names, else `~/.lsst/db-auth.yaml`.
 */
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { globToRegExp } from '../../../butler/glob.ts';

const entriesSchema = z.array(
  z.object({ url: z.string(), username: z.string().optional(), password: z.coerce.string() }),
);

type Entry = z.infer<typeof entriesSchema>[number];

/**
 * The URL with the user and the password of the first entry that matches; the URL as it is where it has a password
 * already, or nothing matches.
 * @throws Error saying what is wrong with the source of credentials, without any of its content
 */
export async function withCredentials(url: string): Promise<string> {
  const filled = new URL(url);
  if (filled.password !== '') return url;
  const entry = (await readEntries()).find((e) => matches(e, filled));
  if (!entry) return url;
  if (filled.username === '') filled.username = encodeURIComponent(entry.username ?? '');
  filled.password = encodeURIComponent(entry.password);
  return filled.href;
}

async function readEntries(): Promise<readonly Entry[]> {
  const credentials = process.env['LSST_DB_AUTH_CREDENTIALS'];
  if (credentials) return understood('LSST_DB_AUTH_CREDENTIALS', () => JSON.parse(credentials) as unknown);
  const path = process.env['LSST_DB_AUTH'] ?? join(homedir(), '.lsst', 'db-auth.yaml');
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return [];
  if ((found.mode & 0o077) !== 0) {
    throw new Error(
      'the file of database credentials can be read by others; make it readable by its owner only (0600)',
    );
  }
  const text = await readFile(path, 'utf8');
  return understood('the file of database credentials', () => parse(text) as unknown);
}

function understood(source: string, read: () => unknown): readonly Entry[] {
  let parsed;
  try {
    parsed = entriesSchema.safeParse(read());
  } catch {
    // A parser's message quotes what it stumbled over, which may be a password.
  }
  if (!parsed?.success) throw new Error(`${source} must hold a list of {url, username, password}`);
  return parsed.data;
}

/** Host and database may be globs; user, port and database match anything where the pattern leaves them out. */
function matches(entry: Entry, url: URL): boolean {
  const pattern =
    /^(?<scheme>[a-z]+):\/\/(?:(?<user>[^@/]*)@)?(?<host>[^:/]*)(?::(?<port>\d+))?(?:\/(?<database>.*))?$/;
  const { scheme, user, host, port, database } = pattern.exec(entry.url)?.groups ?? {};
  return (
    `${scheme}:` === url.protocol &&
    (user === undefined || user === decodeURIComponent(url.username)) &&
    globToRegExp(host!.toLowerCase()).test(url.hostname.toLowerCase()) &&
    (port === undefined || port === url.port) &&
    (!database || globToRegExp(database).test(decodeURIComponent(url.pathname.slice(1))))
  );
}
