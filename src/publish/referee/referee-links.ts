/**
 * Referee links: whoever has the secret of one, and is signed in, reads exactly one version of a publication, without learning
 * whose it is.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { FileResolver, ResolvedSource } from '../../access/file-resolution.ts';
import type { Memberships } from '../../access/memberships.ts';
import type { VisibleRepositories } from '../../access/policy.ts';
import { callerOf, type Identity, type Principal } from '../../access/principal.ts';
import { SatelliteError } from '../../butler/errors.ts';
import { HeldError } from '../../jobs/job.ts';
import type { WriteableDatabase } from '../../repository/direct/database.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { Manifest, ManifestFile } from '../manifest.ts';
import type { ManifestStore } from '../manifest-store.ts';
import type { PublicationCheck, PublicationVersion } from '../publication.ts';
import type { PublicationRecords } from '../records.ts';
import type { SeenPublication } from '../service.ts';
import type { Sources } from '../sources.ts';
import { knownSubmitter } from '../submit-kind.ts';
import type { PublicationView } from '../view.ts';
import { hiddenCheck, hiddenManifest, hideNames, namesToHide, type Hide } from './hidden-names.ts';
import { RefereeLinkRecords, type RefereeLink } from './link-records.ts';
import { unchangedBytes } from './unchanged-bytes.ts';

export interface RefereeLinksOptions {
  readonly database: WriteableDatabase;
  readonly records: PublicationRecords;
  readonly store: ManifestStore;
  readonly sources: Pick<Sources, 'find'>;
  readonly files: Pick<FileResolver, 'read'>;
  readonly view: PublicationView;
  readonly memberships: Pick<Memberships, 'of'>;
  /** The repositories that exist for someone now. */
  readonly repositoriesOf: (who: Identity) => Promise<VisibleRepositories>;
  /** All of a published repository. @throws SatelliteError NOT_FOUND */
  readonly published: (name: string) => Repository;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface CreateRefereeLink {
  readonly publication: string;
  /** Undefined: the latest. */
  readonly version: number | undefined;
  /** Unix milliseconds; undefined: in 30 days. */
  readonly expiresAt: number | undefined;
  readonly note: string | null;
}

/** A link, and what opens it, which nothing tells again. */
export interface CreatedRefereeLink {
  readonly link: RefereeLink;
  readonly secret: string;
}

/** What a link shows of its version: no name of those whose it is. */
export interface RefereedPublication {
  /** Which it is; nothing of it is shown but what stands here beside it. */
  readonly record: PublicationVersion;
  readonly version: number;
  readonly title: string;
  readonly description: string | null;
  readonly licence: string | null;
  readonly checks: readonly PublicationCheck[];
  readonly manifest: Manifest;
  /** Of the link, Unix milliseconds. */
  readonly expiresAt: number;
}

/** A file of it, whose stream fails before its end where the bytes are not those of the version. */
export interface RefereedFile {
  /** Without names. */
  readonly fileName: string;
  readonly size: number;
  readonly sha256: string;
  readonly open: (signal: AbortSignal) => Promise<Readable>;
}

const DAY_MILLISECONDS = 86_400_000;
const DEFAULT_DAYS = 30;
const MOST_DAYS = 90;
const MOST_LINKS = 20;
const LONGEST_NOTE = 1000;
const SECRET = /^referee-[\w-]{43}$/;
const LOOK_MILLISECONDS = 60_000;
const WINDOW_SECONDS = 60;
/** What is no link, of one user in a minute. */
const MOST_MISSES = 20;
/** Answers by one link in a minute, of this gateway. */
const MOST_ANSWERS = 600;

export class RefereeLinks {
  readonly #options: RefereeLinksOptions;
  readonly #links: RefereeLinkRecords;
  readonly #misses = new RateLimiterMemory({ points: MOST_MISSES, duration: WINDOW_SECONDS });
  readonly #answers = new RateLimiterMemory({ points: MOST_ANSWERS, duration: WINDOW_SECONDS });

  constructor(options: RefereeLinksOptions) {
    this.#options = options;
    this.#links = new RefereeLinkRecords(options.database);
  }

