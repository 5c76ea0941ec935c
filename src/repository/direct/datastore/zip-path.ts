/** Recorded paths of members of a zip: `path/of.zip#zip-path=member` (butler-schema.md section 5). */

export interface ZipPath {
  /** The path without the fragment. */
  readonly file: string;
  /** Name in the zip; null where the path is that of a file of its own. */
  readonly member: string | null;
}

export function splitZipPath(recorded: string): ZipPath {
  const [, file, fragment] = /^(.*?)#zip-path=(.*)$/s.exec(recorded) ?? [];
  if (file === undefined || fragment === undefined) return { file: recorded, member: null };
  return { file, member: unquoted(fragment) };
}

/** As Python's `unquote`, but for escapes that are no text, which stay. */
function unquoted(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
