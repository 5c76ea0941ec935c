/** What items of a pack's manifest need of each other. */
import { circularChain } from '../../butler/chains.ts';
import type { DimensionElement, Universe } from '../../butler/universe.ts';
import { recordKey } from '../items.ts';
import type { ManifestCollection, ManifestDataset, ManifestRecord } from '../manifest.ts';
import { PackError } from './pack-format.ts';
import { shown } from './zip-directory.ts';

/** A dimension record that something cannot be without. */
export interface NeededRecord {
  readonly element: string;
  readonly values: string;
  readonly item: string;
}

/** The record of a dimension, where it has any. @param valueOf of the dimensions that it requires */
function keysOf(element: DimensionElement, valueOf: (dimension: string) => unknown): readonly NeededRecord[] {
  const { name, order, hasTable, required } = element;
  if (!hasTable) return [];
  const dataId = required.map(valueOf);
  // A dimension that is only implied, and whose own requirements come with others.
  if (dataId.some((value) => value === undefined || value === null)) return [];
  return [{ element: name, values: dataId.map(String).join(', '), item: recordKey(name, order, dataId) }];
}

/** Records of what a record requires and implies. */
export function neededByRecord(universe: Universe, { element: of, fields }: ManifestRecord): readonly NeededRecord[] {
  const element = universe.element(of);
  const others = [...element.required, ...element.implied].filter((name) => name !== of);
  return others.flatMap((name) =>
    keysOf(universe.element(name), (dimension) => fields[dimension === of ? element.primaryKey!.name : dimension]),
  );
}

/** Records of the dimensions of a dataset. @param required their names */
export function neededByDataset(
  universe: Universe,
  required: readonly string[],
  { dataId }: ManifestDataset,
): readonly NeededRecord[] {
  return required.flatMap((name) => keysOf(universe.element(name), (of) => dataId[of]));
}

const MOST_DEEP = 500;

/** @throws PackError where a chain holds what is not there, or itself */
export function checkChains(collections: ReadonlyMap<string, ManifestCollection>): void {
  for (const { name, children } of collections.values()) {
    const missing = children.find((child) => !collections.has(child));
    if (missing !== undefined) {
      throw new PackError(`'${shown(name)}' holds '${shown(missing)}', which is not in the pack.`);
    }
  }
  const circular = circularChain(collections, (depth, chain) => {
    if (depth > MOST_DEEP) throw new PackError(`Chain '${shown(chain)}' is too deep.`);
  });
  if (circular !== undefined) throw new PackError(`Chain '${shown(circular)}' holds itself, or a chain that does.`);
}
