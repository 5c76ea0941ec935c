/** Packs: zips that users upload to publish what is in them, kept in the published repository's store until it is published. */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ResolvedSource } from '../../access/file-resolution.ts';
import { SatelliteError } from '../../butler/errors.ts';
import { inBatches } from '../../butler/in-batches.ts';
import type { Universe } from '../../butler/universe.ts';
import type { WriteableDatabase } from '../../repository/direct/database.ts';
import type { ArtifactStore } from '../../repository/direct/datastore/artifact-store.ts';
import { UnexpectedBytesError } from '../../repository/direct/datastore/measured.ts';
import type { ContentsSummary } from '../contents.ts';
import type { ManifestName, ManifestStore } from '../manifest-store.ts';
import { memberOf, PackError } from './pack-format.ts';
import { PackRecords, type PackUpload } from './pack-records.ts';
import { readPack, type ReadPack } from './read-pack.ts';
import { verifyMembers } from './verify-members.ts';
import { openDirectory, type PackMember, type ZipBytes, type ZipDirectory } from './zip-directory.ts';

export interface PacksOptions {
  readonly database: WriteableDatabase;
  readonly store: ManifestStore;
  /** Where the files of a published repository are. */
  readonly artifacts: (repository: string) => Promise<ArtifactStore>;
  /** Most bytes of one publication in a repository. */
  readonly maxBytes: (repository: string) => number;
  /** Address of the gateway as its users see it. */
  readonly publicUrl: () => string;
  /** Uploads that are still to be published, and with which publication. */
  readonly needed: () => Promise<ReadonlyMap<string, string>>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Where a zip is to be put. */
export interface PackPlace {
  readonly id: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** What was found in a pack. */
export interface ExaminedPack extends ReadPack {
  /** UUIDs of the first datasets that run what is in their files when they are read. */
  readonly runningCode: ContentsSummary['runningCode'];
}

/** How long a zip may be put, ms. Addresses that a store signs may end sooner. */
const OPEN_MILLISECONDS = 3_600_000;
/** How long what nobody submits is kept, ms. */
const KEPT_MILLISECONDS = 24 * 3_600_000;
/** Beside the files: the manifest, and the zip's own. */
const MOST_OTHER_BYTES = 2 ** 30;
/** Of one PUT to S3. */
const MOST_PUT_BYTES = 5 * 2 ** 30;
const MEMBERS_AT_ONCE = 1000;
const HEADER_BYTES = 30;
const NAMED = 5;
const STATE_MILLISECONDS = 60_000;

export class Packs {
  readonly #options: PacksOptions;
  readonly #records: PackRecords;

  constructor(options: PacksOptions) {
    this.#options = options;
    this.#records = new PackRecords(options.database);
  }

  /**
   * Says where a zip is to be put.
   * @param repository where what is in it is to be published
   * @throws SatelliteError BAD_USER_INPUT; QUOTA_EXCEEDED where it, or all that its owner has uploaded and not published, is too large
   */
  async open(owner: string, repository: string, size: number, sha256: string): Promise<PackPlace> {
    const { maxBytes, now, artifacts, publicUrl } = this.#options;
    if (!Number.isSafeInteger(size) || size < 1 || !/^[0-9a-f]{64}$/i.test(sha256)) {
      throw new SatelliteError(
        'BAD_USER_INPUT',
        '"size" has to be the bytes of the zip, and "sha256" their SHA-256 in hexadecimal.',
      );
    }
    await this.removeOld();
    const most = maxBytes(repository) + MOST_OTHER_BYTES;
    const others = await this.#records.list(owner);
    const taken = others.filter((one) => one.repository === repository).reduce((sum, one) => sum + one.size, 0);
    if (taken + size > most) {
      throw new SatelliteError(
        'QUOTA_EXCEEDED',
        `The zip has ${size} bytes, and ${taken} bytes of yours wait already to be published in '${repository}': ${most} may. ` +
          'Publish less at once, or withdraw what is not to be published.',
      );
    }
    const upload = { id: randomBytes(24).toString('base64url'), owner, repository, size, sha256: sha256.toLowerCase() };
    const signed = await (await artifacts(repository)).signedUpload(pathOf(upload), upload);
    if (signed && size > MOST_PUT_BYTES) {
      const message = `The zip has ${size} bytes, and the store takes ${MOST_PUT_BYTES} at once: publish in several parts.`;
      throw new SatelliteError('QUOTA_EXCEEDED', message);
    }
    await this.#records.add({ ...upload, createdAt: now() });
    const { url, headers } = signed ?? { url: `${publicUrl()}/uploads/publications/${upload.id}`, headers: {} };
    return { id: upload.id, url, headers, expiresAt: now() + OPEN_MILLISECONDS };
  }

