/** Records that stand behind those of dimensions without a table: a band is there where a physical filter of it is. */
import type { DataIdValue, DataIdValues } from '../butler/data-id.ts';
import { recordSpec } from '../butler/query/result-spec.ts';
import type { Universe } from '../butler/universe.ts';
import { dataIdKey, recordDataId } from '../repository/federated/identity.ts';
import { joined, upload } from '../repository/federated/probe.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import { queryOf } from '../repository/search/records-of-data-ids.ts';
import type { NeedsRecords } from '../transfer/dimension-records.ts';

/**
 * Stock Butler does not expand data IDs, such as those of coadds, without a record of their band. Where nothing else that is
 * published has a physical filter of it, one has to come along: the first one, so that it is the same each time.
 */
export class BehindViews {
  readonly #source: Repository;
  readonly #universe: Universe;
  /** View → its value → data ID of the record behind it; null: there is none. */
  readonly #known = new Map<string, Map<DataIdValue, DataIdValues | null>>();

  /** @param universe in which datasets and what is behind them is said */
  constructor(source: Repository, universe: Universe) {
    this.#source = source;
    this.#universe = universe;
  }

  /** What has to be there for the data IDs of datasets, beside their own records. Each value is asked for once. */
  async of(datasets: readonly NeedsRecords[], ctx: QueryContext): Promise<readonly NeedsRecords[]> {
    const behind = new Map<string, NeedsRecords>();
    for (const [dimensions, same] of Map.groupBy(datasets, ({ datasetType }) => datasetType.dimensions)) {
      for (const { name, viewOf } of dimensions.elements) {
        if (viewOf === undefined || dimensions.elements.some((element) => element.name === viewOf)) continue;
        const at = dimensions.required.indexOf(name);
        const values = new Set(same.flatMap((dataset) => dataset.values[at] ?? []));
        for (const dataId of await this.#dataIds(name, viewOf, values, ctx)) {
          const group = this.#universe.conform(this.#universe.element(viewOf).required);
          behind.set(`${viewOf} ${dataIdKey(dataId)}`, { datasetType: { dimensions: group }, values: dataId });
        }
      }
    }
    return [...behind.values()];
  }

  async #dataIds(
    view: string,
    viewOf: string,
    values: ReadonlySet<DataIdValue>,
    ctx: QueryContext,
  ): Promise<readonly DataIdValues[]> {
    const known = this.#known.get(view) ?? new Map<DataIdValue, DataIdValues | null>();
    this.#known.set(view, known);
    const unknown = [...values].filter((value) => !known.has(value));
    if (unknown.length > 0) {
      for (const value of unknown) known.set(value, null);
      const universe = await this.#source.universe(ctx);
      const asked = upload(
        universe.conform([view]),
        [view],
        unknown.map((value) => [value]),
      );
      const query = joined(queryOf(universe.groupOf(viewOf)), [asked]);
      const { required } = this.#universe.element(viewOf);
      for await (const { rows } of this.#source.query(query, recordSpec(viewOf), ctx)) {
        for (const row of rows) {
          const value = row.fields[view] as DataIdValue;
          const [dataId, before] = [recordDataId(row, required), known.get(value)];
          if (!before || dataIdKey(dataId) < dataIdKey(before)) known.set(value, dataId);
        }
      }
    }
    return [...values].flatMap((value) => {
      const dataId = known.get(value);
      return dataId ? [dataId] : [];
    });
  }
}
