/** Makes a pack of a repository that is at hand here, with nothing else than that. */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import { FileResolver } from '../../access/file-resolution.ts';
import { VisibleRepositories } from '../../access/policy.ts';
import { SatelliteError } from '../../butler/errors.ts';
import { globToRegExp } from '../../butler/glob.ts';
import { AllowedOrigins } from '../../repository/allowed-origins.ts';
import { openDirectRepository } from '../../repository/direct/open.ts';
import { WriteableSqliteDatabase } from '../../repository/direct/sqlite/writeable-sqlite-database.ts';
import { Outbound } from '../../repository/outbound.ts';
import type { QueryContext } from '../../repository/repository.ts';
import { prepareTables } from '../../state/tables.ts';
import { takeContents, type ContentsSummary } from '../contents.ts';
import { SECTIONS } from '../items.ts';
import { ManifestStore } from '../manifest-store.ts';
import { Measure } from '../measure.ts';
import { publishedStructure } from '../structure.ts';
import { PUBLICATION_TABLES } from '../tables.ts';
import { memberOf, PACK_FORMAT, PACK_MANIFEST, PACK_VERSION, type PackHeader } from './pack-format.ts';

export interface WritePack {
  /** Directory of the repository, or its `butler.yaml`. */
  readonly path: string;
  readonly collections: readonly string[];
  /** Names and globs of collections whose content stays where it is: official ones that the repository refers to. */
  readonly official: readonly string[];
  /** Directories outside of the repository whose files are packed too, where it records them. @default none */
  readonly fileRoots?: readonly string[];
  /** Where the zip is to be. */
  readonly out: string;
  /** Told how many datasets were looked at so far. */
  readonly progress?: (datasets: number) => Promise<void>;
}

/** Of all that is here once, by whoever has it here. */
const OWNER = 'packer';
const NAME = { publication: 'pack', version: 1 };
/** A zip has no other times than what is in it. */
const MTIME = new Date('2000-01-01T00:00:00Z');

/**
 * Writes the zip under a temporary name first.  What is known of a large one meanwhile lies beside it, and not in memory.
 * @throws SatelliteError where a collection is missing, or a file; RepositoryUnavailableError
 */
export async function writePack(request: WritePack, signal: AbortSignal): Promise<ContentsSummary> {
  const { path, collections, official, fileRoots = [], out, progress = () => Promise.resolve() } = request;
  const repository = await openDirectRepository({ name: 'satellite', path, fileRoots, signal });
  const temporary = `${out}.${randomUUID()}.part`;
  // On this machine's own disk: the zip may be on a file system whose locks do not hold.
  const directory = await mkdtemp(join(tmpdir(), 'satellite-pack-'));
  const notes = join(directory, 'manifest.sqlite3');
  await writeFile(notes, '');
  const database = new WriteableSqliteDatabase('pack', notes);
  try {
    await prepareTables(database, PUBLICATION_TABLES, signal);
    const store = new ManifestStore(database);
    const ctx: QueryContext = { caller: { username: OWNER }, signal };
    const files = new FileResolver({
      ownUrls: () => [],
      remotes: [],
      outbound: new Outbound({ origins: new AllowedOrigins([]) }),
    });
    const visible = new VisibleRepositories([{ name: repository.name, kind: 'SATELLITE', owner: OWNER, repository }], {
      username: OWNER,
      groups: [],
    });
    const patterns = official.map(globToRegExp);
    const isOfficial = (names: readonly string[]) =>
      Promise.resolve(new Set(names.filter((name) => patterns.some((pattern) => pattern.test(name)))));
    const structure = await publishedStructure(repository, collections, isOfficial, ctx);
    const universe = await repository.universe();
    const summary = await takeContents(
      {
        ...{ source: repository, structure, search: null, universe, isOfficial, progress },
        measure: new Measure({ files, visible, repository: repository.name, rereadBytes: Infinity }),
        known: () => Promise.resolve(new Map()),
        officialRepositories: new Set(),
      },
      (items) => store.add(NAME, items, signal).then(() => undefined),
      ctx,
    ).catch((error: unknown) => {
      throw elsewhere(error);
    });
    const header: PackHeader = {
      format: PACK_FORMAT,
      version: PACK_VERSION,
      universe: { namespace: universe.namespace, version: universe.version },
      collections: [...collections],
      officialDatasets: summary.officialDatasets,
      flattened: [...structure.flattened],
    };
    const zip = new yazl.ZipFile();
    zip.addReadStreamLazy(PACK_MANIFEST, { mtime: MTIME, compress: true }, (give) =>
      give(null, Readable.from(linesOf(header, store, signal))),
    );
    const added = new Set<string>();
    for await (const datasets of store.read(NAME, signal).datasets()) {
      for (const { uuid, files: own } of datasets) {
        for (const { sha256, size, component, fileName } of own) {
          if (added.has(sha256)) continue;
          added.add(sha256);
          const bytes = async function* () {
            const wanted = { repository: repository.name, uuid, component, fileName };
            const found = await files.read(await files.find(wanted, visible, ctx), null, signal);
            yield* unchanged(found, uuid, sha256);
          };
          zip.addReadStreamLazy(memberOf(sha256), { mtime: MTIME, compress: false, size }, (give) =>
            give(null, Readable.from(bytes(), { objectMode: false })),
          );
        }
      }
    }
    zip.end();
    // yazl tells of an error in what it was given by an event of its own, and its output would wait for ever.
    const failed = new Promise<never>((_resolve, reject) => zip.on('error', reject));
    await Promise.race([
      pipeline(zip.outputStream as Readable, createWriteStream(temporary, { flush: true, flags: 'wx' }), { signal }),
      failed,
    ]);
    await rename(temporary, out);
    return summary;
  } finally {
    await database.close();
    await repository.close();
    await rm(temporary, { force: true });
    await rm(directory, { recursive: true, force: true });
  }
}

async function* linesOf(header: PackHeader, store: ManifestStore, signal: AbortSignal): AsyncGenerator<string> {
  yield `${JSON.stringify(header)}\n`;
  for (const section of SECTIONS) {
    if (section === 'header') continue;
    for await (const contents of store.contents(NAME, section, signal)) {
      yield contents.map((content) => `["${section}",${content}]\n`).join('');
    }
  }
}

/** @throws SatelliteError where it is not what it was */
async function* unchanged(bytes: Readable, uuid: string, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    hash.update(chunk as Uint8Array);
    yield chunk as Uint8Array;
  }
  if (hash.digest('hex') === sha256) return;
  throw new SatelliteError('CONFLICT', `A file of dataset ${uuid} was written to while it was packed: try again.`);
}

/** What to do about a file that is not in the repository. */
function elsewhere(error: unknown): unknown {
  if (!(error instanceof SatelliteError)) return error;
  const { code, message, cause } = error;
  const official = 'name the official collections whose content stays where it is with --official';
  if (code === 'FORBIDDEN') {
    const what = `There is a dataset in it whose file is not here, but only referred to: ${official}.`;
    return new SatelliteError(code, `${what} ${message}`, { cause });
  }
  if (code !== 'NOT_FOUND') return error;
  const advice = `If it is outside of the repository, name its directory with --file-root, or ${official}.`;
  return new SatelliteError(code, `${message} ${advice}`, { cause });
}
