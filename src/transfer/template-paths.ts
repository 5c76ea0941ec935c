/** Paths by stock Butler's templates, for copies of files that have no path of their own below a root. */
import type { DataIdValue } from '../butler/data-id.ts';
import { templatedPath, withExtensionOf } from '../butler/file-template.ts';
import { ButlerUserError } from '../butler/errors.ts';
import { decodedPath } from '../repository/direct/datastore/artifact-path.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { FileRecord } from '../repository/rows.ts';
import { recordsOfDataIds } from '../repository/search/records-of-data-ids.ts';
import type { SelectedDataset } from './page.ts';

/**
 * What makes paths for the files of datasets; undefined where a record is missing that the path needs.
 * @param satellite holds the dimension records
 */
export async function templatePaths(
  satellite: Repository,
  datasets: readonly SelectedDataset[],
  ctx: QueryContext,
): Promise<(dataset: SelectedDataset, file: FileRecord) => string | undefined> {
  const parts = new Map<string, Pick<Parameters<typeof templatedPath>[0], 'dataId' | 'records'>>();
  for (const [dimensions, alike] of Map.groupBy(datasets, ({ datasetType }) => datasetType.dimensions)) {
    const values = alike.map((dataset) => dataset.values);
    const records = await recordsOfDataIds(satellite, dimensions, values, ctx);
    for (const [i, { uuid }] of alike.entries()) {
      const dataId: Record<string, DataIdValue> = {};
      for (const [j, name] of dimensions.required.entries()) dataId[name] = values[i]![j]!;
      for (const { element, fields } of records[i]!) {
        for (const name of element.implied) dataId[name] = fields[name] as DataIdValue;
      }
      const columns = records[i]!.map(({ element, fields }) => [element.name, fields as Record<string, DataIdValue>]);
      parts.set(uuid, { dataId, records: Object.fromEntries(columns) as Record<string, Record<string, DataIdValue>> });
    }
  }
  return ({ uuid, datasetType, run }, { component, fileName }) => {
    const { name, dimensions } = datasetType;
    try {
      const path = templatedPath({ datasetType: name, component, run, dimensions, ...parts.get(uuid)! });
      return decodedPath(withExtensionOf(path, fileName));
    } catch (error) {
      if (error instanceof ButlerUserError) return undefined;
      throw error;
    }
  };
}
