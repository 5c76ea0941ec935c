/** Publications: what the gateway keeps of them, and the services around them agree on. */
import { isInGroup } from '../access/grants.ts';
import type { Identity } from '../access/principal.ts';
import type { SelectedDatasets } from '../satellite/selection.ts';

/** A publication's states are those of its versions. */
export const PUBLICATION_STATES = [
  /** Its manifest is being made, or its checks failed: nobody but its owner sees it. */
  'DRAFT',
  'SUBMITTED',
  'IN_REVIEW',
  'CHANGES_REQUESTED',
  'APPROVED',
  /** Bytes are being brought to the published repository; nothing of them is visible. */
  'STAGING',
  'VERIFYING',
  'COMMITTING',
  'PUBLISHED',
  /** A tombstone: it was published, and is no more. */
  'WITHDRAWN',
  'REJECTED',
  /** Given up before it was published, by its owner or because nobody looked at it for long. */
  'CANCELLED',
  'FAILED',
  /** What was submitted is not what is there any more. */
  'STALE',
] as const;
export type PublicationState = (typeof PUBLICATION_STATES)[number];

/** Who may read what is published. Its owner, and the members of the owning group, always may. */
export interface Readers {
  /** Everyone whom the gateway authenticates, never the public. */
  readonly allUsers: boolean;
  readonly groups: readonly string[];
  readonly users: readonly string[];
}

/** What is to be published: collections with all that is in them, or the datasets of a search. */
export interface PublicationSource {
  /** Name of the repository in addresses: `owner~name`. Of a pack: what its owner calls the satellite, for people. */
  readonly repository: string;
  /** Of the satellite; null: a repository of the configuration, or a pack. A new satellite of the same name is another. */
  readonly satelliteId: string | null;
  /** Identifier of the upload of a pack, in which all of it is; undefined: it is read from the repository. */
  readonly upload?: string;
  /** With all that is below them, as they are. */
  readonly collections: readonly string[];
  /** Where only some of the datasets of these collections are meant. */
  readonly search: Extract<SelectedDatasets, { readonly search: unknown }>['search'] | null;
  /** Groups that own something of it, as they were then: the satellite, or names of collections (whose id nobody knows). */
  readonly groups: readonly { readonly name: string; readonly id: number | null }[];
}

/** One automatic check. */
export interface PublicationCheck {
  /** Such as `FILES` or `DATASET_TYPES`; see `checks.ts`. */
  readonly code: CheckCode;
  readonly state: 'PASSED' | 'WARNING' | 'FAILED';
  /** What was found and, unless it passed, what to do. */
  readonly message: string;
}

export type CheckCode =
  | 'PACK'
  | 'FILES'
  | 'UNIVERSE'
  | 'DATASET_TYPES'
  | 'NAMES'
  | 'CLASHES'
  | 'FORMATS'
  | 'SIZE'
  | 'INPUT_RIGHTS'
  | 'READERS'
  | 'RESTART'
  | 'OFFICIAL_DATA';

/** One version of a publication, whose state it is: a resubmission makes another. */
export interface PublicationVersion {
  /** Of the publication; stays over its versions. */
  readonly publication: string;
  /** From 1. */
  readonly version: number;
  readonly state: PublicationState;
  /** Grows with every change: what compare-and-set compares. */
  readonly revision: number;
  /** Name of the published repository. */
  readonly repository: string;
  /** The user who submitted the first version. */
  readonly owner: string;
  /** The group that the satellite belongs to: its members own the publication as its owner does. */
  readonly group: string | null;
  readonly groupId: number | null;
  /** The user who submitted this version. */
  readonly submittedBy: string;
  readonly source: PublicationSource;
  readonly title: string;
  readonly description: string | null;
  readonly licence: string | null;
  readonly readers: Readers;
  /** SHA-256 of the manifest, hexadecimal; null while that is being made. What an approval is bound to. */
  readonly digest: string | null;
  readonly checks: readonly PublicationCheck[];
  /** Datasets in the manifest, and bytes of their files. */
  readonly datasets: number;
  readonly bytes: number;
  /** Why it is CHANGES_REQUESTED, WITHDRAWN, REJECTED, CANCELLED, FAILED or STALE, for people. */
  readonly reason: string | null;
  /** The reviewer who works on it, until when. */
  readonly claimedBy: string | null;
  readonly claimedUntil: number | null;
  /** `null` with an approval: by the rule for groups of their own. */
  readonly approvedBy: string | null;
  readonly approvedDigest: string | null;
  /** That servers will be restarted was confirmed, where the configuration asks for that. */
  readonly restartConfirmed: boolean;
  /** Of the published repository, from which on it is visible there; null before. */
  readonly generation: number | null;
  /**
   * Who took it back when it was PUBLISHED, or gave it up while it was COMMITTING and its repository could not say whether it
   * is visible; null where nobody has, or a later version has taken its place.
   */
  readonly withdrawnBy: string | null;
  /** Generation of the published repository from which on it is not there any more, or never comes; null before. */
  readonly goneSince: number | null;
  /** The job that works on it now, or worked on it last. */
  readonly job: string | null;
  /** Times as Unix milliseconds. */
  readonly createdAt: number;
  readonly submittedAt: number | null;
  readonly changedAt: number;
}

export interface PublicationComment {
  readonly id: string;
  readonly publication: string;
  readonly version: number;
  readonly author: string;
  readonly at: number;
  readonly text: string;
  /** The comment that it answers. */
  readonly replyTo: string | null;
}

/** Whether it was published or a reviewer has decided about it: what later versions are to be compared with. */
export function isDecided({ state, approvedDigest, generation }: PublicationVersion): boolean {
  return generation !== null || approvedDigest !== null || state === 'CHANGES_REQUESTED' || state === 'REJECTED';
}

/** Whether someone is its owner or has submitted it; where a group owns it, whether they are a member of that now. */
export function ownsPublication(
  who: Identity,
  { owner, group, groupId, submittedBy }: Pick<PublicationVersion, 'owner' | 'group' | 'groupId' | 'submittedBy'>,
): boolean {
  if (group !== null) return isInGroup(who, { name: group, id: groupId });
  return owner === who.username || submittedBy === who.username;
}

/** Whether someone has a part in a version, so that others have to decide about it. */
export function hasPartIn(
  who: Identity,
  version: Pick<PublicationVersion, 'owner' | 'group' | 'groupId' | 'submittedBy' | 'source'>,
): boolean {
  const { owner, submittedBy, source } = version;
  if (owner === who.username || submittedBy === who.username) return true;
  return ownsPublication(who, version) || source.groups.some((group) => isInGroup(who, group));
}
