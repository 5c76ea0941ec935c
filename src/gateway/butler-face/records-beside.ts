/** Dimension records that an answer gives beside its rows. */
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import type { DimensionElement } from '../../butler/universe.ts';
import { readNested } from '../../repository/nested-reads.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { DataIdRow, DatasetRow } from '../../repository/rows.ts';
import { recordsOfDataIds, type KeptRecords } from '../../repository/search/records-of-data-ids.ts';
import { isPixels, PixelRecords } from '../../repository/pixel-records.ts';
import type { RecordsOfDataId } from './wire-rows.ts';

/** Finds those of one answer, line by line, while its rows may still be coming. */
export class RecordsBeside {
  readonly #repository: Repository;
  readonly #ctx: QueryContext;
  /** Instruments, detectors and others that are few, and that most lines refer to. */
  readonly #kept: KeptRecords = new Map();

  constructor(repository: Repository, ctx: QueryContext) {
    this.#repository = repository;
    this.#ctx = ctx;
  }

  /** Those of the data IDs of datasets of one type or of several, in the order of the datasets. */
  async ofDatasets(rows: readonly DatasetRow[]): Promise<readonly RecordsOfDataId[]> {
    const found = new Map<DatasetRow, RecordsOfDataId>();
    for (const [group, same] of Map.groupBy(rows, (row) => row.datasetType.dimensions)) {
      const records = await this.ofDataIds(group, same);
      for (const [i, row] of same.entries()) found.set(row, records[i]!);
    }
    return rows.map((row) => found.get(row)!);
  }

  /** Those of data IDs of one group, in their order. */
  async ofDataIds(
    group: DimensionGroup,
    rows: readonly Pick<DataIdRow, 'values' | 'repository'>[],
  ): Promise<readonly RecordsOfDataId[]> {
    const dataIds = rows.map((row) => row.values);
    const stored = await readNested(() =>
      recordsOfDataIds(this.#repository, group, dataIds, this.#ctx, { kept: this.#kept }),
    );
    const views = group.elements.filter((element) => element.viewOf !== undefined);
    const records = stored.map((of, i) => {
      const hidden = hiddenRecords(group, views, of, rows[i]!);
      return hidden.length === 0 ? of : [...of, ...hidden];
    });
    if (!group.elements.some(isPixels)) return records;
    const pixels = new PixelRecords();
    const found: RecordsOfDataId[] = [];
    for (const [i, { values, repository }] of rows.entries()) {
      found.push([...records[i]!, ...(await pixels.ofDataId(group, values, repository))]);
    }
    return found;
  }
}

/**
 * Records of a data ID that are values in other records (a band, in those of physical filters) and hold nothing but their name:
 * who may read a dataset of a band need not be allowed to read any filter of it.
 */
function hiddenRecords(
  { dataCoordinateKeys }: DimensionGroup,
  views: readonly DimensionElement[],
  found: RecordsOfDataId,
  { values, repository }: Pick<DataIdRow, 'values' | 'repository'>,
): RecordsOfDataId {
  return views.flatMap((element) => {
    const value = values[dataCoordinateKeys.indexOf(element.name)];
    if (value === undefined || found.some((record) => record.element === element)) return [];
    return [{ element, fields: { [element.primaryKey!.name]: value }, repository }];
  });
}
