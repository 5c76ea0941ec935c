/** The source of a version: opened as its submitter, frozen into a manifest, and compared with that later. */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FileResolver, ResolvedSource } from '../access/file-resolution.ts';
import type { Memberships } from '../access/memberships.ts';
import { nameInAddresses, type OfferedRepository, type VisibleRepositories } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { owns } from '../access/readable.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { StoreObject } from '../repository/rows.ts';
import { checkFreeNames } from './check-free-names.ts';
import { checkClashes, runChecks, unmade } from './checks.ts';
import { allReaders, checkGrantRoom, checkInputRights, checkReaders } from './check-rights.ts';
import { differenceOf } from './changed-words.ts';
import { checkNames } from './check-names.ts';
import { checkSize } from './check-size.ts';
import type { GrantedReaders } from './granted-readers.ts';
import { SECTIONS } from './items.ts';
import type { Manifest, ManifestDataset, ManifestFile } from './manifest.ts';
import { comparedName, type ManifestName, type ManifestStore } from './manifest-store.ts';
import { PackError } from './packs/pack-format.ts';
import type { Packs } from './packs/packs.ts';
import type { PublicationCheck, PublicationSource, Readers } from './publication.ts';
import type { PublishedSettings } from './settings.ts';
import {
  NoRoomError,
  SourceChangedError,
  takePacked,
  takeSource,
  type Submitted,
  type Taken,
} from './source-contents.ts';

/** A repository that can be published in. */
export interface PublishedRepository {
  readonly settings: PublishedSettings;
  /** All of it. */
  readonly offered: OfferedRepository;
}

export interface SourcesOptions {
  readonly store: ManifestStore;
  /** The repositories that exist for someone now. */
  readonly repositoriesOf: (who: Identity) => Promise<VisibleRepositories>;
  readonly files: FileResolver;
  readonly memberships: Pick<Memberships, 'of'>;
  readonly grantedReaders: GrantedReaders;
  /** The official repositories of the configuration, whoever they exist for. */
  readonly official: readonly OfferedRepository[];
  /** All repositories of the configuration. */
  readonly configured: readonly OfferedRepository[];
  /** Of which repositories the data of a source may be made. */
  readonly madeFrom: (source: Pick<PublicationSource, 'repository' | 'satelliteId'>) => Promise<ReadonlySet<string>>;
  /** @throws SatelliteError NOT_FOUND where it is not configured any more */
  readonly published: (name: string) => PublishedRepository;
  readonly packs: Packs;
  /** See `PublicationRecords`. */
  readonly usedBytes: (version: Submitted) => Promise<number>;
  /** See `granted-readers.ts`. */
  readonly usedGrants: (version: Submitted) => Promise<number>;
}

export interface Frozen {
  readonly digest: string | null;
  readonly checks: readonly PublicationCheck[];
  readonly datasets: number;
  readonly bytes: number;
}

/** What is approved beside the items of the manifest. */
export function termsOf({ title, description, licence, readers, repository, source, owner, group }: Submitted) {
  return { title, description, licence, readers, repository, source, owner, group };
}

/** Bytes that an approval reads again, where nothing tells that they are still the same; the commit hashes all. */
export const REREAD_BYTES = 256 * 2 ** 20;