  /**
   * Makes a link to a version of one's own.
   * @throws SatelliteError NOT_FOUND; FORBIDDEN where it is not one's own; CONFLICT where there is nothing (any more) to read;
   *   BAD_USER_INPUT; QUOTA_EXCEEDED
   */
  async create(request: CreateRefereeLink, principal: Principal): Promise<CreatedRefereeLink> {
    const { publication, version, note } = request;
    const now = this.#options.now();
    const expiresAt = request.expiresAt ?? now + DEFAULT_DAYS * DAY_MILLISECONDS;
    if (expiresAt <= now || expiresAt > now + MOST_DAYS * DAY_MILLISECONDS) {
      throw new SatelliteError('BAD_USER_INPUT', `"expiresAt" has to be a time within the next ${MOST_DAYS} days.`);
    }
    if ((note?.length ?? 0) > LONGEST_NOTE) {
      throw new SatelliteError('BAD_USER_INPUT', `"note" may have ${LONGEST_NOTE} characters.`);
    }
    const seen = await this.#owned(publication, version, principal);
    const why = whyClosed(seen);
    if (why !== null) throw new SatelliteError('CONFLICT', why);
    const others = await this.#links.of(publication, seen.version);
    if (others.filter((link) => isLive(link, now)).length >= MOST_LINKS) {
      throw new SatelliteError('QUOTA_EXCEEDED', `There are ${MOST_LINKS} links to this version already: revoke one.`);
    }
    const secret = `referee-${randomBytes(32).toString('base64url')}`;
    const link: RefereeLink = {
      ...{ id: randomUUID(), publication, version: seen.version, note, expiresAt },
      ...{ createdBy: principal.username, createdAt: now, revokedAt: null },
    };
    await this.#links.add(link, secret);
    return { link, secret };
  }

  /** Ends a link to a version of one's own, at once. @throws SatelliteError NOT_FOUND */
  async revoke(id: string, principal: Principal): Promise<RefereeLink> {
    const link = await this.find(id, principal);
    if (!link) throw new SatelliteError('NOT_FOUND', `There is no referee link '${id.slice(0, 60)}' of yours.`);
    await this.#links.revoke(id, this.#options.now());
    return (await this.#links.get(id)) ?? link;
  }

  /** Null where it is no link to a version of one's own. */
  async find(id: string, principal: Principal): Promise<RefereeLink | null> {
    const link = await this.#links.get(id);
    const seen = link && (await this.#options.view.find(link.publication, link.version, principal));
    return seen?.role === 'OWNER' ? link : null;
  }

  /** Those of a version, the ended ones too, the latest first; none for others than its owners. */
  async list({ record, role }: SeenPublication): Promise<readonly RefereeLink[]> {
    return role === 'OWNER' ? this.#links.of(record.publication, record.version) : [];
  }

  /**
   * What a link shows.
   * @throws SatelliteError NOT_FOUND where there is no such link (any more), or its holder may not read what the version was
   *   made from; RATE_LIMITED
   */
  async open(secret: string, principal: Principal): Promise<RefereedPublication> {
    const { link, record, manifest, hide } = await this.#opened(secret, principal);
    const { version, title, description, licence, checks } = record;
    return {
      record,
      version,
      title: hide(title),
      description: description && hide(description),
      licence: licence && hide(licence),
      checks: checks.map((check) => hiddenCheck(check, hide)),
      manifest: hiddenManifest(manifest, hide),
      expiresAt: link.expiresAt,
    };
  }

  /** A file of the version. @throws SatelliteError as `open`; NOT_FOUND for what is not of this version */
  async file(secret: string, uuid: string, component: string | null, principal: Principal): Promise<RefereedFile> {
    const { record, hide } = await this.#opened(secret, principal);
    const dataset = await this.#options.store.dataset(record, uuid, AbortSignal.timeout(LOOK_MILLISECONDS));
    const file = dataset?.files.find((one) => one.component === component);
    if (!file) throw new SatelliteError('NOT_FOUND', `There is no file of dataset ${uuid} in what this link shows.`);
    const { size, sha256, fileName } = file;
    return {
      fileName: hide(fileName),
      size,
      sha256,
      open: async (signal) => {
        const source = await this.#source(record, uuid, file, signal).catch(nameless);
        const bytes = await this.#options.files.read(source, null, signal).catch(nameless);
        return unchangedBytes(bytes, file);
      },
    };
  }

  async #opened(
    secret: string,
    principal: Principal,
  ): Promise<{
    readonly link: RefereeLink;
    readonly record: PublicationVersion;
    readonly manifest: Manifest;
    readonly hide: Hide;
  }> {
    const { records, store, now } = this.#options;
    const missed = await this.#misses.get(principal.username);
    if (missed && missed.remainingPoints <= 0) throw tooMany(missed.msBeforeNext);
    const link = SECRET.test(secret) ? await this.#links.bySecret(secret) : null;
    const versions = link && isLive(link, now()) ? await records.versions(link.publication) : [];
    const record = versions.find(({ version }) => version === link?.version);
    if (!link || !record || whyClosed(record) !== null) throw await this.#missed(principal);
    await this.#answers.consume(link.id).catch((limit: unknown) => {
      throw limit instanceof RateLimiterRes ? tooMany(limit.msBeforeNext) : limit;
    });
    const manifest = store.read(record, AbortSignal.timeout(LOOK_MILLISECONDS));
    if (!(await this.#mayRead(manifest, principal))) throw await this.#missed(principal);
    const hide = hideNames(namesToHide(versions, await manifest.collections()));
    return { link, record, manifest, hide };
  }

  /** Whether someone may read all official data that a version was made from. */
  async #mayRead(manifest: Manifest, principal: Principal): Promise<boolean> {
    const { lineage } = await manifest.header();
    const visible = await this.#options.repositoriesOf(principal);
    for (const name of lineage.officialRepositories) {
      const offered = visible.find(name);
      if (!offered || (offered.admits && !(await offered.admits(callerOf(principal))))) return false;
    }
    return true;
  }

