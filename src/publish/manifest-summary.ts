/** What a manifest holds in numbers, and where on the sky its datasets are. */
import type { DataId } from '../butler/data-id.ts';
import type { DimensionElement, Universe } from '../butler/universe.ts';
import { dataIdKey, recordDataId } from '../repository/federated/identity.ts';
import type { Manifest } from './manifest.ts';

/** The datasets of one dataset type. */
export interface DatasetTypeSize {
  readonly datasetType: string;
  readonly datasetCount: number;
  /** Of their files. */
  readonly bytes: number;
}

/** The region of a dimension record that datasets belong to. */
export interface SkyRegion {
  readonly element: string;
  readonly dataId: DataId;
  /** As the registry encodes it. */
  readonly region: Uint8Array;
  readonly datasetCount: number;
}

export interface ManifestSummary {
  /** By name. */
  readonly sizes: readonly DatasetTypeSize[];
  /** Each once, in no order that means anything: the first `MOST_REGIONS` of them, which are from all over. */
  readonly regions: readonly SkyRegion[];
  /** Number of all of them. */
  readonly regionCount: number;
  /** Number of datasets that have none. */
  readonly elsewhere: number;
}

/** As many as anybody is given. */
export const MOST_REGIONS = 10_000;

interface Place {
  readonly element: DimensionElement;
  /** Datasets by the key of the record that they belong to. */
  readonly datasets: Map<string, number>;
}

/** @param universe in which the manifest is told */
export async function summaryOf(manifest: Manifest, universe: Universe): Promise<ManifestSummary> {
  const types = await manifest.datasetTypes();
  const places = new Map<string, Place>();
  const placeOfType = new Map<string, Place | undefined>();
  for (const { name, dimensions } of types) {
    const element = placingElement(universe, dimensions);
    if (element && !places.has(element.name)) places.set(element.name, { element, datasets: new Map() });
    placeOfType.set(name, element && places.get(element.name));
  }
  const sizes = new Map(types.map(({ name }) => [name, { datasetType: name, datasetCount: 0, bytes: 0 }]));
  let datasets = 0;
  for await (const page of manifest.datasets()) {
    datasets += page.length;
    for (const { datasetType, dataId, files } of page) {
      const size = sizes.get(datasetType)!;
      size.datasetCount++;
      for (const file of files) size.bytes += file.size;
      const place = placeOfType.get(datasetType);
      if (!place) continue;
      const key = dataIdKey(place.element.required.map((name) => dataId[name]!));
      place.datasets.set(key, (place.datasets.get(key) ?? 0) + 1);
    }
  }
  const regions: SkyRegion[] = [];
  let regionCount = 0;
  let elsewhere = datasets;
  for await (const page of manifest.records()) {
    for (const record of page) {
      const place = places.get(record.element);
      const { region } = record.fields;
      if (!place || !(region instanceof Uint8Array)) continue;
      const { name: element, required } = place.element;
      const values = recordDataId({ element: place.element, fields: record.fields }, required);
      const datasetCount = place.datasets.get(dataIdKey(values)) ?? 0;
      if (datasetCount === 0) continue;
      regionCount++;
      elsewhere -= datasetCount;
      const dataId = Object.fromEntries(required.map((name, i) => [name, values[i]!]));
      if (regionCount <= MOST_REGIONS) regions.push({ element, dataId, region, datasetCount });
    }
  }
  return { sizes: [...sizes.values()], regions, regionCount, elsewhere };
}

/** The element whose records say where datasets of some dimensions are: of several, the one that needs the most dimensions. */
function placingElement(universe: Universe, dimensions: readonly string[]): DimensionElement | undefined {
  return universe
    .conform(dimensions)
    .elements.filter(({ spatialFamily, skypix }) => spatialFamily !== undefined && !skypix)
    .reduce<DimensionElement | undefined>(
      (best, element) => (best && best.required.length > element.required.length ? best : element),
      undefined,
    );
}
