/** Records of sky pixels, which no repository stores: their index and their region. */
import { setImmediate } from 'node:timers/promises';
import type { DataIdValues } from '../butler/data-id.ts';
import type { DimensionGroup } from '../butler/dimension-group.ts';
import { encodeRegion } from '../butler/region/codec.ts';
import { healpixPixel } from '../butler/region/healpix.ts';
import { htmPixel } from '../butler/region/htm.ts';
import type { DimensionElement } from '../butler/universe.ts';
import type { DimensionRecordRow } from './rows.ts';

type Pixels = DimensionElement & { readonly skypix: NonNullable<DimensionElement['skypix']> };

/** Pixels made between two turns of others: each takes 0.2 ms. */
const AT_ONCE = 50;

/** Makes records of pixels; those of one line have many data IDs in common, and each is made once. */
export class PixelRecords {
  readonly #regions = new Map<string, Uint8Array>();

  /** @throws InvalidQueryError where there is no such pixel */
  async record(element: Pixels, id: number, repository: string): Promise<DimensionRecordRow> {
    const key = `${element.name} ${id}`;
    let region = this.#regions.get(key);
    if (!region) {
      const { system, level } = element.skypix;
      region = encodeRegion(system === 'htm' ? htmPixel(id) : healpixPixel(level, id));
      this.#regions.set(key, region);
      if (this.#regions.size % AT_ONCE === 0) await setImmediate();
    }
    return { element, fields: { id, region }, repository };
  }

  /** Rows of one element, where it is pixels with their regions; others as they are. */
  async withRegions(rows: readonly DimensionRecordRow[]): Promise<readonly DimensionRecordRow[]> {
    const [first] = rows;
    if (!first || !isPixels(first.element)) return rows;
    const found: DimensionRecordRow[] = [];
    for (const { fields, repository } of rows) {
      found.push(await this.record(first.element, Number(fields['id']), repository));
    }
    return found;
  }

  /** Those of a data ID of the group, none where it has no pixels. @param values of its `dataCoordinateKeys` */
  async ofDataId(
    group: DimensionGroup,
    values: DataIdValues,
    repository: string,
  ): Promise<readonly DimensionRecordRow[]> {
    const records: DimensionRecordRow[] = [];
    for (const element of group.elements.filter(isPixels)) {
      const id = Number(values[group.dataCoordinateKeys.indexOf(element.name)]);
      records.push(await this.record(element, id, repository));
    }
    return records;
  }
}

export function isPixels(element: DimensionElement): element is Pixels {
  return element.skypix !== undefined;
}
