/** The JSON of answers other than query results (query-semantics.md section 17; peer-stack.md section 4). */
import { z } from 'zod';
import type { CollectionInfo, CollectionType } from '../../butler/collection.ts';
import { COLLECTION_TYPE_NUMBERS } from '../../butler/collection.ts';
import type { DatasetType } from '../../butler/dataset-type.ts';
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

const fileInfo = z.object({
  formatter: z.string(),
  path: z.string(),
  storage_class: z.string(),
  component: z.string().nullable(),
  checksum: z.string().nullable(),
  file_size: z.number(),
});

export const universeAnswer = z.object({ universe: z.unknown() });
export const datasetTypeAnswer = z.object({ dataset_type: datasetType });
export const datasetTypesAnswer = z.object({ dataset_types: z.array(datasetType) });
export const findDatasetAnswer = z.object({ dataset_ref: datasetRef.nullable() });
export const datasetsAnswer = z.object({ rows: z.array(datasetRef) });
export const explainAnswer = z.object({ messages: z.array(z.string()) });
export const fileTransferAnswer = z.object({
  files: z.record(z.string(), z.array(z.object({ file_info: fileInfo }))),
});
export const getFileAnswer = z.object({
  artifact: z
    .object({
      file_info: z.array(
        z.object({ url: z.string(), datastoreRecords: fileInfo.pick({ component: true, file_size: true }) }),
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

export function toFileRecord(info: z.infer<typeof fileInfo>): FileRecord {
  return {
    fileName: fileNameOf(info.path),
    path: info.path,
    size: info.file_size < 0 ? null : info.file_size,
    checksum: info.checksum,
    formatter: info.formatter,
    storageClass: info.storage_class,
    component: info.component,
  };
}

const TYPES_BY_NUMBER = new Map(
  Object.entries(COLLECTION_TYPE_NUMBERS).map(([name, number]) => [number as number, name as CollectionType]),
);

export function toCollectionInfo(wire: z.infer<typeof collectionsAnswer>['collections'][number]): CollectionInfo {
  return {
    name: wire.name,
    type: TYPES_BY_NUMBER.get(wire.type)!,
    doc: wire.doc ?? '',
    children: wire.children,
    ...(wire.parents === null ? {} : { parents: wire.parents.toSorted() }),
    ...(wire.dataset_types === null ? {} : { datasetTypes: wire.dataset_types.toSorted() }),
  };
}
