/** Packs: zips that users upload to publish what is in them, kept in the published repository's store until it is published. */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ResolvedSource } from '../../access/file-resolution.ts';
import { SatelliteError } from '../../butler/errors.ts';
import { inBatches } from '../../butler/in-batches.ts';
import type { Universe } from '../../butler/universe.ts';
import type { Transaction, WriteableDatabase } from '../../repository/direct/database.ts';
import { UnexpectedBytesError } from '../../repository/direct/datastore/measured.ts';
import type { ContentsSummary } from '../contents.ts';
import type { ManifestName, ManifestStore } from '../manifest-store.ts';
import { pathOfUpload, REMOVAL, removeOldUploads, type UploadStores } from './old-uploads.ts';
import { memberOf, PackError } from './pack-format.ts';
import { PackRecords, takeUpload, type PackUpload } from './pack-records.ts';
import { readPack, type ReadPack } from './read-pack.ts';
import { verifyMembers } from './verify-members.ts';
import {
  MEMBER_HEADER_BYTES,
  openDirectory,
  type PackMember,
  type ZipBytes,
  type ZipDirectory,
} from './zip-directory.ts';

export interface PacksOptions extends UploadStores {
  readonly database: WriteableDatabase;
  readonly store: ManifestStore;
  /** Most bytes of one publication in a repository. */
  readonly maxBytes: (repository: string) => number;
  /** Address of the gateway as its users see it. */
  readonly publicUrl: () => string;
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

/** How long a zip may be put to the gateway. */
const OPEN_SECONDS = 3600;
/** Beside the files: the manifest, and the zip's own. */
const MOST_OTHER_BYTES = 2 ** 30;
/** Of one PUT to S3. */
const MOST_PUT_BYTES = 5 * 2 ** 30;
const MEMBERS_AT_ONCE = 1000;
const NAMED = 5;
const STATE_MILLISECONDS = 60_000;

export class Packs {
  readonly #options: PacksOptions;
  readonly #records: PackRecords;
  /** Identifiers of uploads that are coming in. */
  readonly #receiving = new Set<string>();

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
    const most = maxBytes(repository) + MOST_OTHER_BYTES;
    let taken = await this.#records.bytes(owner, repository);
    if (taken + size > most) {
      await removeOldUploads(this.#records, this.#options, owner);
      taken = await this.#records.bytes(owner, repository);
    }
    if (taken + size > most) throw noRoom(size, taken, repository, most);
    const upload = { id: randomBytes(24).toString('base64url'), owner, repository, size, sha256: sha256.toLowerCase() };
    const signed = await (await artifacts(repository)).signedUpload(pathOfUpload(upload), upload);
    if (signed && size > MOST_PUT_BYTES) {
      const message = `The zip has ${size} bytes, and the store takes ${MOST_PUT_BYTES} at once: publish in several parts.`;
      throw new SatelliteError('QUOTA_EXCEEDED', message);
    }
    await this.#records.add({ ...upload, createdAt: now() });
    // Others can have been asked for at that moment, of another gateway too: then none of them gets in, rather than all.
    taken = (await this.#records.bytes(owner, repository)) - size;
    if (taken + size > most) {
      await this.#records.remove(upload.id);
      throw noRoom(size, taken, repository, most);
    }
    const own = { url: `${publicUrl()}/uploads/publications/${upload.id}`, headers: {}, seconds: OPEN_SECONDS };
    const { url, headers, seconds } = signed ?? own;
    return { id: upload.id, url, headers, expiresAt: now() + seconds * 1000 };
  }

  /**
   * Takes the bytes of a zip whose store signs no addresses: whoever has the address may put exactly the promised ones.
   * @throws SatelliteError NOT_FOUND, BAD_USER_INPUT; CONFLICT where they are there, or are coming already
   */
  async receive(id: string, bytes: Readable, signal: AbortSignal): Promise<void> {
    const upload = await this.#records.get(id);
    if (!upload || upload.createdAt + OPEN_SECONDS * 1000 < this.#options.now()) {
      throw new SatelliteError('NOT_FOUND', 'There is no upload at this address (any more): ask for a new one.');
    }
    if (this.#receiving.has(id)) {
      throw new SatelliteError(
        'CONFLICT',
        'The zip is being put already: wait for that to end, and put it again if it failed.',
      );
    }
    this.#receiving.add(id);
    try {
      if (await this.isThere(id)) throw new SatelliteError('CONFLICT', 'The zip is there already: submit it.');
      await (await this.#options.artifacts(upload.repository)).write(pathOfUpload(upload), bytes, upload, signal);
    } catch (error) {
      if (!(error instanceof UnexpectedBytesError)) throw error;
      throw new SatelliteError(
        'BAD_USER_INPUT',
        `The bytes of the zip are not those that were promised: ${error.what}. Nothing was kept.`,
      );
    } finally {
      this.#receiving.delete(id);
    }
  }

  /**
   * Makes sure that somebody has an upload, whose bytes are there.
   * @param publication that they are for, where it is there already
   * @returns what takes it, in the transaction that adds a version: CONFLICT where something else has meanwhile
   * @throws SatelliteError NOT_FOUND; CONFLICT where it was not put yet, or is another publication's; BAD_USER_INPUT where it is
   *   of another repository
   */
  async uploaded(
    id: string,
    owner: string,
    repository: string,
    publication: string | undefined,
  ): Promise<(version: ManifestName, transaction: Transaction) => Promise<void>> {
    const upload = await this.#records.get(id);
    if (upload?.owner !== owner || upload.takenBy === REMOVAL) {
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
    if (!(await this.isThere(id))) {
      const message = 'The zip is not there yet: PUT it to the address that `uploadPublication` gave.';
      throw new SatelliteError('CONFLICT', message);
    }
    return async (version, transaction) => {
      if (await takeUpload(transaction, upload, `${version.publication} ${version.version}`)) return;
      throw new SatelliteError(
        'CONFLICT',
        'The zip was submitted otherwise at this moment: look at your publications.',
      );
    };
  }

  /** Whether all of an upload is (still) there. */
  async isThere(id: string): Promise<boolean> {
    const upload = await this.#records.get(id);
    if (!upload) return false;
    const artifacts = await this.#options.artifacts(upload.repository);
    const stored = await artifacts.stat(pathOfUpload(upload), AbortSignal.timeout(STATE_MILLISECONDS));
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

  /** See `removeOldUploads`. */
  removeOld(): Promise<void> {
    return removeOldUploads(this.#records, this.#options);
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
      zip: { size: upload.size, read: (range, signal) => artifacts.read(pathOfUpload(upload), range, signal) },
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
  for await (const chunk of await zip.read({ start: at, end: at + MEMBER_HEADER_BYTES - 1 }, signal)) {
    chunks.push(chunk as Uint8Array);
  }
  const header = Buffer.concat(chunks);
  const content = at + MEMBER_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  return zip.read({ start: content + start, end: content + end }, signal);
}

function noRoom(size: number, taken: number, repository: string, most: number): SatelliteError {
  return new SatelliteError(
    'QUOTA_EXCEEDED',
    `The zip has ${size} bytes, and ${taken} bytes of yours wait already to be published in '${repository}': ${most} may. ` +
      'Publish less at once, or withdraw what is not to be published.',
  );
}

function gone(): SatelliteError {
  return new SatelliteError('NOT_FOUND', 'The zip that was uploaded is not there any more: upload it anew.');
}
