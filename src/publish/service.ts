/** What the faces ask of publishing; `schema/publication.graphql` says what each means to its user. */
import type { Readable } from 'node:stream';
import type { Principal } from '../access/principal.ts';
import type { Job } from '../jobs/job.ts';
import type { PublicationAction } from './allowed.ts';
import type { EventPosition } from './event-feed.ts';
import type { Manifest } from './manifest.ts';
import type { ManifestSummary } from './manifest-summary.ts';
import type { PackPlace } from './packs/packs.ts';
import type { RefereeLinks } from './referee/referee-links.ts';
import type { Meant } from './transitions.ts';
import type {
  PublicationComment,
  PublicationSource,
  PublicationState,
  PublicationVersion,
  Readers,
} from './publication.ts';

export interface SubmitPublication {
  /** To resubmit: its identifier. */
  readonly publication: string | undefined;
  /** A satellite or a configured repository of one's own, by bare or full name; of a pack, what it is to be called. */
  readonly satellite: string;
  /** Identifier of the upload of a pack, in which all of it is. */
  readonly upload: string | undefined;
  /** Undefined: the only published one. */
  readonly repository: string | undefined;
  readonly collections: readonly string[];
  readonly search: PublicationSource['search'];
  readonly title: string;
  readonly description: string | null;
  readonly licence: string | null;
  /** Undefined: those of the version before; of a first one, all users. */
  readonly readers: Readers | undefined;
}

export interface PublicationFilter {
  readonly states: readonly PublicationState[] | undefined;
  readonly repository: string | undefined;
  readonly owner: string | undefined;
  /** Only those that the principal is to review: not their own, and claimed by nobody else. */
  readonly toReview: boolean;
  readonly first: number;
  readonly after: string | undefined;
}

/** What one may know of a version, and do with it. */
export interface SeenPublication {
  readonly record: PublicationVersion;
  /** Owners and reviewers see all of it; readers what is published. */
  readonly role: 'OWNER' | 'REVIEWER' | 'READER';
}

/** What is different in a version from the last one that reviewers decided about. */
export interface PublicationDiff {
  /** Number of that version. */
  readonly from: number;
  /** Numbers of datasets. */
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** The first of them. */
  readonly datasets: readonly { readonly uuid: string; readonly change: 'ADDED' | 'REMOVED' | 'CHANGED' }[];
  /** Of collections, dataset types and what is said about it, in words. */
  readonly other: readonly string[];
}

/** A version after a change, and the job that goes on with it. */
export interface PublicationChange {
  readonly publication: SeenPublication;
  readonly job: Job | null;
}

/** Something that happened to a version of a publication, which is seen as it is now. */
export interface HappenedToSeen {
  readonly id: string;
  readonly event: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly version: number;
  readonly publication: SeenPublication;
}

/** Where the version that it would be about is not the one that is meant, it is refused (CONFLICT). */
export interface DecideOn extends Meant {
  readonly publication: string;
  readonly comment: string | null;
}

export interface UploadPublication {
  /** Undefined: the only published one. */
  readonly repository: string | undefined;
  /** Bytes of the zip. */
  readonly size: number;
  /** Of its bytes, hexadecimal. */
  readonly sha256: string;
}

/** What does not exist for a principal is NOT_FOUND; what they see and may not do FORBIDDEN; what has no place in its state CONFLICT. */
export interface PublicationService {
  readonly referees: RefereeLinks;
  submit(request: SubmitPublication, principal: Principal): Promise<PublicationChange>;
  /** Where the zip of a pack is to be put, to be submitted then. @throws SatelliteError QUOTA_EXCEEDED */
  upload(request: UploadPublication, principal: Principal): Promise<PackPlace>;
  /** Takes the bytes of a zip whose store signs no addresses. @throws SatelliteError NOT_FOUND, BAD_USER_INPUT */
  receive(upload: string, bytes: Readable, signal: AbortSignal): Promise<void>;
  claim(request: DecideOn, principal: Principal): Promise<PublicationChange>;
  comment(
    request: DecideOn & { readonly replyTo: string | undefined },
    principal: Principal,
  ): Promise<PublicationChange>;
  requestChanges(request: DecideOn, principal: Principal): Promise<PublicationChange>;
  /** @throws SatelliteError CONFLICT where the digest is not that of the version as it is, or the source has changed */
  approve(
    request: DecideOn & { readonly digest: string; readonly confirmRestart: boolean },
    principal: Principal,
  ): Promise<PublicationChange>;
  reject(request: DecideOn, principal: Principal): Promise<PublicationChange>;
  withdraw(request: DecideOn, principal: Principal): Promise<PublicationChange>;
  /** The latest version, or the one that is named; null where it does not exist for the principal. */
  find(id: string, version: number | undefined, principal: Principal): Promise<SeenPublication | null>;
  versions(id: string, principal: Principal): Promise<readonly SeenPublication[]>;
  /** Latest versions, those that changed last first. */
  list(
    filter: PublicationFilter,
    principal: Principal,
  ): Promise<{ readonly found: readonly SeenPublication[]; readonly next: string | null }>;
  /** What the principal may do about a publication, of which they see this version. */
  actions(seen: SeenPublication, principal: Principal): Promise<readonly PublicationAction[]>;
  /** The version that `WITHDRAW` of these is about; null where they have none. */
  withdrawable(seen: SeenPublication, principal: Principal): Promise<SeenPublication | null>;
  comments(record: PublicationVersion): Promise<readonly PublicationComment[]>;
  /** Null while it is being made, and for readers who may not read all collections of it (any more). */
  manifest(seen: SeenPublication, principal: Principal): Promise<Manifest | null>;
  /** Of a version whose manifest is written down: read once, and kept a while. */
  summary(record: PublicationVersion): Promise<ManifestSummary>;
  /** Reads all of it. @param hidden the manifest of a version without names */
  summaryOfHidden(record: PublicationVersion, hidden: Manifest): Promise<ManifestSummary>;
  /** From the last one that reviewers decided about; null where there is none, and while the manifest is being made. */
  diff(record: PublicationVersion): Promise<PublicationDiff | null>;
  /** The job that works on a version, also of another user: whoever sees the version may know how far it is. */
  job(record: PublicationVersion): Promise<Job | null>;
  /** What happens from a position on to versions that the principal owns or reviews, as far as they see them then. */
  events(principal: Principal, position: EventPosition, signal: AbortSignal): AsyncIterable<HappenedToSeen>;
  /** A publication now and after each change of its latest version, until the signal aborts. */
  watch(id: string, principal: Principal, signal: AbortSignal): AsyncIterable<SeenPublication>;
}
