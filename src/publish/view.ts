/** Which publications exist for whom: their owners, their reviewers, and the readers of what is published. */
import type { VisibleRepositories } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import { hasPartIn, ownsPublication, type PublicationVersion } from './publication.ts';
import type { PublicationRecords } from './records.ts';
import type { PublicationFilter, SeenPublication } from './service.ts';
import { isReviewer, type PublishedSettings } from './settings.ts';
import type { Actor } from './transitions.ts';

export interface ViewOptions {
  readonly records: PublicationRecords;
  readonly repositoriesOf: (who: Identity) => Promise<VisibleRepositories>;
  readonly settings: (repository: string) => PublishedSettings | undefined;
}

const MOST = 1000;
const READ_AT_ONCE = 200;

export class PublicationView {
  readonly #options: ViewOptions;

  constructor(options: ViewOptions) {
    this.#options = options;
  }

  actor(version: PublicationVersion, who: Identity): Actor {
    const [owns, reviews] = [ownsPublication(who, version), this.#reviews(version.repository, who)];
    return { username: who.username, owns, takesPart: hasPartIn(who, version), reviews };
  }

  /** What someone is to each version of a publication: who has submitted one of them takes part in all. @param versions all of it */
  actorOf(
    versions: readonly Pick<PublicationVersion, 'submittedBy'>[],
    who: Identity,
  ): (version: PublicationVersion) => Actor {
    const submitted = versions.some(({ submittedBy }) => submittedBy === who.username);
    return (version) => {
      const actor = this.actor(version, who);
      return { ...actor, takesPart: actor.takesPart || submitted };
    };
  }

  /** Whether someone owns it or reviews it: where not, nothing of it has to be read to know that. */
  concerns(version: Parameters<typeof ownsPublication>[1] & { readonly repository: string }, who: Identity): boolean {
    return ownsPublication(who, version) || this.#reviews(version.repository, who);
  }

  /** The latest version that exists for someone, or the one that is named; null where it does not. */
  async find(id: string, version: number | undefined, who: Identity): Promise<SeenPublication | null> {
    const visible = await this.#options.repositoriesOf(who);
    if (version === undefined) return this.#latest(id, who, visible);
    const record = await this.#options.records.get(id, version);
    return record && this.#seenAs(record, who, visible);
  }

  /** As `find`.  @throws SatelliteError NOT_FOUND where it does not exist for them */
  async get(id: string, version: number | undefined, who: Identity): Promise<SeenPublication> {
    const seen = await this.find(id, version, who);
    if (seen) return seen;
    const which = version === undefined ? '' : `version ${version} of `;
    throw new SatelliteError('NOT_FOUND', `There is no ${which}publication '${id}' that you may see.`);
  }

  /** The latest first. */
  async versions(id: string, who: Identity): Promise<readonly SeenPublication[]> {
    const visible = await this.#options.repositoriesOf(who);
    const versions = await this.#options.records.versions(id);
    return versions.flatMap((record) => this.#seenAs(record, who, visible) ?? []);
  }

  /** @throws SatelliteError BAD_USER_INPUT */
  async list(
    filter: PublicationFilter,
    who: Identity,
    now: number,
  ): Promise<{ readonly found: readonly SeenPublication[]; readonly next: string | null }> {
    const { states, repository, owner, toReview, first } = filter;
    if (first < 1 || first > MOST) {
      throw new SatelliteError('BAD_USER_INPUT', `"first" is ${first}, but must be 1 to ${MOST}.`);
    }
    const visible = await this.#options.repositoriesOf(who);
    const { records } = this.#options;
    const found: SeenPublication[] = [];
    let last = '';
    for (let after = readCursor(filter.after); ;) {
      const repositories = repository === undefined ? undefined : [repository];
      const undecided = toReview ? (['SUBMITTED', 'IN_REVIEW'] as const) : undefined;
      const page = await records.list({ states: undecided, repositories, owner, after, first: READ_AT_ONCE });
      const shown = page.map((record) => this.#seenAs(record, who, visible));
      const looked = page.filter((_, i) => toReview || shown[i] === null).map(({ publication }) => publication);
      const earlier = await records.versionsOf(looked);
      for (const [i, record] of page.entries()) {
        const versions = earlier.get(record.publication) ?? [];
        const seen = shown[i] ?? this.#firstSeen(versions, who, visible);
        after = { changedAt: record.changedAt, publication: record.publication };
        if (!seen || (states && !states.includes(seen.record.state))) continue;
        if (toReview && !waitsFor(seen.record, this.actorOf(versions, who)(seen.record), now)) continue;
        if (found.length === first) return { found, next: last };
        found.push(seen);
        // Of the row, whose latest version decides the order, whichever version of it is seen.
        last = writeCursor(record);
      }
      if (page.length < READ_AT_ONCE) return { found, next: null };
    }
  }

  async #latest(id: string, who: Identity, visible: VisibleRepositories): Promise<SeenPublication | null> {
    return this.#firstSeen(await this.#options.records.versions(id), who, visible);
  }

  #firstSeen(
    latestFirst: readonly PublicationVersion[],
    who: Identity,
    visible: VisibleRepositories,
  ): SeenPublication | null {
    for (const record of latestFirst) {
      const seen = this.#seenAs(record, who, visible);
      if (seen) return seen;
    }
    return null;
  }

  #seenAs(record: PublicationVersion, who: Identity, visible: VisibleRepositories): SeenPublication | null {
    const { owns, reviews } = this.actor(record, who);
    if (owns) return { record, role: 'OWNER' };
    if (reviews && record.submittedAt !== null) return { record, role: 'REVIEWER' };
    const { state, repository, source, readers, generation } = record;
    const isReader =
      state === 'PUBLISHED'
        ? source.collections.every((name) => visible.allows(repository, name))
        : // A tombstone is for those who may know that it was there: who was let in by name may not be any more.
          state === 'WITHDRAWN' && generation !== null && readers.allUsers && visible.find(repository) !== undefined;
    return isReader ? { record, role: 'READER' } : null;
  }

  #reviews(repository: string, who: Identity): boolean {
    const settings = this.#options.settings(repository);
    return settings !== undefined && isReviewer(settings, who);
  }
}

function waitsFor(
  { claimedBy, claimedUntil }: PublicationVersion,
  { username, takesPart, reviews }: Actor,
  now: number,
): boolean {
  const isFree = claimedBy === null || claimedBy === username || (claimedUntil ?? 0) <= now;
  return reviews && !takesPart && isFree;
}

function writeCursor({ changedAt, publication }: PublicationVersion): string {
  return Buffer.from(`${changedAt} ${publication}`).toString('base64url');
}

/** @throws SatelliteError BAD_USER_INPUT */
function readCursor(cursor: string | undefined) {
  if (cursor === undefined) return undefined;
  const [, at, id] = /^(\d{1,15}) ([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (at !== undefined && id !== undefined) return { changedAt: Number(at), publication: id };
  throw new SatelliteError(
    'BAD_USER_INPUT',
    '"after" is no cursor of publications: take "endCursor" of the page before.',
  );
}
