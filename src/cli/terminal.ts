/** Text on a terminal, of which a part may have been written by others: names, descriptions, errors. */

/** The text with its control characters spelt out, all but new lines: a terminal would obey them. */
export function printable(text: string): string {
  return text.replace(
    // Bidirectional overrides too, by which a text looks like another.
    // eslint-disable-next-line no-control-regex -- control characters are what it looks for
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
