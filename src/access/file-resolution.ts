/**
 * Finds the bytes of a dataset's file for someone, wherever its record leads: into the repository's own store, to another
 * repository of this gateway, or to an address elsewhere.  Every right is checked again at every step.
 */
import type { Readable } from 'node:stream';
import { SatelliteError } from '../butler/errors.ts';
import { readLocalFile } from '../repository/local-file.ts';
import type { Outbound } from '../repository/outbound.ts';
import { splitZipPath } from '../repository/recorded-path.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { ByteRange, FileRecord, FileSource } from '../repository/rows.ts';
import { parsePermanentAddress, type AddressedFile } from './permanent-address.ts';
import type { VisibleRepositories } from './policy.ts';

/** Where the bytes can be had, for the one who asked. */
export type ResolvedSource = Exclude<FileSource, { readonly kind: 'reference' }>;

export type WantedFile = Omit<AddressedFile, 'capability'>;

export interface FileResolverOptions {
  /** Addresses of this gateway, as they may stand in records: its `publicUrl`, and the one that it listens on. */
  readonly ownUrls: () => readonly string[];
  /** Configured RemoteButler servers: stock `transfer_from(…, transfer="unsafe_direct")` records addresses below their url. */
  readonly remotes: readonly { readonly name: string; readonly url: string }[];
  readonly outbound: Outbound;
}

/** References to references; more is a circle. */
const MAX_HOPS = 8;
const DOWNLOAD = /^\/v1\/dataset\/([0-9a-f-]{36})\/download$/i;

export class FileResolver {
  readonly #options: FileResolverOptions;

  constructor(options: FileResolverOptions) {
    this.#options = options;
  }

  /**
   * Follows references until there is something to read.
   * @param ownOnly whether what is elsewhere is not there: no reference is followed
   * @throws SatelliteError NOT_FOUND (it is gone, or not shared with the caller; the message says which dataset and what to
   *   do), FORBIDDEN (its record leads to where the gateway does not fetch), UPSTREAM_UNAVAILABLE
   */
  async find(
    file: WantedFile,
    repositories: VisibleRepositories,
    ctx: QueryContext,
    ownOnly = false,
  ): Promise<ResolvedSource> {
    let wanted = file;
    for (let hop = 0; hop <= MAX_HOPS; hop++) {
      const offered = hop === 0 ? repositories.get(wanted.repository) : repositories.find(wanted.repository);
      const source = offered && (await sourceOf(offered.repository, wanted, ctx));
      if (!source || (ownOnly && source.kind === 'reference'))
        throw hop === 0 ? await noFile(offered!.repository, wanted, ctx) : targetGone(file, wanted);
      if (source.kind === 'url') return this.#given(wanted, source, ctx);
      if (source.kind !== 'reference') return source;
      const next = this.#here(source.url, wanted.fileName);
      if (!next) return this.#elsewhere(file, source, ctx);
      wanted = next;
    }
    throw new SatelliteError(
      'NOT_FOUND',
      `The reference to dataset ${file.uuid} leads in a circle and never to a file: ${REPAIR}`,
    );
  }

  /** Bytes of what was found; the stream fails rather than end early. */
  async read(source: ResolvedSource, range: ByteRange | null, signal: AbortSignal): Promise<Readable> {
    switch (source.kind) {
      case 'path':
        return readLocalFile(source, range, signal);
      case 'stream':
        return source.open(range, signal);
      case 'url': {
        const request = { ...range, expectedSize: source.size, trusted: true, signal };
        return (await this.#options.outbound.fetchArtifact(source.url, request)).stream;
      }
    }
  }

  /**
   * Bytes of the whole file: as whoever has it says now, but for what an official server records of its own.
   * @throws SatelliteError NOT_FOUND where it is gone, CONFLICT where it is not of the size that is recorded
   */
  async size(source: ResolvedSource, signal: AbortSignal): Promise<number> {
    if (source.kind === 'url') return source.size ?? this.#measure(source.url, true, signal);
    if (source.kind === 'stream' && source.size > 0) (await source.open({ start: 0, end: 0 }, signal)).destroy();
    return source.size;
  }

  /** What the repository's own server or store gave: as it is, or the member of the zip that it leads to. */
  async #given(
    wanted: WantedFile,
    source: Extract<FileSource, { readonly kind: 'url' }>,
    ctx: QueryContext,
  ): Promise<ResolvedSource> {
    const { file: url, member } = splitZipPath(source.url);
    if (!/^https?:\/\//i.test(url)) {
      throw new SatelliteError(
        'NOT_FOUND',
        `The server of repository '${wanted.repository}' gives the file of dataset ${wanted.uuid} at an address that cannot be ` +
          'reached by http: tell its operators.',
      );
    }
    if (member === null) return source;
    const { outbound } = this.#options;
    const zip = {
      size: await this.#measure(url, true, ctx.signal),
      read: async (range: ByteRange, signal: AbortSignal) =>
        (await outbound.fetchArtifact(url, { ...range, trusted: true, signal })).stream,
    };
    const { zipMember } = await import('../repository/direct/datastore/zip-member.ts');
    const found = await zipMember(zip, member, source.size, ctx.signal);
    if (!found)
      throw new SatelliteError('NOT_FOUND', `The zip that holds dataset ${wanted.uuid} has no '${member}' in it.`);
    return found;
  }

