/** Sizes and hashes of the files behind a dataset, as whoever submits it reads them. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { FileResolver } from '../access/file-resolution.ts';
import type { VisibleRepositories } from '../access/policy.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { FileRecord } from '../repository/rows.ts';
import { readDataset } from './items.ts';
import type { ManifestFile } from './manifest.ts';

/** What was measured before, of a dataset. */
export interface KnownDataset {
  readonly content: string;
  readonly witness: string | null;
}

export interface MeasuredFiles {
  readonly files: readonly ManifestFile[];
  readonly witness: string | null;
}

export interface MeasureSettings {
  readonly files: FileResolver;
  /** Those of whoever submits. */
  readonly visible: VisibleRepositories;
  /** Name of the repository in addresses. */
  readonly repository: string;
  /**
   * Bytes that may be read again of files that were measured before and of which nothing cheaper tells that they are still the
   * same; beyond them only sizes are compared.
   */
  readonly rereadBytes: number;
}

export class Measure {
  readonly #settings: MeasureSettings;
  #left: number;

  constructor(settings: MeasureSettings) {
    this.#settings = settings;
    this.#left = settings.rereadBytes;
  }

  /** @throws SatelliteError NOT_FOUND where a file is gone */
  async of(
    uuid: string,
    records: readonly FileRecord[],
    known: KnownDataset | undefined,
    ctx: QueryContext,
  ): Promise<MeasuredFiles> {
    const { files: resolver, visible, repository } = this.#settings;
    const before = known && readDataset(known.content).files;
    const witnesses: (readonly (string | null)[])[] = [];
    const sources = [];
    for (const { component, fileName } of records) {
      const source = await resolver.find({ repository, uuid, component, fileName }, visible, ctx);
      witnesses.push(source.kind === 'path' ? [component, ...(await witnessOf(source.path))] : []);
      sources.push(source);
    }
    const isWitnessed = witnesses.every((witness) => witness.length > 0);
    const witness = isWitnessed ? JSON.stringify(witnesses) : null;
    const files: ManifestFile[] = [];
    for (const [i, { fileName, component, formatter, storageClass }] of records.entries()) {
      const source = sources[i]!;
      const same = before?.find((file) => file.component === component);
      const measured =
        same && this.#isKnown(same, known?.witness, witness, source.size) ? same : await this.#read(source, ctx);
      const { size, sha256 } = measured;
      files.push({ fileName, size, sha256, formatter, storageClass, component });
    }
    return { files: files.sort((a, b) => ((a.component ?? '') < (b.component ?? '') ? -1 : 1)), witness };
  }

  #isKnown(
    { size }: ManifestFile,
    before: string | null | undefined,
    witness: string | null,
    now: number | null,
  ): boolean {
    if (before && witness) return before === witness;
    if (now !== null && now !== size) return false;
    if (this.#left < size) return true;
    this.#left -= size;
    return false;
  }

  async #read(source: Awaited<ReturnType<FileResolver['find']>>, { signal }: QueryContext) {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of await this.#settings.files.read(source, null, signal)) {
      hash.update(chunk as Uint8Array);
      size += (chunk as Uint8Array).length;
    }
    return { size, sha256: hash.digest('hex') };
  }
}

/** Changes whenever the file is written to, replaced or given other times: nobody but root sets a change time back. */
async function witnessOf(path: string): Promise<readonly string[]> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].map(String);
  } catch {
    throw new SatelliteError('NOT_FOUND', 'A file is not in the repository’s store any more.');
  }
}
