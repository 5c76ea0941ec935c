/** Paths of files as datastores record them: relative to a root, URIs, members of a zip. */
import { posix } from 'node:path';

export interface ZipPath {
  /** The path without the fragment. */
  readonly file: string;
  /** Name in the zip; null where the path is that of a file of its own. */
  readonly member: string | null;
}

/** Takes `path/of.zip#zip-path=member` apart. */
export function splitZipPath(recorded: string): ZipPath {
  const [, file, fragment] = /^(.*?)#zip-path=(.*)$/s.exec(recorded) ?? [];
  if (file === undefined || fragment === undefined) return { file: recorded, member: null };
  return { file, member: unquoted(fragment) };
}

/** The name that a file has for people: the last part of a path, of a URI's path, or of the path inside a zip. */
export function fileNameOf(recorded: string): string {
  const { file, member } = splitZipPath(recorded);
  if (member !== null) return posix.basename(member);
  return URL.canParse(file) ? posix.basename(unquoted(new URL(file).pathname)) : posix.basename(file);
}

/** As Python's `unquote`, but for escapes that are no text, which stay. */
function unquoted(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
