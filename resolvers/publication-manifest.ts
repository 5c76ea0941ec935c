/** A manifest as GraphQL shows it. */
import { InvalidQueryError, SatelliteError } from '../src/butler/errors.ts';
import { decodeRegion } from '../src/butler/region/codec.ts';
import { formatIvoaPos } from '../src/butler/region/ivoa.ts';
import { UUID } from '../src/butler/uuid.ts';
import type { Manifest, ManifestDataset, ManifestHeader } from '../src/publish/manifest.ts';
import { MOST_REGIONS, type ManifestSummary } from '../src/publish/manifest-summary.ts';

const MOST_DATASETS = 10_000;

export interface ShownManifest extends ManifestHeader {
  readonly manifest: Manifest;
  /** Reads all of it, once for all fields that need it. */
  readonly summary: () => Promise<ManifestSummary>;
}

export async function shownManifest(
  manifest: Manifest,
  summarize: () => Promise<ManifestSummary>,
): Promise<ShownManifest> {
  let summary: Promise<ManifestSummary> | undefined;
  return { ...(await manifest.header()), manifest, summary: () => (summary ??= summarize()) };
}

/** @throws SatelliteError BAD_USER_INPUT */
export async function skyOf({ summary }: Pick<ShownManifest, 'summary'>, first: number) {
  checkFirst(first, MOST_REGIONS);
  const { regions, regionCount, elsewhere } = await summary();
  const shown = regions.slice(0, first).map(({ region, ...place }) => ({ ...place, regionPos: posOf(region) }));
  return { regions: shown, regionCount, elsewhere };
}

/** Null where it has no such text, or is none that can be read. */
function posOf(region: Uint8Array): string | null {
  try {
    return formatIvoaPos(decodeRegion(region));
  } catch (error) {
    if (error instanceof InvalidQueryError) return null;
    throw error;
  }
}

/** One page of its datasets, as a connection. @throws SatelliteError BAD_USER_INPUT */
export async function datasetPage({ manifest }: ShownManifest, first: number, after: string | undefined) {
  checkFirst(first, MOST_DATASETS);
  if (after !== undefined && !UUID.test(after)) {
    throw new SatelliteError(
      'BAD_USER_INPUT',
      '"after" is no cursor of these datasets: take "endCursor" of the page before.',
    );
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

function checkFirst(first: number, most: number): void {
  if (first >= 1 && first <= most) return;
  throw new SatelliteError('BAD_USER_INPUT', `"first" is ${first}, but must be 1 to ${most}.`);
}
