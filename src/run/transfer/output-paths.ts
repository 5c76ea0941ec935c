/** Where a graph's quanta write: the paths that stock Butler's default templates give to its outputs. */
import type { DataIdValue } from '../../butler/data-id.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import { templatedPath } from '../../butler/file-template.ts';
import { dataIdKey, recordDataId } from '../../repository/federated/identity.ts';
import type { DimensionRecordRow } from '../../repository/rows.ts';
import type { GraphDataset } from '../graph/quantum.ts';

/** Elements whose records the templates use. */
const USED = ['visit', 'exposure', 'detector'] as const;

type Columns = Readonly<Record<string, DataIdValue | null>>;

/**
 * What gives the path of an output, relative to the datastore's root and without the ending that its formatter chooses.
 * @param records those of the graph
 * @throws ButlerUserError (from what it gives) DATA_ID_VALUE where the graph lacks a record that the path needs
 */
export function outputPaths(records: Iterable<DimensionRecordRow>): (dataset: GraphDataset) => string {
  const known = new Map<string, Map<string, Columns>>(USED.map((name) => [name, new Map()]));
  for (const record of records) {
    const { element, fields } = record;
    known.get(element.name)?.set(dataIdKey(recordDataId(record, element.required)), fields as Columns);
  }
  const places = new Map<DimensionGroup, readonly (readonly [element: string, at: readonly number[]])[]>();
  return ({ datasetType, run, values }) => {
    const { name, dimensions } = datasetType;
    const { dataCoordinateKeys: keys, universe } = dimensions;
    let used = places.get(dimensions);
    if (!used) {
      used = USED.filter((element) => dimensions.has(element)).map((element) => [
        element,
        universe.element(element).required.map((dimension) => keys.indexOf(dimension)),
      ]);
      places.set(dimensions, used);
    }
    const columns: Record<string, Columns> = {};
    for (const [element, at] of used) {
      const found = known.get(element)!.get(dataIdKey(at.map((i) => values[i]!)));
      if (found) columns[element] = found;
    }
    const dataId = Object.fromEntries(keys.map((key, i) => [key, values[i]!]));
    return templatedPath({ datasetType: name, component: null, run, dimensions, dataId, records: columns });
  };
}
