/** Finds tokens, signatures and capabilities in what tests, and what they start, have written and said. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Larger files are bytes of datasets, or none of ours. */
const MAX_BYTES = 50e6;

const CAPABILITY = 'a capability';
const KINDS: Readonly<Record<string, RegExp>> = {
  'a JWT': /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{16,}/,
  'a Gafaelfawr token': /\bgt-[\w-]{22}\.[\w-]{22}/,
  'a bearer token': /\bBearer [\w.~+/-]{20,}/i,
  'a signature': /[?&](?:X-Amz-Signature|X-Goog-Signature|Signature|X-Amz-Security-Token)=[\w%+/-]{16,}/i,
  [CAPABILITY]: /\/~[\w-]+\.\d{1,9}\.[\w-]{43}(?![\w-])/,
};

/** Opt-in capabilities stand in the records of their own satellite, which are files of SQLite or of a PostgreSQL server. */
const RECORDS = /(^|\/)gen3\.sqlite3(-journal)?$|(^|\/)(base|pg_wal)\//;

/**
 * What a text holds that it must not, in words that do not repeat it.
 * @param where the text was found; a file's path
 */
export function secretsIn(text: string, where: string): readonly string[] {
  return Object.entries(KINDS).flatMap(([kind, pattern]) => {
    const at = text.search(pattern);
    if (at < 0 || (kind === CAPABILITY && RECORDS.test(where))) return [];
    const before = text.slice(Math.max(0, at - 80), at).replaceAll(/[^\x20-\x7e]+/g, ' ');
    return [`${kind} in ${where}, after: ${before}`];
  });
}

/**
 * The same for all files in a directory.
 * @param isOwn whether a path below it is of a file in which a test itself put a secret
 */
export async function secretsBelow(
  directory: string,
  isOwn: (path: string) => boolean = isWrittenByTests,
): Promise<readonly string[]> {
  const found: string[] = [];
  // What goes while we look has been looked at, or is nobody's any more.
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const where = relative(directory, path);
    if (isOwn(where)) continue;
    const { size } = await stat(path).catch(() => ({ size: Infinity }));
    if (size > MAX_BYTES) continue;
    found.push(...secretsIn(await readFile(path, 'latin1').catch(() => ''), where));
  }
  return found;
}

/** Files that hold a secret because a test, or the stand-in for an official server, put it there. */
function isWrittenByTests(path: string): boolean {
  return OWN_FILES.some((pattern) => pattern.test(path));
}

const OWN_FILES: readonly RegExp[] = [
  // a browser's profile: GraphiQL keeps its user's token there
  /(^|\/)profile\//,
  // installed packages, whose examples hold made-up signatures
  /(^|\/)site-packages\//,
  // configurations with a service's token
  /(^|\/)gateway\.yaml$/,
];

/** What has been found so far by this process. */
export const leaks: string[] = [];

/** Remembers what a text holds that it must not; the file of tests then fails. */
export function mustHoldNoSecret(text: string, where: string): void {
  leaks.push(...secretsIn(text, where));
}