  /** The same for every reason: whoever has no right learns nothing. */
  async #missed({ username }: Principal): Promise<SatelliteError> {
    await this.#misses.consume(username).catch(() => undefined);
    return new SatelliteError(
      'NOT_FOUND',
      'There is no such referee link, or it has ended, or you may not read the official data behind it: ask whoever sent it to you.',
    );
  }

  /** @throws SatelliteError NOT_FOUND, FORBIDDEN */
  async #owned(id: string, version: number | undefined, principal: Principal): Promise<PublicationVersion> {
    const seen = await this.#options.view.get(id, version, principal);
    if (seen.role === 'OWNER') return seen.record;
    throw new SatelliteError('FORBIDDEN', 'Only its owners let referees read it.');
  }

  /** What is published is read there, and the rest where it comes from, as whoever submitted it. */
  async #source(
    record: PublicationVersion,
    uuid: string,
    file: ManifestFile,
    signal: AbortSignal,
  ): Promise<ResolvedSource> {
    const { sources, memberships, repositoriesOf, published } = this.#options;
    const ctx: QueryContext = { caller: { username: record.submittedBy }, signal };
    if (record.state !== 'PUBLISHED') {
      const who = await knownSubmitter(record, memberships);
      return sources.find(record, uuid, file, await repositoriesOf(who), ctx);
    }
    const source = await published(record.repository).fileSource(uuid, file.component, ctx);
    if (source && source.kind !== 'reference') return source;
    throw new SatelliteError('NOT_FOUND', 'The file is not there any more.');
  }
}

function isLive({ expiresAt, revokedAt }: RefereeLink, now: number): boolean {
  return revokedAt === null && expiresAt > now;
}

const OVER: ReadonlySet<string> = new Set(['REJECTED', 'CANCELLED', 'WITHDRAWN']);

/** Why nobody can read a version by a link; null where they can. */
function whyClosed({ state, digest, approvedDigest, approvedBy }: PublicationVersion): string | null {
  if (OVER.has(state)) return `It is ${state}: there is nothing to read of it any more.`;
  if (digest === null) return 'Its manifest is still to be made: wait for it, or look at its checks.';
  // Only the group's members read what no reviewer has looked at.
  if (approvedDigest !== null && approvedBy === null) {
    return 'It was approved for its group alone: submit a new version with other readers, which is reviewed.';
  }
  return null;
}

function tooMany(milliseconds: number): SatelliteError {
  const retryAfter = Math.ceil(milliseconds / 1000);
  return new SatelliteError('RATE_LIMITED', `That was asked too often: try again in ${retryAfter} s.`, { retryAfter });
}

/** Errors of where the bytes are name whose they are. */
function nameless(error: unknown): never {
  if (error instanceof SatelliteError && error.code === 'NOT_FOUND') {
    throw new SatelliteError('NOT_FOUND', 'The file is not there (any more): tell whoever sent you the link.');
  }
  if (error instanceof SatelliteError || error instanceof HeldError) {
    throw new SatelliteError('UPSTREAM_UNAVAILABLE', 'The file cannot be read now: try again later.');
  }
  throw error;
}
