/** Publications as the faces call them. */
import type { Readable } from 'node:stream';
import { GrantStore } from '../access/grant-store.ts';
import type { Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Job, JobKind } from '../jobs/job.ts';
import { Watcher } from '../jobs/watcher.ts';
import { failpoint } from '../repository/failpoints.ts';
import type { PublishedGrants } from '../satellite/grant-request.ts';
import { prepareTables } from '../state/tables.ts';
import type { PublicationAction } from './allowed.ts';
import { needsRestart } from './checks.ts';
import { Decisions } from './decisions.ts';
import type { Manifest } from './manifest.ts';
import type { ManifestSummary } from './manifest-summary.ts';
import { ManifestStore } from './manifest-store.ts';
import { ManifestView } from './manifest-view.ts';
import { grantedReadersIn, usedGrants } from './granted-readers.ts';
import { EventFeed, type EventPosition, type HappenedEvent } from './event-feed.ts';
import { giveUp, keptOut } from './giving-up.ts';
import { GrantRights } from './grant-rights.ts';
import { otherReadersIn } from './other-readers.ts';
import { Outbox } from './outbox.ts';
import type { PublicationComment, PublicationVersion } from './publication.ts';
import { PublicationChores } from './publication-chores.ts';
import type { PublicationsOptions } from './publications-options.ts';
import { closeToReaders, publishKind, withdrawKind, type PublishParts } from './publish-kind.ts';
import { ReaderGrants } from './reader-grants.ts';
import { Packs, type PackPlace } from './packs/packs.ts';
import { PublicationRecords } from './records.ts';
import { RefereeLinks } from './referee/referee-links.ts';
import type {
  DecideOn,
  HappenedToSeen,
  PublicationChange,
  PublicationDiff,
  PublicationFilter,
  PublicationService,
  SeenPublication,
  SubmitPublication,
  UploadPublication,
} from './service.ts';
import { Sources, type PublishedRepository } from './sources.ts';
import { submitKind, type PublicationParts, type VersionInput } from './submit-kind.ts';
import { Submissions } from './submissions.ts';
import { checkedText } from './submit-request.ts';
import { PUBLICATION_TABLES } from './tables.ts';
import * as law from './transitions.ts';
import { isTakenBack, ownerOfJob, VersionJobs, type VersionKinds } from './version-jobs.ts';
import { PublicationView } from './view.ts';
import { refuseOpenServers } from './served-directly.ts';

export class Publications implements PublicationService {
  /** What is asked before somebody grants or revokes what is published. */
  readonly grants: PublishedGrants;
  readonly referees: RefereeLinks;
  readonly #options: PublicationsOptions;
  readonly #records: PublicationRecords;
  readonly #store: ManifestStore;
  readonly #packs: Packs;
  readonly #sources: Sources;
  readonly #view: PublicationView;
  readonly #watcher: Watcher<null>;
  readonly #feed: EventFeed;
  readonly #parts: PublicationParts;
  readonly #publishParts: PublishParts;
  readonly #chores: PublicationChores;
  readonly #kinds: VersionKinds;
  readonly #jobs: VersionJobs;
  readonly #decisions: Decisions;
  readonly #submissions: Submissions;
  readonly #manifests: ManifestView;

