/** What people decide about a version: seen as what they are to it, by the law, and each a compare-and-set. */
import type { Identity, Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import { allowedActions, withdrawable, type Participant, type PublicationAction } from './allowed.ts';
import { HeldError } from '../jobs/job.ts';
import type { PublicationVersion } from './publication.ts';
import type { DecideOn, PublicationChange, SeenPublication } from './service.ts';
import { NoRoomError, SourceChangedError } from './source-contents.ts';
import { REREAD_BYTES, type Sources } from './sources.ts';
import { knownSubmitter, moved, notKnown, type PublicationParts } from './submit-kind.ts';
import { checkedText } from './submit-request.ts';
import * as law from './transitions.ts';
import { ENDS_WORK, type VersionJobs } from './version-jobs.ts';
import type { PublicationView } from './view.ts';

export interface DecisionsOptions extends Pick<PublicationParts, 'records' | 'memberships' | 'changed'> {
  readonly sources: Pick<Sources, 'compare' | 'checkClashes'>;
  readonly view: PublicationView;
  readonly versionJobs: Pick<VersionJobs, 'end'>;
  /** How long an approval compares the source, ms. */
  readonly waitMilliseconds: number;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Tries of a change that others come before. */
const TRIES = 20;

export class Decisions {
  readonly #options: DecisionsOptions;

  constructor(options: DecisionsOptions) {
    this.#options = options;
  }

  /** Makes a step of somebody's, where the law lets them and the version is what they mean; told with their comment. */
  async decide(
    { publication: id, comment, ...meant }: DecideOn,
    principal: Principal,
    step: (version: PublicationVersion, actor: law.Actor, now: number) => law.Step | Promise<law.Step>,
    choose: (latestFirst: readonly PublicationVersion[], actor: law.Actor) => PublicationVersion | undefined = ([
      latest,
    ]) => latest,
  ): Promise<PublicationChange> {
    const text = checkedText('comment', comment)?.trim();
    const author = principal.username;
    for (let i = 0; i < TRIES; i++) {
      const { record: latest } = await this.seen(id, principal, 'AUTHOR');
      const seen = await this.#options.view.versions(id, principal);
      const records = seen.map((one) => one.record);
      const record = choose(records, this.#options.view.actor(latest, principal)) ?? latest;
      law.checkMeant(record, meant);
      const actorOf = await this.#actorOf(id, principal);
      const next = await step(record, actorOf(record), this.#options.now());
      const event = { event: next.state ?? 'CONFIRMED', actor: author, detail: {} };
      const said = text ? { author, text, replyTo: null } : null;
      const after = await this.#options.records.change(record, next, event, said);
      if (!after) continue;
      this.#options.changed(id);
      if (next.state !== undefined && ENDS_WORK.has(next.state)) await this.#options.versionJobs.end(record);
      const role = this.#options.view.actor(after, principal).owns ? 'OWNER' : 'REVIEWER';
      return { publication: { record: after, role }, job: null };
    }
    throw new SatelliteError('CONFLICT', 'It is being changed by others at this moment: try again.');
  }

  /** What someone may do about a publication of which they see this version. */
  async actions(seen: SeenPublication, principal: Principal): Promise<readonly PublicationAction[]> {
    const participant = await this.#participant(seen, principal);
    return participant ? allowedActions(participant, this.#options.now()) : [];
  }

  /** The version that someone would withdraw who sees this one; null where they may not. */
  async withdrawable(seen: SeenPublication, principal: Principal): Promise<SeenPublication | null> {
    const participant = await this.#participant(seen, principal);
    const record = participant && withdrawable(participant);
    return record && this.#options.view.find(record.publication, record.version, principal);
  }

  /** Null for readers, and for who looks at a version before the latest. */
  async #participant({ record, role }: SeenPublication, principal: Principal): Promise<Participant | null> {
    if (role === 'READER') return null;
    const seen = await this.#options.view.versions(record.publication, principal);
    const [latest, ...earlier] = seen.map((one) => one.record);
    if (latest?.version !== record.version) return null;
    return { latestFirst: [latest, ...earlier], actorOf: await this.#actorOf(record.publication, principal) };
  }

  /** What someone is to each version, where they may have submitted another one. */
  async #actorOf(id: string, who: Identity): Promise<(version: PublicationVersion) => law.Actor> {
    return this.#options.view.actorOf(await this.#options.records.versions(id), who);
  }

  /**
   * As far as time and the source allow.
   * @throws SatelliteError CONFLICT where the source is not what was submitted; the version is STALE then; QUOTA_EXCEEDED where
   *   there is no room for it now
   */
  async compare(record: PublicationVersion): Promise<void> {
    const who = await knownSubmitter(record, this.#options.memberships).catch(heldAsConflict);
    const ctx = { caller: { username: who.username }, signal: AbortSignal.timeout(this.#options.waitMilliseconds) };
    try {
      await this.#options.sources.compare(record, who, REREAD_BYTES, ctx);
      const versions = await this.#options.records.versions(record.publication);
      const replaced = versions.find(({ version, generation, goneSince }) => {
        return version !== record.version && generation !== null && goneSince === null;
      });
      await this.#options.sources.checkClashes(record, who, replaced ?? null, ctx);
    } catch (error) {
      if (!(error instanceof SourceChangedError)) {
        // The job tells before anything becomes visible: it compares all of so much, however long that takes, and waits for
        // the token of who submitted it, where a source asks for that.
        if (ctx.signal.aborted || (error instanceof SatelliteError && error.code === 'UNAUTHENTICATED')) return;
        throw error;
      }
      if (error instanceof NoRoomError) {
        throw new SatelliteError('QUOTA_EXCEEDED', `${error.message} It can be approved when there is room.`);
      }
      if (who.groupsAreOutdated) heldAsConflict(notKnown(who.username, error.message));
      await moved(this.#options, record, (now) => law.failed(now, 'STALE', error.message));
      throw new SatelliteError('CONFLICT', `${error.message} It is STALE: its owner has to submit it again.`);
    }
  }

  /** The latest version that somebody sees. @param as `AUTHOR`: one who may do something about it. @throws SatelliteError NOT_FOUND, FORBIDDEN */
  async seen(id: string, principal: Identity, as: 'ANY' | 'AUTHOR' = 'ANY'): Promise<SeenPublication> {
    const seen = await this.#options.view.get(id, undefined, principal);
    if (as === 'ANY' || seen.role !== 'READER') return seen;
    throw new SatelliteError('FORBIDDEN', 'Only its owner and its reviewers may do that.');
  }
}

/** A request does not wait as a job does. @throws SatelliteError CONFLICT */
function heldAsConflict(error: unknown): never {
  if (!(error instanceof HeldError)) throw error;
  throw new SatelliteError('CONFLICT', error.message);
}
