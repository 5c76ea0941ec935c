/** The JSON of answers other than query results. */
import { z } from 'zod';
import type { CollectionInfo, CollectionType } from '../../butler/collection.ts';
import { COLLECTION_TYPE_NUMBERS } from '../../butler/collection.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
import { isJsonObject, type Json } from '../../butler/json.ts';
import type { Universe } from '../../butler/universe.ts';
import { fileNameOf } from '../recorded-path.ts';
import type { DatasetRow, FileRecord } from '../rows.ts';

const datasetType = z.object({
  name: z.string(),
  storageClass: z.string(),
  dimensions: z.array(z.string()),
  isCalibration: z.boolean(),
});

const datasetRef = z.object({
  id: z.string(),
  datasetType,
  dataId: z.object({ dataId: z.record(z.string(), z.union([z.string(), z.number(), z.bigint()])) }),
  run: z.string(),
});

export const universeAnswer = z.object({ universe: z.unknown() });
export const datasetTypeAnswer = z.object({ dataset_type: datasetType });
export const datasetTypesAnswer = z.object({ dataset_types: z.array(datasetType) });
export const findDatasetAnswer = z.object({ dataset_ref: datasetRef.nullable() });
export const datasetsAnswer = z.object({ rows: z.array(datasetRef) });
export const explainAnswer = z.object({ messages: z.array(z.string()) });
export const getFileAnswer = z.object({
  artifact: z
    .object({
      file_info: z.array(
        z.object({
          url: z.string(),
          datastoreRecords: z.object({ component: z.string().nullable(), file_size: z.number() }),
        }),
      ),
    })
    .nullable(),
});
export const summaryAnswer = z.object({
  summary: z.object({ dataset_types: z.array(datasetType), governors: z.record(z.string(), z.array(z.string())) }),
});
export const collectionsAnswer = z.object({
  collections: z.array(
    z.object({
      name: z.string(),
      type: z.number(),
      doc: z.string().nullable(),
      children: z.array(z.string()),
      parents: z.array(z.string()).nullable(),
      dataset_types: z.array(z.string()).nullable(),
    }),
  ),
});

/** A dataset type of the wire, which gives required dimensions only. */
export function toDatasetType(wire: z.infer<typeof datasetType>, universe: Universe): DatasetType {
  const { name, storageClass, isCalibration } = wire;
  return { name, dimensions: universe.conform(wire.dimensions), storageClass, isCalibration };
}

/** A dataset of the wire: with implied values where the server gives all of them (`find_dataset` does, `datasets` not). */
export function toDatasetRow(
  ref: z.infer<typeof datasetRef>,
  typeOf: (wire: z.infer<typeof datasetType>) => DatasetType,
  repository: string,
): DatasetRow {
  const type = typeOf(ref.datasetType);
  const { required, dataCoordinateKeys } = type.dimensions;
  const given = ref.dataId.dataId;
  const keys = dataCoordinateKeys.every((key) => key in given) ? dataCoordinateKeys : required;
  return { uuid: ref.id, datasetType: type, run: ref.run, values: keys.map((key) => given[key]!), repository };
}

/**
 * The files of an answer to `file_transfer`, by UUID; datasets without files have no entry.  Read by hand: transfers ask for
 * very many, of which a schema would make another copy first.
 * @returns undefined where it is not the protocol's
 */
export function filesOfTransfer(answer: Json): ReadonlyMap<string, readonly FileRecord[]> | undefined {
  const files = isJsonObject(answer) ? answer['files'] : undefined;
  if (!files || !isJsonObject(files)) return undefined;
  const found = new Map<string, readonly FileRecord[]>();
  for (const uuid of Object.keys(files)) {
    const ofDataset = files[uuid];
    if (!Array.isArray(ofDataset)) return undefined;
    const records: FileRecord[] = [];
    for (const file of ofDataset as readonly Json[]) {
      const record = isJsonObject(file) ? toFileRecord(file['file_info']) : undefined;
      if (!record) return undefined;
      records.push(record);
    }
    if (records.length > 0) found.set(uuid, records);
  }
  return found;
}

function toFileRecord(info: Json | undefined): FileRecord | undefined {
  if (!info || !isJsonObject(info)) return undefined;
  const { path, formatter, storage_class: storageClass, component, checksum, file_size: size } = info;
  if (typeof path !== 'string' || typeof formatter !== 'string' || typeof storageClass !== 'string') return undefined;
  if (!isNullableText(component) || !isNullableText(checksum) || typeof size !== 'number') return undefined;
  return {
    fileName: fileNameOf(path),
    path,
    size: size < 0 ? null : size,
    checksum,
    formatter,
    storageClass,
    component,
  };
}

function isNullableText(value: Json | undefined): value is string | null {
  return value === null || typeof value === 'string';
}

const TYPES_BY_NUMBER = new Map(
  Object.entries(COLLECTION_TYPE_NUMBERS).map(([name, number]) => [number as number, name as CollectionType]),
);

export function toCollectionInfo(wire: z.infer<typeof collectionsAnswer>['collections'][number]): CollectionInfo {
  return {
    name: wire.name,
    type: TYPES_BY_NUMBER.get(wire.type)!,
    doc: wire.doc ?? '',
    // The server says each again for every way that leads to the chain, where it is asked to follow chains; none holds one twice.
    children: [...new Set(wire.children)],
    ...(wire.parents === null ? {} : { parents: wire.parents.toSorted() }),
    ...(wire.dataset_types === null ? {} : { datasetTypes: wire.dataset_types.toSorted() }),
  };
}