  /** Makes or renews its tables, and defines its kinds of jobs. */
  static async open(options: PublicationsOptions, signal: AbortSignal): Promise<Publications> {
    await prepareTables(options.state.database, PUBLICATION_TABLES, signal);
    const publications = new Publications(options);
    const grants = new GrantStore(options.state.database, options.now);
    await refuseOpenServers(publications.#records, publications.#store, grants, options.settings);
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
    const grantStore = new GrantStore(state.database, now);
    const official = options.offered.filter(({ kind }) => kind === 'OFFICIAL');
    this.#packs = new Packs({
      ...{ database: state.database, store: this.#store, publicUrl: options.publicUrl, now, log },
      repositories: options.settings.map(({ name }) => name),
      artifacts: (name) => commit.artifacts(name),
      maxBytes: (name) => published(name).settings.maxBytes,
      needed: () => this.#records.neededUploads(),
    });
    this.#sources = new Sources({
      ...{ store: this.#store, repositoriesOf, files, memberships, published, packs: this.#packs },
      usedBytes: (version) => this.#records.usedBytes(version),
      usedGrants: (version) => usedGrants(grantStore, version),
      official,
      configured: options.offered,
      grantedReaders: grantedReadersIn(grantStore),
      madeFrom: options.madeFrom,
    });
    const repositories = options.settings.map(({ name }) => published(name));
    this.grants = new GrantRights(state.database, { ...{ repositories, official, memberships }, store: this.#store });
    this.#view = new PublicationView({
      records: this.#records,
      repositoriesOf,
      settings: (name) => options.settings.find((one) => one.name === name),
    });
    this.#manifests = new ManifestView({ records: this.#records, store: this.#store, repositoriesOf, published });
    const milliseconds = options.pollMilliseconds ?? 1000;
    this.#watcher = new Watcher(
      async (ids) => (await this.#records.positions(ids)).map((position) => ({ ...position, record: null })),
      milliseconds,
      log,
    );
    this.#feed = new EventFeed({ database: state.database, now, milliseconds, log });
    const changed = (id: string) => this.#watcher.changed(id);
    this.#parts = { records: this.#records, store: this.#store, sources: this.#sources, jobs, memberships, changed };
    const { waitMilliseconds, settings } = options;
    this.#jobs = new VersionJobs({ ...this.#parts, commit, waitMilliseconds, log });
    const seeing = { ...this.#parts, view: this.#view, now };
    const decisions = new Decisions({ ...seeing, versionJobs: this.#jobs, waitMilliseconds });
    this.#decisions = decisions;
    this.#submissions = new Submissions({ ...seeing, decisions, settings, repositoriesOf, packs: this.#packs });
    this.referees = new RefereeLinks({
      ...{ database: state.database, files, repositoriesOf, ...seeing },
      published: (name) => published(name).offered.repository,
    });
    const grants = new ReaderGrants(grantStore, memberships, otherReadersIn(state.database));
    const publishParts = { ...this.#parts, commit, grants, repositoriesOf };
    this.#publishParts = publishParts;
    const publish = publishKind(publishParts);
    const withdraw = withdrawKind(publishParts);
    const submit = submitKind(
      this.#parts,
      (version) => law.isApprovedByRule(version, published(version.repository).settings),
      (version) => this.#jobs.enqueue(publish, version),
    );
    const kinds: readonly JobKind<VersionInput>[] = [submit, publish, withdraw];
    for (const kind of kinds) jobs.define(kind);
    this.#kinds = { submit, publish, withdraw };
    this.#chores = new PublicationChores({
      ...{ parts: this.#parts, store: this.#store, packs: this.#packs, jobs: this.#jobs, kinds: this.#kinds },
      ...{ outbox: new Outbox(state.database, webhooks, now, log), settings, webhooks, now, log },
    });
  }

  async submit(request: SubmitPublication, principal: Principal): Promise<PublicationChange> {
    const version = await this.#submissions.add(request, principal);
    const job = await this.#jobs.enqueue(this.#kinds.submit, version, principal.token);
    const done = await this.#jobs.waitFor(job, version.submittedBy);
    if (done?.state === 'FAILED' && done.error) {
      const { code, message } = done.error;
      throw new SatelliteError(code as SatelliteError['code'], message);
    }
    const seen = await this.#decisions.seen(version.publication, principal);
    return { publication: seen, job: done && done.state !== 'COMPLETED' ? done : null };
  }

  async upload({ repository, size, sha256 }: UploadPublication, principal: Principal): Promise<PackPlace> {
    const { name } = await this.#submissions.repository(repository, principal);
    return this.#packs.open(principal.username, name, size, sha256);
  }

  receive(upload: string, bytes: Readable, signal: AbortSignal): Promise<void> {
    return this.#packs.receive(upload, bytes, signal);
  }

  claim(request: DecideOn, principal: Principal): Promise<PublicationChange> {
    return this.#decisions.decide(request, principal, law.claim);
  }

  requestChanges(request: DecideOn, principal: Principal): Promise<PublicationChange> {
    return this.#decisions.decide(request, principal, (version, actor, now) =>
      this.#keptOut(version, law.requestChanges(version, actor, request.comment, now)),
    );
  }

  reject(request: DecideOn, principal: Principal): Promise<PublicationChange> {
    return this.#decisions.decide(request, principal, (version, actor, now) =>
      this.#keptOut(version, law.reject(version, actor, request.comment, now)),
    );
  }

  #keptOut(version: PublicationVersion, step: law.Step): Promise<law.Step> {
    return keptOut(this.#options.commit, this.#options.waitMilliseconds, version, step);
  }

