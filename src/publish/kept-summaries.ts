import { LRUCache } from 'lru-cache';
import { MOST_REGIONS, type ManifestSummary } from './manifest-summary.ts';

/** Regions of all summaries that are kept: some 25 MB. */
const KEPT_REGIONS = 5 * MOST_REGIONS;

/** Summaries of manifests, which never change: each is made once at a time, and kept until others need its place. */
export class KeptSummaries {
  readonly #kept = new LRUCache<string, ManifestSummary>({
    maxSize: KEPT_REGIONS,
    sizeCalculation: ({ regions, sizes }) => regions.length + sizes.length + 1,
  });
  readonly #made = new Map<string, Promise<ManifestSummary>>();

  /** @param digest of the manifest */
  async get(digest: string, make: () => Promise<ManifestSummary>): Promise<ManifestSummary> {
    const kept = this.#kept.get(digest);
    if (kept) return kept;
    const made = this.#made.get(digest) ?? make().finally(() => this.#made.delete(digest));
    this.#made.set(digest, made);
    const summary = await made;
    this.#kept.set(digest, summary);
    return summary;
  }
}
