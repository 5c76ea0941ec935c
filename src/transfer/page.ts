/** Some of the datasets of a transfer, as the job keeps them between its steps. */
import type { DataIdValues } from '../butler/data-id.ts';
import type { DatasetType } from '../butler/dataset-type.ts';
import { SatelliteError } from '../butler/errors.ts';
import { parseJson, stringifyJson } from '../butler/json.ts';
import type { Universe } from '../butler/universe.ts';
import type { DatasetRow, FileRecord } from '../repository/rows.ts';
import type { DatasetTypeDefinition } from '../repository/writeable-repository.ts';
import type { Membership } from './memberships.ts';

/** A dataset of the source, said in the satellite's universe. */
export interface SelectedDataset {
  readonly uuid: string;
  readonly datasetType: DatasetType;
  readonly run: string;
  /** Values of the required dimensions, in the order of the satellite's universe. */
  readonly values: DataIdValues;
  /** As the source recorded them. */
  readonly files: readonly FileRecord[];
}

export interface TransferPage {
  readonly datasets: readonly SelectedDataset[];
  /** Of these datasets in the source's TAGGED and CALIBRATION collections. */
  readonly memberships: readonly Membership[];
}

type WrittenFile = readonly [
  path: string,
  fileName: string,
  formatter: string,
  storageClass: string,
  component: string | null,
  checksum: string | null,
  size: number | null,
];

interface WrittenPage {
  readonly groups: readonly {
    readonly type: DatasetTypeDefinition;
    readonly run: string;
    readonly datasets: readonly (readonly [uuid: string, values: DataIdValues, files: readonly WrittenFile[]])[];
  }[];
  readonly memberships: readonly (readonly [
    collection: string,
    uuid: string,
    range: readonly [number | bigint, number | bigint] | null,
  ])[];
}

/** JSON text of a page. */
export function writePage({ datasets, memberships }: TransferPage): string {
  const groups = Map.groupBy(datasets, ({ datasetType, run }) => `${datasetType.name}\u0000${run}`);
  const page: WrittenPage = {
    groups: [...groups.values()].map((same) => ({
      type: definitionOf(same[0]!.datasetType),
      run: same[0]!.run,
      datasets: same.map(({ uuid, values, files }) => [uuid, values, files.map(writeFile)]),
    })),
    memberships: memberships.map(({ collection, uuid, timespan }) => [
      collection,
      uuid,
      timespan && [timespan.begin, timespan.end],
    ]),
  };
  return stringifyJson(page);
}

/** @param universe the satellite's */
export function readPage(text: string, universe: Universe): TransferPage {
  const page = parseJson(text) as unknown as WrittenPage;
  const datasets = page.groups.flatMap(({ type, run, datasets: written }) => {
    const datasetType = { ...type, dimensions: universe.conform(type.dimensions) };
    return written.map(([uuid, values, files]) => ({ uuid, datasetType, run, values, files: files.map(readFile) }));
  });
  const memberships = page.memberships.map(([collection, uuid, range]) => ({
    collection,
    uuid,
    timespan: range && { begin: BigInt(range[0]), end: BigInt(range[1]) },
  }));
  return { datasets, memberships };
}

/** Bytes of files, each once (a raw of several detectors may be one), as far as sizes are recorded. */
export function bytesOfFiles(files: Iterable<Pick<FileRecord, 'path' | 'size'>>): number {
  const sizes = new Map<string, number>();
  for (const { path, size } of files) sizes.set(path, size ?? 0);
  return sizes.values().reduce((sum, size) => sum + size, 0);
}

/** What a dataset type is registered as elsewhere. */
export function definitionOf({ name, dimensions, storageClass, isCalibration }: DatasetType): DatasetTypeDefinition {
  return { name, dimensions: dimensions.required, storageClass, isCalibration };
}

/**
 * Says dataset types of a source in the satellite's universe.
 * @throws SatelliteError CONFLICT where the dimensions that identify its datasets differ there
 */
export class TypesInUniverse {
  readonly #universe: Universe;
  readonly #types = new Map<string, { readonly type: DatasetType; readonly order: readonly number[] }>();

  constructor(universe: Universe) {
    this.#universe = universe;
  }

  select(row: DatasetRow, files: readonly FileRecord[]): SelectedDataset {
    const { type, order } = this.#conform(row.datasetType);
    const { uuid, run } = row;
    return { uuid, run, datasetType: type, values: order.map((i) => row.values[i]!), files };
  }

  #conform(datasetType: DatasetType) {
    let known = this.#types.get(datasetType.name);
    if (!known) {
      const { required, universe } = datasetType.dimensions;
      const dimensions = required.every((name) => this.#universe.isDimension(name))
        ? this.#universe.conform(required)
        : undefined;
      if (dimensions?.required.length !== required.length || dimensions.required.some((n) => !required.includes(n))) {
        throw new SatelliteError(
          'CONFLICT',
          `Dataset type '${datasetType.name}' is identified by other dimensions in the satellite's universe ` +
            `(${this.#universe}) than in its source's (${universe}): migrate the satellite first.`,
        );
      }
      known = {
        type: { ...datasetType, dimensions },
        order: dimensions.required.map((name) => required.indexOf(name)),
      };
      this.#types.set(datasetType.name, known);
    }
    return known;
  }
}

function writeFile(file: FileRecord): WrittenFile {
  const { path, fileName, formatter, storageClass, component, checksum, size } = file;
  return [path, fileName, formatter, storageClass, component, checksum, size];
}

function readFile(written: WrittenFile): FileRecord {
  const [path, fileName, formatter, storageClass, component, checksum, size] = written;
  return { path, fileName, formatter, storageClass, component, checksum, size };
}