  /**
   * Takes the bytes of a zip whose store signs no addresses: whoever has the address may put exactly the promised ones.
   * @throws SatelliteError NOT_FOUND, BAD_USER_INPUT
   */
  async receive(id: string, bytes: Readable, signal: AbortSignal): Promise<void> {
    const upload = await this.#records.get(id);
    if (!upload || upload.createdAt + OPEN_MILLISECONDS < this.#options.now()) {
      throw new SatelliteError('NOT_FOUND', 'There is no upload at this address (any more): ask for a new one.');
    }
    try {
      await (await this.#options.artifacts(upload.repository)).write(pathOf(upload), bytes, upload, signal);
    } catch (error) {
      if (!(error instanceof UnexpectedBytesError)) throw error;
      throw new SatelliteError(
        'BAD_USER_INPUT',
        `The bytes of the zip are not those that were promised: ${error.what}. Nothing was kept.`,
      );
    }
  }

  /**
   * Makes sure that somebody has an upload, whose bytes are there.
   * @param publication that they are for, where it is there already
   * @throws SatelliteError NOT_FOUND; CONFLICT where it was not put yet, or is another publication's; BAD_USER_INPUT where it is
   *   of another repository
   */
  async checkUploaded(id: string, owner: string, repository: string, publication: string | undefined): Promise<void> {
    const upload = await this.#records.get(id);
    if (upload?.owner !== owner) {
      const message = `There is no upload '${id.slice(0, 60)}' of yours (any more): ask for a new one.`;
      throw new SatelliteError('NOT_FOUND', message);
    }
    if (upload.repository !== repository) {
      throw new SatelliteError('BAD_USER_INPUT', `It was uploaded to be published in '${upload.repository}'.`);
    }
    const by = (await this.#options.needed()).get(id);
    if (by !== undefined && by !== publication) {
      throw new SatelliteError('CONFLICT', `The zip is publication ${by} already: upload another one.`);
    }
    if (await this.isThere(id)) return;
    throw new SatelliteError(
      'CONFLICT',
      'The zip is not there yet: PUT it to the address that `uploadPublication` gave.',
    );
  }

  /** Whether all of an upload is (still) there. */
  async isThere(id: string): Promise<boolean> {
    const upload = await this.#records.get(id);
    if (!upload) return false;
    const artifacts = await this.#options.artifacts(upload.repository);
    const stored = await artifacts.stat(pathOf(upload), AbortSignal.timeout(STATE_MILLISECONDS));
    return stored?.size === upload.size;
  }

  /**
   * Reads all of a zip, and its manifest into the state.
   * @throws PackError where it is anything but what a pack has to be
   */
  async examine(
    id: string,
    name: ManifestName,
    universe: Universe,
    progress: (datasets: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ExaminedPack> {
    const { store } = this.#options;
    const { upload, zip } = await this.#zip(id);
    const directory = await openDirectory(zip, signal);
    await this.#index(upload, directory);
    const manifest = await directory.manifest();
    const setting = { name, store, upload: id, packs: this.#records, universe, progress, signal };
    const read = await readPack(manifest, setting).catch((error: unknown) => {
      signal.throwIfAborted();
      // What inflating it says.
      if (error instanceof PackError || error instanceof SatelliteError) throw error;
      throw new PackError('The manifest of the pack cannot be read: the zip is damaged.', { cause: error });
    });
    const members = this.#records.members(id);
    const running = await verifyMembers(zip, members, directory.start, () => progress(read.datasets), signal);
    return { ...read, runningCode: await this.#datasetsOf(running, name, signal) };
  }

  /** The bytes of a file. @throws SatelliteError NOT_FOUND */
  async find(id: string, sha256: string): Promise<ResolvedSource> {
    const { zip } = await this.#zip(id);
    const member = await this.#records.member(id, memberOf(sha256));
    if (!member) throw gone();
    return {
      kind: 'stream',
      size: member.size,
      open: (range, signal) => {
        const { start = 0, end = member.size - 1 } = range ?? {};
        return bytesOf(zip, member, start, Math.min(end, member.size - 1), signal);
      },
    };
  }

  /** Removes what nobody has submitted for a day, and of which everything is published or given up. */
  async removeOld(): Promise<void> {
    const { now, artifacts } = this.#options;
    const old = (await this.#records.list()).filter(({ createdAt }) => createdAt + KEPT_MILLISECONDS <= now());
    const needed = old.length === 0 ? new Map() : await this.#options.needed();
    for (const upload of old) {
      if (needed.has(upload.id)) continue;
      const signal = AbortSignal.timeout(STATE_MILLISECONDS);
      await (await artifacts(upload.repository)).remove([pathOf(upload)], signal);
      await this.#records.remove(upload.id);
    }
  }

  /** Writes the directory of a zip down. @throws PackError */
  async #index({ id, repository }: PackUpload, directory: ZipDirectory): Promise<void> {
    const most = this.#options.maxBytes(repository) + MOST_OTHER_BYTES;
    await this.#records.forget(id);
    let bytes = 0;
    let waiting: PackMember[] = [];
    const flush = async () => {
      for (const batch of inBatches(waiting, MEMBERS_AT_ONCE)) {
        if ((await this.#records.addMembers(id, batch)) === batch.length) continue;
        throw new PackError('The zip has two members of one name: make it with `satellite publish pack`.');
      }
      waiting = [];
    };
    for await (const member of directory.members()) {
      bytes += member.size;
      if (bytes > most)
        throw new PackError(`There are more than the ${most} bytes in the zip that one publication may have.`);
      waiting.push(member);
      if (waiting.length >= MEMBERS_AT_ONCE) await flush();
    }
    await flush();
    await this.#records.useManifest(id);
  }

  async #zip(id: string): Promise<{ readonly upload: PackUpload; readonly zip: ZipBytes }> {
    const upload = await this.#records.get(id);
    if (!upload) throw gone();
    const artifacts = await this.#options.artifacts(upload.repository);
    return {
      upload,
      zip: { size: upload.size, read: (range, signal) => artifacts.read(pathOf(upload), range, signal) },
    };
  }

  /** UUIDs of the first datasets that have some of the members. */
  async #datasetsOf(members: readonly string[], name: ManifestName, signal: AbortSignal): Promise<readonly string[]> {
    const found: string[] = [];
    if (members.length === 0) return found;
    const wanted = new Set(members);
    for await (const datasets of this.#options.store.read(name, signal).datasets()) {
      const of = datasets.filter(({ files }) => files.some(({ sha256 }) => wanted.has(memberOf(sha256))));
      found.push(...of.map(({ uuid }) => uuid));
      if (found.length >= NAMED) break;
    }
    return found.slice(0, NAMED);
  }
}

/** @param end included */
async function bytesOf(
  zip: ZipBytes,
  { start: at, size }: PackMember,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<Readable> {
  if (size === 0 || end < start) return Readable.from([]);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await zip.read({ start: at, end: at + HEADER_BYTES - 1 }, signal)) {
    chunks.push(chunk as Uint8Array);
  }
  const header = Buffer.concat(chunks);
  const content = at + HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  return zip.read({ start: content + start, end: content + end }, signal);
}

/** Relative to the root of the published repository, where no record leads. */
function pathOf({ id }: Pick<PackUpload, 'id'>): string {
  return `uploads/${id}.zip`;
}

function gone(): SatelliteError {
  return new SatelliteError('NOT_FOUND', 'The zip that was uploaded is not there any more: upload it anew.');
}
