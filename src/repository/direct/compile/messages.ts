/** Words of stock Butler's messages. */
import type { DataIdValue } from '../../../butler/data-id.ts';
import type { PredicateSummary } from '../../../butler/query/governors.ts';

type Contradiction = PredicateSummary['contradictions'][number];

/** A value as Python writes it. */
export function pythonRepr(value: DataIdValue): string {
  if (typeof value !== 'string') return value.toString();
  return value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value.replaceAll("'", "\\'")}'`;
}

/** Of a predicate that fixes a dimension twice. */
export function bothRequired({ dimension, values: [value, other] }: Contradiction): string {
  return `'where' expression requires both ${dimension}=${pythonRepr(value)} and ${dimension}=${pythonRepr(other)}.`;
}

export function doomedSearch(datasetType: string, collections: readonly string[]): string {
  const list = collections.map(pythonRepr).join(', ');
  return `Search for dataset type ${pythonRepr(datasetType)} in [${list}] is doomed to fail.`;
}

export function noDatasetsOfType(datasetType: string, collection: string): string {
  return `No datasets of type ${pythonRepr(datasetType)} in collection ${pythonRepr(collection)}.`;
}

export function noCollectionsToSearch(): string {
  return 'No datasets can be found because collection list is empty.';
}