  /** The dataset of this gateway that an address in a record stands for; undefined for addresses elsewhere. */
  #here(url: string, fileName: string): WantedFile | undefined {
    const own = parsePermanentAddress(url, this.#options.ownUrls());
    if (own) return own;
    if (!URL.canParse(url)) return undefined;
    const address = new URL(url);
    for (const remote of this.#options.remotes) {
      const base = new URL(remote.url);
      if (base.origin !== address.origin || !address.pathname.startsWith(base.pathname)) continue;
      const uuid = DOWNLOAD.exec(address.pathname.slice(base.pathname.length))?.[1]?.toLowerCase();
      if (uuid === undefined) continue;
      return { repository: remote.name, uuid, component: address.searchParams.get('component'), fileName };
    }
    return undefined;
  }

  /** An address that whoever wrote the record chose: read by the gateway itself, if its configuration allows that. */
  async #elsewhere(
    { repository, uuid }: WantedFile,
    { url, size }: { readonly url: string; readonly size: number | null },
    ctx: QueryContext,
  ): Promise<ResolvedSource> {
    const { outbound } = this.#options;
    try {
      outbound.check(url);
    } catch (error) {
      if (!(error instanceof SatelliteError)) throw error;
      throw new SatelliteError(
        'FORBIDDEN',
        `Dataset ${uuid} is recorded in repository '${repository}' at an address that is not given out. ${error.message} If ` +
          'it is an address that this gateway had before, `satellite move-references` mends it.',
      );
    }
    const known = size ?? (await this.#measure(url, false, ctx.signal));
    return {
      kind: 'stream',
      size: known,
      open: async (range, signal) =>
        (await outbound.fetchArtifact(url, { ...range, expectedSize: known, signal })).stream,
    };
  }

  async #measure(url: string, trusted: boolean, signal: AbortSignal): Promise<number> {
    const { size, stream } = await this.#options.outbound.fetchArtifact(url, { end: 0, trusted, signal });
    stream.destroy();
    if (size !== null) return size;
    throw new SatelliteError(
      'CONFLICT',
      'The file’s store does not tell its size, so that it cannot be given in parts.',
    );
  }
}

/** What to do about a dataset whose file is gone: a transfer alone leaves what is recorded as it is. */
export const REPAIR =
  'remove it from the satellite, or unstore it there (removeDatasets) and then transfer it again from where it is now.';

/**
 * The source of a file; stock clients drop the query of an address here and there, and mean by its file name which
 * component they want.
 */
async function sourceOf(repository: Repository, wanted: WantedFile, ctx: QueryContext): Promise<FileSource | null> {
  const { uuid, component, fileName } = wanted;
  const source = await repository.fileSource(uuid, component, ctx);
  if (source || component !== null) return source;
  const named = (await filesOf(repository, uuid, ctx)).filter((file) => file.fileName === fileName);
  const [only] = named;
  if (named.length !== 1 || only!.component === null) return null;
  return repository.fileSource(uuid, only!.component, ctx);
}

async function filesOf(repository: Repository, uuid: string, ctx: QueryContext): Promise<readonly FileRecord[]> {
  return (await repository.files([uuid], ctx)).get(uuid) ?? [];
}

async function noFile(repository: Repository, wanted: WantedFile, ctx: QueryContext): Promise<SatelliteError> {
  const { uuid, component, repository: name } = wanted;
  const what = component === null ? `Dataset ${uuid}` : `Component '${component}' of dataset ${uuid}`;
  const components = (await filesOf(repository, uuid, ctx)).flatMap((file) => file.component ?? []);
  const advice =
    components.length > 0
      ? `Its files are components: ask with ?component= one of ${components.join(', ')}.`
      : `If a satellite refers to it, ${REPAIR}`;
  return new SatelliteError(
    'NOT_FOUND',
    `${what} has no file in repository '${name}' (any more), or is not shared with you. ${advice}`,
  );
}

function targetGone(from: WantedFile, { repository, uuid }: WantedFile): SatelliteError {
  return new SatelliteError(
    'NOT_FOUND',
    `Dataset ${from.uuid} is a reference to dataset ${uuid} of repository '${repository}', which has no file there any more, ` +
      `or is not shared with you: ${REPAIR}`,
  );
}
