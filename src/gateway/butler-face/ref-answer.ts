/** The answer that is one dataset, or none. */
import { componentType, splitDatasetTypeName } from '../../butler/components.ts';
import type { DataIdValue, DataIdValues } from '../../butler/data-id.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { DatasetRow } from '../../repository/rows.ts';
import { RecordsBeside } from './records-beside.ts';
import { datasetText, datasetTypeText, type RecordsOfDataId } from './wire-rows.ts';

/**
 * Its JSON text, with the records of its data ID where they are wanted.
 * @param datasetType as asked, which may name a component; null where it was asked by UUID
 */
export async function refAnswer(
  repository: Repository,
  row: DatasetRow | null,
  datasetType: string | null,
  withRecords: boolean,
  ctx: QueryContext,
): Promise<string> {
  if (!row) return '{"dataset_ref":null}';
  const records = withRecords ? (await new RecordsBeside(repository, ctx).ofDatasets([row]))[0]! : null;
  const values = records ? withImplied(row, records) : row.values;
  const component = datasetType === null ? null : splitDatasetTypeName(datasetType)[1];
  if (component === null) {
    return `{"dataset_ref":${datasetText({ ...row, values }, datasetTypeText(row.datasetType), records)}}`;
  }
  const parent = (await repository.datasetTypes(ctx)).get(splitDatasetTypeName(datasetType!)[0])!;
  const typeText = datasetTypeText(componentType(parent, component), parent.storageClass);
  return `{"dataset_ref":${datasetText({ ...row, values }, typeText, records, component)}}`;
}

/** Values of a data ID, with those that its records imply. */
function withImplied({ datasetType: { dimensions }, values }: DatasetRow, records: RecordsOfDataId): DataIdValues {
  if (values.length === dimensions.dataCoordinateKeys.length) return values;
  const implied = dimensions.implied.map((name) => {
    const implying = records.find(({ element }) => element.implied.includes(name));
    return implying?.fields[name] as DataIdValue | null | undefined;
  });
  return implied.every((value) => value !== null && value !== undefined) ? [...values, ...implied] : values;
}
