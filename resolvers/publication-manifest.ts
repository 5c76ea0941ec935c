/** A manifest as GraphQL shows it. */
import { SatelliteError } from '../src/butler/errors.ts';
import { decodeRegion } from '../src/butler/region/codec.ts';
import { formatIvoaPos } from '../src/butler/region/ivoa.ts';
import type { Manifest, ManifestDataset, ManifestHeader } from '../src/publish/manifest.ts';
import type { ManifestSummary } from '../src/publish/manifest-summary.ts';
import type { PublicationVersion } from '../src/publish/publication.ts';
import type { GraphQLContext } from './context.ts';
import { publicationsOf, servicesOf } from './services.ts';

const MOST = 10_000;

export interface ShownManifest extends ManifestHeader {
  readonly manifest: Manifest;
  /** Reads all of it, once for all fields that need it. */
  readonly summary: () => Promise<ManifestSummary>;
}

export function shownManifest(
  manifest: Manifest,
  header: ManifestHeader,
  record: PublicationVersion,
  context: GraphQLContext,
): ShownManifest {
  let summary: Promise<ManifestSummary> | undefined;
  return {
    ...header,
    manifest,
    summary: () => (summary ??= publicationsOf(servicesOf(context)).summary(record, manifest)),
  };
}

/** @throws SatelliteError BAD_USER_INPUT */
export async function skyOf({ summary }: ShownManifest, first: number) {
  checkFirst(first);
  const { regions, elsewhere } = await summary();
  const shown = regions.slice(0, first).map(({ region, ...place }) => ({
    ...place,
    regionPos: formatIvoaPos(decodeRegion(region)),
  }));
  return { regions: shown, regionCount: regions.length, elsewhere };
}

/** One page of its datasets, as a connection. @throws SatelliteError BAD_USER_INPUT */
export async function datasetPage({ manifest }: ShownManifest, first: number, after: string | undefined) {
  checkFirst(first);
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

function checkFirst(first: number): void {
  if (first >= 1 && first <= MOST) return;
  throw new SatelliteError('BAD_USER_INPUT', `"first" is ${first}, but must be 1 to ${MOST}.`);
}
