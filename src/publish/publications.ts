/** Publications as the faces call them. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { GrantStore } from '../access/grant-store.ts';
import { satelliteOf } from '../access/grants.ts';
import type { Memberships } from '../access/memberships.ts';
import { nameInAddresses, type OfferedRepository, type VisibleRepositories } from '../access/policy.ts';
import type { Identity, Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import { isGlob } from '../butler/glob.ts';
import { HeldError, type Job, type JobKind, type Jobs } from '../jobs/job.ts';
import { Watcher } from '../jobs/watcher.ts';
import type { State } from '../state/state.ts';
import { prepareTables } from '../state/tables.ts';
import type { FileResolver } from '../access/file-resolution.ts';
import { needsRestart } from './checks.ts';
import type { PublicationCommit } from './commit.ts';
import { diffOf } from './diff.ts';
import type { Manifest } from './manifest.ts';
import { ManifestStore } from './manifest-store.ts';
import type { PublicationComment, PublicationVersion } from './publication.ts';
import { Outbox } from './outbox.ts';
import { publishKind, withdrawKind } from './publish-kind.ts';
import { remind } from './reminders.ts';
import { ReaderGrants } from './reader-grants.ts';
import { PublicationRecords } from './records.ts';
import type {
  DecideOn,
  PublicationChange,
  PublicationDiff,
  PublicationFilter,
  PublicationService,
  SeenPublication,
  SubmitPublication,
} from './service.ts';
import type { PublishedSettings, Webhook } from './settings.ts';
import { refuseOpenServers } from './served-directly.ts';
import { REREAD_BYTES, SourceChangedError, Sources, type PublishedRepository, type SourcesOptions } from './sources.ts';
import {
  knownSubmitter,
  moved,
  notKnown,
  submitKind,
  type PublicationParts,
  type VersionInput,
} from './submit-kind.ts';
import { PUBLICATION_TABLES } from './tables.ts';
import * as law from './transitions.ts';
import { PublicationView } from './view.ts';

export interface PublicationsOptions {
  readonly state: State;
  readonly jobs: Jobs;
  readonly memberships: Pick<Memberships, 'of'>;
  /** The repositories that exist for someone now. */
  readonly repositoriesOf: (who: Identity) => Promise<VisibleRepositories>;
  readonly files: FileResolver;
  readonly satelliteById: SourcesOptions['satelliteById'];
  /** The repositories of the configuration. */
  readonly offered: readonly OfferedRepository[];
  readonly settings: readonly PublishedSettings[];
  readonly webhooks: readonly Webhook[];
  readonly commit: PublicationCommit;
  /** How long `submit` waits for a manifest before it leaves it to the job, ms. */
  readonly waitMilliseconds: number;
  /** How often what other gateways did is looked for, ms. */
  readonly pollMilliseconds?: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

const LONGEST_TITLE = 200;
const LONGEST_TEXT = 20_000;
const LOOK_MILLISECONDS = 60_000;
const DELIVER_MILLISECONDS = 2000;
const HOUR_MILLISECONDS = 3_600_000;
const DAY_MILLISECONDS = 24 * HOUR_MILLISECONDS;
/** Tries of a change that others come before. */
const TRIES = 20;

export class Publications implements PublicationService {
  readonly #options: PublicationsOptions;
  readonly #records: PublicationRecords;
  readonly #store: ManifestStore;
  readonly #sources: Sources;
  readonly #view: PublicationView;
  readonly #watcher: Watcher<null>;
  readonly #parts: PublicationParts;
  readonly #outbox: Outbox;
  readonly #closed = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  /** What is done now and then, one after the other. */
  #working: Promise<void> = Promise.resolve();
  readonly #kinds: Readonly<Record<'submit' | 'publish' | 'withdraw', JobKind<VersionInput>>>;

