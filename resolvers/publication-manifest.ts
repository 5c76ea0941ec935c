/** A manifest as GraphQL shows it. */
import { SatelliteError } from '../src/butler/errors.ts';
import type { Manifest, ManifestDataset, ManifestHeader } from '../src/publish/manifest.ts';

const MOST_DATASETS = 10_000;

export interface ShownManifest extends ManifestHeader {
  readonly manifest: Manifest;
}

/** One page of its datasets, as a connection. @throws SatelliteError BAD_USER_INPUT */
export async function datasetPage({ manifest }: ShownManifest, first: number, after: string | undefined) {
  if (first < 1 || first > MOST_DATASETS) {
    throw new SatelliteError('BAD_USER_INPUT', `"first" is ${first}, but must be 1 to ${MOST_DATASETS}.`);
  }
  const nodes: ManifestDataset[] = [];
  for await (const page of manifest.datasets(after)) {
    nodes.push(...page);
    if (nodes.length > first) break;
  }
  const shown = nodes.slice(0, first);
  return {
    nodes: shown,
    pageInfo: {
      hasNextPage: nodes.length > first,
      hasPreviousPage: after !== undefined,
      startCursor: shown[0]?.uuid ?? null,
      endCursor: shown.at(-1)?.uuid ?? null,
    },
  };
}
