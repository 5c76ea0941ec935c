/** Which dimension tables a query must join, for their columns or for the relationships that they define. */
import type { DimensionElement } from '../../../butler/universe.ts';
import type { Analysis } from './analysis.ts';
import type { NeededColumns } from './columns.ts';

export interface NeededElements {
  /** In universe order. */
  readonly elements: readonly DimensionElement[];
  /** Dimensions whose keys the joined tables must have. */
  readonly keys: ReadonlySet<string>;
}

/**
 * The elements that stock Butler joins, without those that only serve implied
 * dimensions nobody asked for: where a foreign key says that exactly one row of an element belongs to each row, the join
 * changes nothing.
 */
export function neededElements({ dimensions, searches, uploads }: Analysis, needed: NeededColumns): NeededElements {
  const datasets = [...searches.values()].map((search) => search.datasetType.dimensions);
  const hasFields = (element: DimensionElement) => (needed.elementFields.get(element.name)?.size ?? 0) > 0;
  let elements = dimensions.elements.filter((element) => {
    if (hasFields(element)) return true;
    if (element.implied.length === 0 && !element.alwaysJoin) return false;
    const { names } = dimensions.universe.conform(element.required);
    const given = [...datasets, ...uploads.map((upload) => upload.dimensions)];
    return !given.some(({ required }) => names.every((name) => required.includes(name)));
  });

  const asked = new Set([
    ...dimensions.required,
    ...needed.dimensions,
    ...[...datasets, ...uploads.map((upload) => upload.dimensions)].flatMap(({ required }) => required),
  ]);
  const keysOf = (joined: readonly DimensionElement[]) =>
    joined.flatMap(({ required, implied }) => [...required, ...implied]);
  const isImpliedOnce = (name: string) =>
    dimensions.elements.filter(({ implied }) => implied.includes(name)).length === 1;
  const isSuperfluous = (element: DimensionElement) => {
    if (hasFields(element) || element.alwaysJoin || !element.isDimension || uploads.length > 0) return false;
    const others = new Set([...asked, ...keysOf(elements.filter((other) => other !== element))]);
    const isReferredTo =
      datasets.some(({ required }) => element.required.every((name) => required.includes(name))) ||
      dimensions.elements.some(({ implied }) => implied.includes(element.name));
    return isReferredTo && element.implied.every((name) => !others.has(name) && isImpliedOnce(name));
  };
  for (let found = elements.find(isSuperfluous); found; found = elements.find(isSuperfluous)) {
    elements = elements.filter((element) => element !== found);
  }
  return { elements, keys: new Set([...asked, ...keysOf(elements)]) };
}