  /** Makes or renews its tables, and defines its kinds of jobs. */
  static async open(options: PublicationsOptions, signal: AbortSignal): Promise<Publications> {
    await prepareTables(options.state.database, PUBLICATION_TABLES, signal);
    const publications = new Publications(options);
    await refuseOpenServers(publications.#records, options.settings);
    return publications;
  }

  private constructor(options: PublicationsOptions) {
    const { state, jobs, memberships, repositoriesOf, files, webhooks, commit, now, log } = options;
    this.#options = options;
    this.#records = new PublicationRecords(
      state.database,
      webhooks.map(({ name }) => name),
      now,
    );
    this.#store = new ManifestStore(state.database);
    const published = (name: string) => this.#published(name);
    this.#sources = new Sources({
      ...{ store: this.#store, repositoriesOf, files, memberships, published },
      satelliteById: options.satelliteById,
    });
    this.#view = new PublicationView({
      records: this.#records,
      repositoriesOf,
      settings: (name) => options.settings.find((one) => one.name === name),
    });
    this.#watcher = new Watcher(
      async (ids) => (await this.#records.positions(ids)).map((position) => ({ ...position, record: null })),
      options.pollMilliseconds ?? 1000,
      log,
    );
    const changed = (id: string) => this.#watcher.changed(id);
    this.#parts = { records: this.#records, store: this.#store, sources: this.#sources, jobs, memberships, changed };
    this.#outbox = new Outbox(state.database, webhooks, now, log);
    const grants = new ReaderGrants(new GrantStore(state.database, now), memberships);
    const publishParts = { ...this.#parts, commit, grants, repositoriesOf };
    const publish = publishKind(publishParts);
    const withdraw = withdrawKind(publishParts);
    const submit = submitKind(
      this.#parts,
      (version) => this.#isApprovedByRule(version),
      (version) => this.#enqueue(publish, version),
    );
    const kinds: readonly JobKind<VersionInput>[] = [submit, publish, withdraw];
    for (const kind of kinds) jobs.define(kind);
    this.#kinds = { submit, publish, withdraw };
  }

  async submit(request: SubmitPublication, principal: Principal): Promise<PublicationChange> {
    const checked = checkedRequest(request);
    const offered = await this.#sources.owned(checked.satellite, principal);
    const repository = await this.#repository(checked.repository, principal);
    const signal = AbortSignal.timeout(LOOK_MILLISECONDS);
    const { username, token } = principal;
    const ctx = { caller: { username, ...(token !== undefined && { token }) }, signal };
    // What is not there is said at once, not by the job.
    await offered.repository.collections({ search: checked.collections, includeChains: true }, ctx);
    const version = await this.#add(checked, offered, repository, principal);
    const job = await this.#enqueue(this.#kinds.submit, version, token);
    const done = await this.#waitFor(job, version.submittedBy);
    if (done?.state === 'FAILED' && done.error) {
      const { code, message } = done.error;
      throw new SatelliteError(code as SatelliteError['code'], message);
    }
    const seen = await this.#seen(version.publication, principal);
    return { publication: seen, job: done && done.state !== 'COMPLETED' ? done : null };
  }

  claim({ publication, comment }: DecideOn, principal: Principal): Promise<PublicationChange> {
    return this.#decide(publication, principal, comment, (version, actor, now) => law.claim(version, actor, now));
  }

  requestChanges({ publication, comment }: DecideOn, principal: Principal): Promise<PublicationChange> {
    return this.#decide(publication, principal, comment, (version, actor, now) =>
      law.requestChanges(version, actor, comment, now),
    );
  }

  reject({ publication, comment }: DecideOn, principal: Principal): Promise<PublicationChange> {
    return this.#decide(publication, principal, comment, (version, actor, now) =>
      law.reject(version, actor, comment, now),
    );
  }

  async comment(
    { publication, comment, replyTo }: Parameters<PublicationService['comment']>[0],
    principal: Principal,
  ): Promise<PublicationChange> {
    const { record } = await this.#seen(publication, principal, 'AUTHOR');
    const text = law.reasonOf(checkedText('comment', comment), 'what you want to say');
    if (replyTo !== undefined && !(await this.#records.comments(publication)).some(({ id }) => id === replyTo)) {
      throw new SatelliteError('NOT_FOUND', `There is no comment '${replyTo}' on this publication.`);
    }
    await this.#records.comment(record, { author: principal.username, text, replyTo: replyTo ?? null });
    this.#parts.changed(publication);
    return { publication: await this.#seen(publication, principal), job: null };
  }

  async approve(
    { publication, digest, comment, confirmRestart }: Parameters<PublicationService['approve']>[0],
    principal: Principal,
  ): Promise<PublicationChange> {
    const wanted = { digest, confirmRestart };
    const { record } = await this.#seen(publication, principal, 'AUTHOR');
    // Whether it may be approved at all is said before anything is read again.
    law.approve(record, this.#view.actor(record, principal), wanted, this.#options.now());
    await this.#compare(record);
    const { publication: seen } = await this.#decide(publication, principal, comment, (version, actor, now) =>
      law.approve(version, actor, wanted, now),
    );
    const approved = seen.record;
    if (!law.isReady(approved, needsRestart(approved))) return { publication: seen, job: null };
    return { publication: seen, job: await this.#enqueue(this.#kinds.publish, approved) };
  }

  async withdraw({ publication, comment }: DecideOn, principal: Principal): Promise<PublicationChange> {
    const changed = await this.#decide(
      publication,
      principal,
      comment,
      (version, actor) => law.withdraw(version, actor, comment),
      law.toWithdraw,
    );
    const { record } = changed.publication;
    if (record.state !== 'WITHDRAWN') return changed;
    const job = await this.#enqueue(this.#kinds.withdraw, record);
    return { ...changed, job };
  }

  /** Goes on with what was left, tells webhooks what happens, and reminds of what nobody does. */
  async start(): Promise<void> {
    await this.#store.removeLeft(Date.now() - DAY_MILLISECONDS, AbortSignal.timeout(LOOK_MILLISECONDS));
    await this.#recover();
    const every = (milliseconds: number, work: () => Promise<unknown>, what: string) =>
      setInterval(() => {
        this.#working = this.#working
          .then(work)
          .then(() => undefined)
          .catch((err: unknown) => this.#options.log.warn({ err }, `could not ${what}`));
      }, milliseconds).unref();
    if (this.#options.webhooks.length > 0) {
      const deliver = () => this.#outbox.deliver(this.#closed.signal);
      this.#timers.push(every(DELIVER_MILLISECONDS, deliver, 'tell webhooks of publications'));
    }
    this.#timers.push(every(HOUR_MILLISECONDS, () => this.remind(), 'remind of publications'));
  }

  /** Reminds of what is due now, and ends what is. */
  async remind(): Promise<void> {
    const { settings, now } = this.#options;
    await remind({ ...this.#parts, settings: (name) => settings.find((one) => one.name === name), now });
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#closed.abort();
    await this.#working;
  }

  /** Work that a gateway did not begin that ended after the decision that asks for it. */
  async #recover(): Promise<void> {
    for (const version of await this.#records.inStates(['DRAFT', 'APPROVED', 'WITHDRAWN'])) {
      const kind = await this.#unbegun(version);
      if (kind) await this.#enqueue(kind, version);
    }
  }

  async #unbegun(version: PublicationVersion): Promise<JobKind<VersionInput> | null> {
    const { submit, publish, withdraw } = this.#kinds;
    switch (version.state) {
      case 'DRAFT':
        return version.job === null ? submit : null;
      case 'APPROVED':
        return law.isReady(version, needsRestart(version)) ? publish : null;
      default: {
        const versions = await this.#records.versions(version.publication);
        const isReplaced = versions.some((one) => one.version > version.version && one.generation !== null);
        return version.generation === null || isReplaced ? null : withdraw;
      }
    }
  }

  find(id: string, version: number | undefined, principal: Principal): Promise<SeenPublication | null> {
    return this.#view.find(id, version, principal);
  }

  versions(id: string, principal: Principal): Promise<readonly SeenPublication[]> {
    return this.#view.versions(id, principal);
  }

  list(filter: PublicationFilter, principal: Principal) {
    return this.#view.list(filter, principal, this.#options.now());
  }

  comments({ publication }: PublicationVersion): Promise<readonly PublicationComment[]> {
    return this.#records.comments(publication);
  }

  manifest(record: PublicationVersion): Manifest | null {
    return record.digest === null ? null : this.#store.read(record, AbortSignal.timeout(LOOK_MILLISECONDS));
  }

  async diff(record: PublicationVersion): Promise<PublicationDiff | null> {
    const before = record.version === 1 ? null : await this.#records.get(record.publication, record.version - 1);
    if (!before || before.digest === null || record.digest === null) return null;
    return diffOf(before, record, this.#store, AbortSignal.timeout(LOOK_MILLISECONDS));
  }

  async job({ job, submittedBy }: PublicationVersion): Promise<Job | null> {
    return job === null ? null : this.#options.jobs.find(job, submittedBy);
  }

  async *watch(id: string, principal: Principal, signal: AbortSignal): AsyncGenerator<SeenPublication, void> {
    await this.#seen(id, principal);
    for await (const _ of this.#watcher.changes(id, signal)) {
      const seen = await this.#view.find(id, undefined, principal);
      if (!seen) return;
      yield seen;
    }
  }

  /** Makes a step of somebody's, where the law lets them; told with their comment. */
  async #decide(
    id: string,
    principal: Principal,
    comment: string | null,
    step: (version: PublicationVersion, actor: law.Actor, now: number) => law.Step,
    choose: (latestFirst: readonly PublicationVersion[]) => PublicationVersion | undefined = ([latest]) => latest,
  ): Promise<PublicationChange> {
    const text = checkedText('comment', comment)?.trim();
    const author = principal.username;
    for (let i = 0; i < TRIES; i++) {
      const { record: latest } = await this.#seen(id, principal, 'AUTHOR');
      const seen = await this.#view.versions(id, principal);
      const record = choose(seen.map((one) => one.record)) ?? latest;
      const next = step(record, this.#view.actor(record, principal), this.#options.now());
      const event = { event: next.state ?? 'CONFIRMED', actor: author, detail: {} };
      const said = text ? { author, text, replyTo: null } : null;
      const after = await this.#records.change(record, next, event, said);
      if (!after) continue;
      this.#parts.changed(id);
      const role = this.#view.actor(after, principal).owns ? 'OWNER' : 'REVIEWER';
      return { publication: { record: after, role }, job: null };
    }
    throw new SatelliteError('CONFLICT', 'It is being changed by others at this moment: try again.');
  }

  /** @throws SatelliteError CONFLICT where the source is not what was submitted; the version is STALE then */
  async #compare(record: PublicationVersion): Promise<void> {
    const who = await knownSubmitter(record, this.#options.memberships).catch(heldAsConflict);
    const ctx = { caller: { username: who.username }, signal: AbortSignal.timeout(this.#options.waitMilliseconds) };
    try {
      await this.#sources.compare(record, who, REREAD_BYTES, ctx);
    } catch (error) {
      if (!(error instanceof SourceChangedError)) throw error;
      if (who.groupsAreOutdated) heldAsConflict(notKnown(who.username, error.message));
      await moved(this.#parts, record, (now) => law.failed(now, 'STALE', error.message));
      throw new SatelliteError('CONFLICT', `${error.message} It is STALE: its owner has to submit it again.`);
    }
  }

  async #add(
    request: SubmitPublication,
    offered: OfferedRepository,
    { name: repository }: PublishedSettings,
    principal: Principal,
  ): Promise<PublicationVersion> {
    const now = this.#options.now();
    const { title, description, licence, readers, collections, search } = request;
    const source = {
      repository: nameInAddresses(offered),
      satelliteId: satelliteOf(offered.resource ?? '') ?? null,
      collections,
      search,
    };
    const fresh = {
      state: 'DRAFT',
      revision: 1,
      repository,
      submittedBy: principal.username,
      source,
      title,
      description,
      licence,
      readers,
      digest: null,
      checks: [],
      datasets: 0,
      bytes: 0,
      reason: null,
      claimedBy: null,
      claimedUntil: null,
      approvedBy: null,
      approvedDigest: null,
      restartConfirmed: false,
      generation: null,
      job: null,
      createdAt: now,
      submittedAt: null,
      changedAt: now,
    } as const;
    if (request.publication === undefined) {
      const whose = { owner: principal.username, group: offered.group ?? null, groupId: offered.groupId ?? null };
      const first = { ...fresh, ...whose, publication: randomUUID(), version: 1 };
      await this.#records.add(first);
      return first;
    }
    const { record } = await this.#seen(request.publication, principal, 'AUTHOR');
    law.checkResubmission(record, this.#view.actor(record, principal));
    if (record.repository !== repository) {
      throw new SatelliteError('BAD_USER_INPUT', `It is published in '${record.repository}': its versions stay there.`);
    }
    const { publication, owner, group, groupId } = record;
    const next = { ...fresh, publication, owner, group, groupId, version: record.version + 1 };
    if (await this.#records.addNext(next, record)) return next;
    throw new SatelliteError('CONFLICT', 'It has changed at this moment: look at it again.');
  }

  /** The job that works on a version, which remembers it. */
  async #enqueue(kind: JobKind<VersionInput>, record: PublicationVersion, token?: string): Promise<Job> {
    const { publication, version, submittedBy: owner } = record;
    const job = await this.#options.jobs.enqueue(kind, {
      owner,
      subject: `publication:${publication}`,
      input: { publication, version },
      // One of a kind for a version: `retryJob` goes on with it.
      idempotencyKey: `${publication} ${version}`,
      ...(token !== undefined && { token }),
    });
    await moved(this.#parts, record, () => ({ job: job.id }));
    return job;
  }

  /** The job when it has ended, or as it is after the time that one waits. */
  async #waitFor({ id }: Job, owner: string): Promise<Job | null> {
    let last: Job | null = null;
    const { jobs, waitMilliseconds } = this.#options;
    for await (const job of jobs.watch(id, owner, AbortSignal.timeout(waitMilliseconds))) last = job;
    return last;
  }

  /** @param as `AUTHOR`: one who may do something about it. @throws SatelliteError NOT_FOUND, FORBIDDEN */
  async #seen(id: string, principal: Identity, as: 'ANY' | 'AUTHOR' = 'ANY'): Promise<SeenPublication> {
    const seen = await this.#view.find(id, undefined, principal);
    if (!seen) throw new SatelliteError('NOT_FOUND', `There is no publication '${id}' that you may see.`);
    if (as === 'ANY' || seen.role !== 'READER') return seen;
    throw new SatelliteError('FORBIDDEN', 'Only its owner and its reviewers may do that.');
  }

  async #repository(called: string | undefined, principal: Identity): Promise<PublishedSettings> {
    const visible = await this.#options.repositoriesOf(principal);
    const known = this.#options.settings.filter(({ name }) => visible.find(name));
    const found = called === undefined && known.length === 1 ? known[0] : known.find(({ name }) => name === called);
    if (found) return found;
    const names = known.map(({ name }) => `'${name}'`).join(', ');
    throw new SatelliteError(
      'BAD_USER_INPUT',
      called === undefined
        ? `Say in "repository" where it is to be published: ${names}.`
        : `'${called}' is no published repository. ${names === '' ? 'There is none for you.' : `There are: ${names}.`}`,
    );
  }

  #published(name: string): PublishedRepository {
    const settings = this.#options.settings.find((one) => one.name === name);
    const offered = this.#options.offered.find((one) => one.name === name);
    if (settings && offered) return { settings, offered };
    throw new SatelliteError('NOT_FOUND', `The published repository '${name}' is not configured any more.`);
  }

  #isApprovedByRule({ repository, readers, group, checks }: PublicationVersion): boolean {
    const { approveForOwnGroup } = this.#published(repository).settings;
    if (!approveForOwnGroup || group === null || checks.some(({ state }) => state !== 'PASSED')) return false;
    return !readers.allUsers && readers.users.length === 0 && readers.groups.every((name) => name === group);
  }
}

