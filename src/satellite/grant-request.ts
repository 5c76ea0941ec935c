/** What can be granted at all, before it is looked at whose it is. */
import type { Grant } from '../access/grants.ts';
import type { Identity } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { GrantAccess, SharingSettings } from './sharing.ts';

/** What the rules of a repository for publications say of grants on it, beside whose the names are. */
export interface PublishedGrants {
  /** @throws SatelliteError FORBIDDEN */
  checkGrant(wanted: Pick<Grant, 'resource' | 'collection' | 'subject'>): Promise<void>;
  /** @throws SatelliteError FORBIDDEN */
  checkRevocation(grant: Pick<Grant, 'resource' | 'collection' | 'subject'>): Promise<void>;
}

const USER = /^[a-z0-9._-]{1,128}$/;
const LONGEST_COLLECTION = 256;
const LONGEST_NOTE = 1_000;

/** @throws SatelliteError BAD_USER_INPUT, FORBIDDEN */
export function checkGrant(
  { collection, subject, right, expiresAt, note }: GrantAccess,
  principal: Identity,
  { writeGrants, now }: Pick<SharingSettings, 'writeGrants' | 'now'>,
): void {
  if (subject.kind === 'user') checkUser(subject.name);
  if (subject.kind === 'group' && !principal.groups.includes(subject.name)) {
    throw new SatelliteError(
      'FORBIDDEN',
      `You can share with groups that you are a member of: '${subject.name}' is none of yours.`,
    );
  }
  if (collection !== null) checkCollection(collection);
  if (right === 'WRITE' && !writeGrants) {
    throw new SatelliteError(
      'BAD_USER_INPUT',
      'This gateway shares satellites for reading only: make one for a group of yours if others are to write to it.',
    );
  }
  if (right === 'WRITE' && collection !== null) {
    throw new SatelliteError('BAD_USER_INPUT', 'WRITE is for a whole satellite: leave "collection" out.');
  }
  if (expiresAt !== null && expiresAt <= now()) {
    throw new SatelliteError('BAD_USER_INPUT', '"expiresAt" is over already: name a time to come.');
  }
  if (note !== null && note.length > LONGEST_NOTE) {
    throw new SatelliteError('BAD_USER_INPUT', `"note" may have ${LONGEST_NOTE} characters.`);
  }
}

/** @throws SatelliteError BAD_USER_INPUT */
export function checkUser(name: string): void {
  if (USER.test(name)) return;
  throw new SatelliteError(
    'BAD_USER_INPUT',
    `'${name}' is not a user name: those have small letters, digits, ".", "_" and "-".`,
  );
}

function checkCollection(collection: string): void {
  if (collection === '' || collection.length > LONGEST_COLLECTION) {
    throw new SatelliteError('BAD_USER_INPUT', `"collection" must have 1 to ${LONGEST_COLLECTION} characters.`);
  }
  if (collection.endsWith('*')) {
    throw new SatelliteError(
      'BAD_USER_INPUT',
      'A grant takes no globs: "u/alice/" with a "/" at its end is all collections whose names begin with it.',
    );
  }
}
