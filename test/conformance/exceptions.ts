/** Public cases that a repository does not have to answer, each with the reason. */

const DEFAULT_COLLECTIONS = 'default collections are kept by the Python client; our requests always name collections';
const DISCARD = 'count(discard=False) is a guard of the Python client against counting by reading; we count by reading';
const COMPONENTS = 'which components a storage class has is configuration of the Python client, not in a registry';

export const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['sat-pub-340', DEFAULT_COLLECTIONS],
  ['off-pub-342', DEFAULT_COLLECTIONS],
  ['sat-pub-662', DEFAULT_COLLECTIONS],
  ['off-pub-662', DEFAULT_COLLECTIONS],
  ['sat-pub-663', DEFAULT_COLLECTIONS],
  ['off-pub-663', DEFAULT_COLLECTIONS],
  ['sat-pub-671', DEFAULT_COLLECTIONS],
  ['off-pub-671', DEFAULT_COLLECTIONS],
  ['sat-pub-675', DEFAULT_COLLECTIONS],
  ['off-pub-675', DEFAULT_COLLECTIONS],
  ['sat-pub-499', DEFAULT_COLLECTIONS],
  ['off-pub-499', DEFAULT_COLLECTIONS],
  ['sat-pub-674', DEFAULT_COLLECTIONS],
  ['off-pub-674', DEFAULT_COLLECTIONS],
  ['sat-pub-657', DISCARD],
  ['off-pub-657', DISCARD],
  ['sat-pub-489', COMPONENTS],
  ['off-pub-489', COMPONENTS],
]);