  async comment(
    { publication, comment, replyTo }: Parameters<PublicationService['comment']>[0],
    principal: Principal,
  ): Promise<PublicationChange> {
    const { record } = await this.#decisions.seen(publication, principal, 'AUTHOR');
    const text = law.reasonOf(checkedText('comment', comment), 'what you want to say');
    if (replyTo !== undefined && !(await this.#records.comments(publication)).some(({ id }) => id === replyTo)) {
      throw new SatelliteError('NOT_FOUND', `There is no comment '${replyTo}' on this publication.`);
    }
    await this.#records.comment(record, { author: principal.username, text, replyTo: replyTo ?? null });
    this.#parts.changed(publication);
    return { publication: await this.#decisions.seen(publication, principal), job: null };
  }

  async approve(
    request: Parameters<PublicationService['approve']>[0],
    principal: Principal,
  ): Promise<PublicationChange> {
    const { record } = await this.#decisions.seen(request.publication, principal, 'AUTHOR');
    // Whether it may be approved at all is said before anything is read again.
    law.approve(record, this.#view.actor(record, principal), request, this.#options.now());
    await this.#decisions.compare(record);
    const { publication: seen } = await this.#decisions.decide(request, principal, (version, actor, now) =>
      law.approve(version, actor, request, now),
    );
    const approved = seen.record;
    if (!law.isReady(approved, needsRestart(approved))) return { publication: seen, job: null };
    failpoint('publication:before-job');
    return { publication: seen, job: await this.#jobs.enqueue(this.#kinds.publish, approved) };
  }

  async withdraw(request: DecideOn, principal: Principal): Promise<PublicationChange> {
    const { commit, waitMilliseconds } = this.#options;
    const step = (version: PublicationVersion, actor: law.Actor) =>
      giveUp(commit, waitMilliseconds, version, actor, request);
    const changed = await this.#decisions.decide(request, principal, step, law.toWithdraw);
    const { record } = changed.publication;
    if (!isTakenBack(record)) return changed;
    const job = await this.#jobs.enqueue(this.#kinds.withdraw, record);
    // The job has to wait where others work: nobody reads it meanwhile.
    if (record.state === 'WITHDRAWN') await closeToReaders(this.#publishParts, record);
    return { ...changed, job };
  }

  start(): Promise<void> {
    return this.#chores.start();
  }

  /** Reminds of what is due now, and ends what is. */
  remind(): Promise<void> {
    return this.#chores.remind();
  }

  close(): Promise<void> {
    return this.#chores.close();
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

  actions(seen: SeenPublication, principal: Principal): Promise<readonly PublicationAction[]> {
    return this.#decisions.actions(seen, principal);
  }

  withdrawable(seen: SeenPublication, principal: Principal): Promise<SeenPublication | null> {
    return this.#decisions.withdrawable(seen, principal);
  }

  comments({ publication }: PublicationVersion): Promise<readonly PublicationComment[]> {
    return this.#records.comments(publication);
  }

  manifest(seen: SeenPublication, principal: Principal): Promise<Manifest | null> {
    return this.#manifests.manifest(seen, principal);
  }

  summary(record: PublicationVersion): Promise<ManifestSummary> {
    return this.#manifests.summary(record);
  }

  summaryOfHidden(record: PublicationVersion, manifest: Manifest): Promise<ManifestSummary> {
    return this.#manifests.summaryOfHidden(record, manifest);
  }

  diff(record: PublicationVersion): Promise<PublicationDiff | null> {
    return this.#manifests.diff(record);
  }

  async job(record: PublicationVersion): Promise<Job | null> {
    return record.job === null ? null : this.#options.jobs.find(record.job, ownerOfJob(record));
  }

  async *watch(id: string, principal: Principal, signal: AbortSignal): AsyncGenerator<SeenPublication, void> {
    await this.#decisions.seen(id, principal);
    for await (const _ of this.#watcher.changes(id, signal)) {
      const seen = await this.#view.find(id, undefined, principal);
      if (!seen) return;
      yield seen;
    }
  }

  events(principal: Principal, position: EventPosition, signal: AbortSignal): AsyncGenerator<HappenedToSeen, void> {
    const seen = async (happened: HappenedEvent): Promise<HappenedToSeen | null> => {
      if (!this.#view.concerns(happened, principal)) return null;
      const { id, event, at, version } = happened;
      const publication = await this.#view.find(happened.publication, version, principal);
      return publication && publication.role !== 'READER' ? { id, event, at, version, publication } : null;
    };
    return this.#feed.from(position, seen, signal);
  }

  #published(name: string): PublishedRepository {
    const settings = this.#options.settings.find((one) => one.name === name);
    const offered = this.#options.offered.find((one) => one.name === name);
    if (settings && offered) return { settings, offered };
    throw new SatelliteError('NOT_FOUND', `The published repository '${name}' is not configured any more.`);
  }
}
