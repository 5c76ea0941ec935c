/** Sizes and hashes of the files behind a dataset, as whoever submits it reads them. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { FileResolver, ResolvedSource } from '../access/file-resolution.ts';
import type { VisibleRepositories } from '../access/policy.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { FileRecord, StoreObject } from '../repository/rows.ts';
import { isPlainConfig, MOST_CONFIG_BYTES, runsConfig } from './config-file.ts';
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
  /** Whether reading a file that was read runs what somebody wrote into it. */
  readonly runsCode: boolean;
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

/** Where a file on this disk was found, by what its repository recorded, and what tells that nobody has written to it. */
type FileWitness = readonly [component: string | null, recorded: string, found: string, state: string];

export class Measure {
  readonly #settings: MeasureSettings;
  #left: number;

  constructor(settings: MeasureSettings) {
    this.#settings = settings;
    this.#left = settings.rereadBytes;
  }

  /**
   * @param objects those of the files that are in an object store
   * @throws SatelliteError NOT_FOUND where a file is gone
   */
  async of(
    uuid: string,
    records: readonly FileRecord[],
    objects: readonly StoreObject[],
    known: KnownDataset | undefined,
    ctx: QueryContext,
  ): Promise<MeasuredFiles> {
    const before = known && readDataset(known.content).files;
    if (before && (await isUntouched(known, records))) {
      const files = records.flatMap((record) => described(record, before));
      return { files: inOrder(files), witness: known.witness, runsCode: false };
    }
    const { files: resolver, visible, repository } = this.#settings;
    const witnesses: FileWitness[] = [];
    const files: ManifestFile[] = [];
    let runsCode = false;
    for (const record of records) {
      const { component, fileName, path } = record;
      const same = before?.find((file) => file.component === component);
      const object = objects.find((one) => one.component === component);
      if (object && !runsConfig(record.formatter)) {
        const isSame = same && !this.#isReadAgain(same) && (await object.size(ctx.signal)) === same.size;
        const read = isSame ? same : { component, ...(await object.content(ctx.signal)) };
        files.push(...described(record, [read]));
        continue;
      }
      const source = await resolver.find({ repository, uuid, component, fileName }, visible, ctx);
      if (source.kind === 'path') witnesses.push([component, path, source.path, await stateOf(source.path)]);
      const isSame =
        same && source.kind !== 'path' && [null, same.size].includes(source.size) && !this.#isReadAgain(same);
      if (isSame) {
        files.push(...described(record, [same]));
        continue;
      }
      const { isCode, ...read } = await this.#read(source, record, ctx);
      files.push(...described(record, [{ ...record, ...read }]));
      runsCode ||= isCode;
    }
    const witness = witnesses.length === records.length ? JSON.stringify(witnesses) : null;
    return { files: inOrder(files), witness, runsCode };
  }

  /** Whether there are bytes left to read a file again, of which nothing cheap tells that it is the same; they are counted. */
  #isReadAgain({ size }: ManifestFile): boolean {
    if (this.#left < size) return false;
    this.#left -= size;
    return true;
  }

  async #read(source: ResolvedSource, { formatter }: FileRecord, { signal }: QueryContext) {
    const hash = createHash('sha256');
    const isConfig = runsConfig(formatter);
    const kept: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of await this.#settings.files.read(source, null, signal)) {
      hash.update(chunk as Uint8Array);
      size += (chunk as Uint8Array).length;
      if (isConfig && size <= MOST_CONFIG_BYTES) kept.push(chunk as Uint8Array);
    }
    const isCode = isConfig && (size > MOST_CONFIG_BYTES || !isPlainConfig(Buffer.concat(kept).toString()));
    return { size, sha256: hash.digest('hex'), isCode };
  }
}

/** Whether all files are where they were, and nobody has written to them since. */
async function isUntouched({ witness }: KnownDataset, records: readonly FileRecord[]): Promise<boolean> {
  if (witness === null) return false;
  const known = JSON.parse(witness) as readonly FileWitness[];
  if (known.length !== records.length) return false;
  for (const { component, path } of records) {
    const [, , found, state] = known.find(([of, recorded]) => of === component && recorded === path) ?? [];
    if (found === undefined || (await stateOf(found)) !== state) return false;
  }
  return true;
}

/** A file as its repository describes it now, with the bytes that were measured. */
function described(
  { fileName, component, formatter, storageClass }: FileRecord,
  measured: readonly Pick<ManifestFile, 'component' | 'size' | 'sha256'>[],
): readonly ManifestFile[] {
  return measured
    .filter((file) => file.component === component)
    .map(({ size, sha256 }) => ({ fileName, size, sha256, formatter, storageClass, component }));
}

function inOrder(files: readonly ManifestFile[]): readonly ManifestFile[] {
  return files.toSorted((a, b) => ((a.component ?? '') < (b.component ?? '') ? -1 : 1));
}

/** Another whenever the file is written to, replaced or given other times: nobody but root sets a change time back. */
async function stateOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    throw new SatelliteError('NOT_FOUND', 'A file is not in the repository’s store any more.');
  }
}