export class Sources {
  readonly #options: SourcesOptions;

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  /**
   * A repository that someone owns, as what they submit comes from.
   * @throws SatelliteError NOT_FOUND; FORBIDDEN where it is only shared with them
   */
  async owned(called: string, who: Identity): Promise<OfferedRepository> {
    const offered = (await this.#options.repositoriesOf(who)).get(called);
    if (owns(who, offered)) return offered;
    throw new SatelliteError(
      'FORBIDDEN',
      `'${nameInAddresses(offered)}' is not yours: only its owner, or a member of the group that owns it, publishes what is in it.`,
    );
  }

  /** Makes the manifest of a version and checks it. @param progress told how many datasets there are so far */
  async freeze(
    version: Submitted,
    who: Identity,
    replaced: { readonly name: ManifestName; readonly manifest: Manifest } | null,
    progress: (datasets: number) => Promise<void>,
    ctx: QueryContext,
  ): Promise<Frozen> {
    const { store, memberships } = this.#options;
    const name = { publication: version.publication, version: version.version };
    await store.remove(name, ctx.signal);
    const { settings, offered: published } = this.#options.published(version.repository);
    let taken: Taken;
    try {
      taken =
        version.source.upload === undefined
          ? await takeSource(this.#options, name, version, who, null, Infinity, progress, ctx)
          : await takePacked(this.#options, name, version, version.source.upload, who, progress, ctx);
    } catch (error) {
      const code = checkOf(error);
      if (code === undefined) throw error;
      await store.remove(name, ctx.signal);
      return { digest: null, checks: unmade(code, (error as Error).message), datasets: 0, bytes: 0 };
    }
    const digest = await store.digest(name, termsOf(version), ctx.signal);
    const manifest = store.read(name, ctx.signal);
    const differences = replaced && (await store.differences(replaced.name, name, 'dataset', 0, ctx.signal));
    const checks = await runChecks(
      {
        ...taken,
        version,
        manifest,
        settings,
        published,
        configured: this.#options.official,
        others: this.#others(published),
        who,
        memberships,
        everybody: await this.#everybody(version, manifest),
        replaced: replaced?.manifest ?? null,
        used: await this.#options.usedBytes(version),
        usedGrants: await this.#options.usedGrants(version),
        changed: differences?.counts.CHANGED ?? 0,
      },
      ctx,
    );
    const { datasets, bytes } = taken.summary;
    return { digest, checks, datasets, bytes };
  }

  /**
   * Compares the source with the manifest.
   * @param rereadBytes see `MeasureSettings`
   * @throws SourceChangedError saying what has changed; SatelliteError where nobody can say
   */
  async compare(version: Submitted, who: Identity, rereadBytes: number, ctx: QueryContext): Promise<void> {
    const { store } = this.#options;
    const frozen = { publication: version.publication, version: version.version };
    if (version.source.upload !== undefined) return this.#comparePacked(version, version.source.upload, who, ctx);
    const now = { publication: comparedName(Date.now(), randomUUID()), version: 0 };
    try {
      const { official } = await takeSource(
        this.#options,
        now,
        version,
        who,
        frozen,
        rereadBytes,
        () => Promise.resolve(),
        ctx,
      );
      for (const section of SECTIONS) {
        const { counts, first } = await store.differences(frozen, now, section, NAMED, ctx.signal);
        const count = counts.ADDED + counts.REMOVED + counts.CHANGED;
        if (count === 0 || section === 'header') continue;
        throw new SourceChangedError(differenceOf(section, counts, first));
      }
      if ((await store.digest(now, termsOf(version), ctx.signal)) !== version.digest) {
        throw new SourceChangedError('Which official data it is made from has changed since it was submitted.');
      }
      await this.#checkRights(version, store.read(frozen, ctx.signal), official, who, ctx);
    } catch (error) {
      if (!(error instanceof SatelliteError) || !ABSENT.has(error.code)) throw error;
      throw new SourceChangedError(error.message);
    } finally {
      await store.remove(now, AbortSignal.timeout(60_000));
    }
  }

  /** Nobody can change what is in it: its bytes are those that were promised, and are hashed on their way. */
  async #comparePacked(version: Submitted, upload: string, who: Identity, ctx: QueryContext): Promise<void> {
    const { packs, store, repositoriesOf } = this.#options;
    if (!(await packs.isThere(upload))) throw new SourceChangedError('The zip that it came in is not there any more.');
    const official = (await repositoriesOf(who)).all.filter(({ kind }) => kind === 'OFFICIAL');
    const frozen = { publication: version.publication, version: version.version };
    await this.#checkRights(version, store.read(frozen, ctx.signal), official, who, ctx);
  }

  /**
   * Whether something has come into the published repository since that is in its way, as the commit would say: what others
   * publish while it is reviewed.
   * @param replaced the version that is there now
   * @throws SourceChangedError
   */
  async checkClashes(
    version: Submitted,
    who: Identity,
    replaced: ManifestName | null,
    ctx: QueryContext,
  ): Promise<void> {
    const { store, published } = this.#options;
    const manifest = store.read({ publication: version.publication, version: version.version }, ctx.signal);
    const setting = {
      ...{ manifest, published: published(version.repository).offered, who },
      replaced: replaced && store.read(replaced, ctx.signal),
      // What differs from that was looked at when it was submitted, and nothing can have come between.
      changed: 0,
    };
    const { state, message } = await checkClashes(setting, await manifest.collections(), ctx);
    if (state === 'FAILED') throw new SourceChangedError(message);
  }

  /** Of the configuration, that are nobody's. */
  #others(published: OfferedRepository): readonly OfferedRepository[] {
    return this.#options.configured.filter((one) => one.owner === undefined && one.name !== published.name);
  }

  /** What may have ended since: rights to its names, to name the readers, and the readers' to what it is made from; names that were free, and room. */
  async #checkRights(
    version: Submitted,
    manifest: Manifest,
    official: readonly OfferedRepository[],
    who: Identity,
    ctx: QueryContext,
  ): Promise<void> {
    const { repository, readers, group, approvedBy, approvedDigest } = version;
    const { memberships, published, official: configured } = this.#options;
    const { settings, offered } = published(repository);
    const { lineage } = await manifest.header();
    const collections = await manifest.collections();
    const everybody = await this.#everybody(version, manifest);
    const checks = [
      checkNames(collections, [], readers, who),
      checkGrantRoom(readers, collections, await this.#options.usedGrants(version), settings) ??
        checkReaders(readers, everybody, who, group, settings),
      await checkInputRights(lineage, { configured, visible: official }, everybody, offered, memberships),
    ];
    // What no reviewer has looked at has to pass in whole.
    const isByRule = approvedDigest !== null && approvedBy === null;
    const wrong = checks.find(({ state }) => state === 'FAILED' || (isByRule && state !== 'PASSED'));
    if (wrong) throw new SourceChangedError(wrong.message);
    // As nobody's: who submitted it may not be there to be asked for.
    const taken = await checkFreeNames(collections, this.#others(offered), [], ctx);
    if (taken) throw new SourceChangedError(taken.message);
    const size = checkSize(version.bytes, await this.#options.usedBytes(version), version, settings);
    if (size.state === 'FAILED') throw new NoRoomError(size.message);
  }

  async #everybody(version: Submitted, manifest: Manifest): Promise<Readers> {
    const collections = await manifest.collections();
    return allReaders(version, collections, await this.#options.grantedReaders(version, collections));
  }

  /** Of many datasets at once, the files that the source has in an object store. */
  storeObjects(
    { source }: Submitted,
    datasets: readonly ManifestDataset[],
    visible: VisibleRepositories,
    ctx: QueryContext,
  ): Promise<ReadonlyMap<string, readonly StoreObject[]>> {
    if (source.upload !== undefined) return Promise.resolve(new Map());
    const uuids = datasets.map(({ uuid }) => uuid);
    return visible.get(source.repository).repository.storeObjects(uuids, ctx);
  }

  /** The bytes of a file, as somebody who may read the source. */
  find(
    { source }: Submitted,
    uuid: string,
    { component, fileName, sha256 }: Pick<ManifestFile, 'component' | 'fileName' | 'sha256'>,
    visible: VisibleRepositories,
    ctx: QueryContext,
  ): Promise<ResolvedSource> {
    if (source.upload !== undefined) return this.#options.packs.find(source.upload, sha256);
    return this.#options.files.find({ repository: source.repository, uuid, component, fileName }, visible, ctx);
  }

  read(source: ResolvedSource, { signal }: QueryContext): Promise<Readable> {
    return this.#options.files.read(source, null, signal);
  }
}

/** The check that an error of making a manifest is a failure of; undefined for what is none of the submitter's. */
function checkOf(error: unknown): 'PACK' | 'UNIVERSE' | 'FILES' | undefined {
  if (error instanceof PackError) return 'PACK';
  return error instanceof SatelliteError ? CHECKS_OF_ERRORS.get(error.code) : undefined;
}

const CHECKS_OF_ERRORS = new Map([
  ['CONFLICT', 'UNIVERSE'],
  ['NOT_FOUND', 'FILES'],
] as const) as ReadonlyMap<string, 'UNIVERSE' | 'FILES'>;

/** Codes of what is not there (any more). */
const ABSENT: ReadonlySet<string> = new Set([
  ...['NOT_FOUND', 'MISSING_COLLECTION', 'MISSING_DATASET_TYPE', 'CONFLICT'],
  // In the place of the chain that was there.
  'COLLECTION_CYCLE',
]);

const NAMED = 3;
