/** What is in publications, as those who see them are shown it. */
import type { VisibleRepositories } from '../access/policy.ts';
import type { Identity, Principal } from '../access/principal.ts';
import { diffOf } from './diff.ts';
import { KeptSummaries } from './kept-summaries.ts';
import type { Manifest } from './manifest.ts';
import type { ManifestStore } from './manifest-store.ts';
import { summaryOf, type ManifestSummary } from './manifest-summary.ts';
import { isDecided, type PublicationVersion } from './publication.ts';
import type { PublicationRecords } from './records.ts';
import type { PublicationDiff, SeenPublication } from './service.ts';
import type { PublishedRepository } from './sources.ts';

export interface ManifestViewOptions {
  readonly records: Pick<PublicationRecords, 'versions'>;
  readonly store: ManifestStore;
  /** The repositories that exist for someone now. */
  readonly repositoriesOf: (who: Identity) => Promise<VisibleRepositories>;
  /** @throws SatelliteError NOT_FOUND where it is not configured any more */
  readonly published: (name: string) => PublishedRepository;
}

const LOOK_MILLISECONDS = 60_000;
/** Longer than anybody waits: who asks again is answered. */
const SUMMARY_MILLISECONDS = 600_000;

/** The methods are those of `PublicationService` with the same names. */
export class ManifestView {
  readonly #options: ManifestViewOptions;
  readonly #summaries = new KeptSummaries();

  constructor(options: ManifestViewOptions) {
    this.#options = options;
  }

  async manifest({ record, role }: SeenPublication, principal: Principal): Promise<Manifest | null> {
    if (record.digest === null) return null;
    const manifest = this.#options.store.read(record, AbortSignal.timeout(LOOK_MILLISECONDS));
    if (role !== 'READER') return manifest;
    // What is left of it when it is taken back does not tell what was in it, to whom the names still let in.
    if (record.state !== 'PUBLISHED') return null;
    const visible = await this.#options.repositoriesOf(principal);
    const own = (await manifest.collections()).filter(({ isOfficial }) => !isOfficial);
    return own.every(({ name }) => visible.allows(record.repository, name)) ? manifest : null;
  }

  summary(record: PublicationVersion): Promise<ManifestSummary> {
    return this.#summaries.get(record.digest!, () =>
      this.summaryOfHidden(record, this.#options.store.read(record, AbortSignal.timeout(SUMMARY_MILLISECONDS))),
    );
  }

  async summaryOfHidden({ repository, owner }: PublicationVersion, manifest: Manifest): Promise<ManifestSummary> {
    const ctx = { caller: { username: owner }, signal: AbortSignal.timeout(LOOK_MILLISECONDS) };
    const universe = await this.#options.published(repository).offered.repository.universe(ctx);
    return summaryOf(manifest, universe);
  }

  async diff(record: PublicationVersion): Promise<PublicationDiff | null> {
    const versions = await this.#options.records.versions(record.publication);
    const before = versions.find((one) => one.version < record.version && isDecided(one));
    if (!before || record.digest === null) return null;
    return diffOf(before, record, this.#options.store, AbortSignal.timeout(LOOK_MILLISECONDS));
  }
}