/** @throws SatelliteError BAD_USER_INPUT */
function checkedRequest(request: SubmitPublication): SubmitPublication {
  const { collections, search, title } = request;
  const wrong = (message: string) => new SatelliteError('BAD_USER_INPUT', message);
  if (collections.length === 0) throw wrong('"collections" is empty: name at least one.');
  const glob = collections.find((name) => isGlob(name));
  if (glob !== undefined) throw wrong(`"collections" takes names, and '${glob}' is a pattern.`);
  if (title.trim() === '' || title.length > LONGEST_TITLE) {
    throw wrong(`"title" must have 1 to ${LONGEST_TITLE} characters.`);
  }
  checkedText('description', request.description);
  checkedText('licence', request.licence);
  const other = search?.collections.find((name) => !collections.includes(name));
  if (other !== undefined) throw wrong(`"search" goes through '${other}', which is not among "collections".`);
  return { ...request, collections: [...new Set(collections)] };
}

/** @throws SatelliteError BAD_USER_INPUT */
function checkedText(name: string, text: string | null): string | null {
  if (text === null || text.length <= LONGEST_TEXT) return text;
  throw new SatelliteError('BAD_USER_INPUT', `"${name}" is longer than ${LONGEST_TEXT} characters.`);
}

/** A request does not wait as a job does. @throws SatelliteError CONFLICT */
function heldAsConflict(error: unknown): never {
  if (!(error instanceof HeldError)) throw error;
  throw new SatelliteError('CONFLICT', error.message);
}
