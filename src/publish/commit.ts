/** What brings an approved version into the published repository, and takes it out again. */
import type { Readable } from 'node:stream';
import type { Task } from '../jobs/job.ts';
import type { ResolvedSource } from '../access/file-resolution.ts';
import type { ArtifactStore } from '../repository/direct/datastore/artifact-store.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { StoreObject } from '../repository/rows.ts';
import type { Manifest, ManifestDataset, ManifestFile } from './manifest.ts';
import type { PublicationVersion } from './publication.ts';

/** What a commit has at hand beside the version and its manifest. */
export interface CommitWork {
  /** For durable steps: one that was completed is not done again after a restart. */
  readonly task: Task;
  /** Of the version's owner. */
  readonly ctx: QueryContext;
  /**
   * Says that a stage begins; to be called in this order, and again after a restart, where it changes nothing.  Before
   * COMMITTING, each time, the source is compared with the manifest once more; nobody can cancel the version after it.
   * @throws SatelliteError CONFLICT where the version was cancelled meanwhile or is STALE: what was staged is then to be swept
   */
  enter(stage: 'VERIFYING' | 'COMMITTING'): Promise<void>;
  /**
   * Where the bytes of a file are at its source now, for the version's owner; to be opened by `read`.
   * @throws SatelliteError NOT_FOUND where it is gone
   */
  find(dataset: ManifestDataset, file: ManifestFile, ctx: QueryContext): Promise<ResolvedSource>;
  read(source: ResolvedSource, ctx: QueryContext): Promise<Readable>;
  /** Of many datasets at once, the files that the source has in an object store; `find` finds them too, one after the other. */
  storeObjects(
    datasets: readonly ManifestDataset[],
    ctx: QueryContext,
  ): Promise<ReadonlyMap<string, readonly StoreObject[]>>;
  /** The version of the same publication that is visible now, whose place this one takes: null for the first one. */
  readonly replaced: { readonly version: PublicationVersion; readonly manifest: Manifest } | null;
}

/** What a commit knows of a version. */
export type PublishedVersion = Pick<PublicationVersion, 'publication' | 'version' | 'repository'>;

/** Implemented by the transfer into published repositories. */
export interface PublicationCommit {
  /**
   * Stages the files (the version is STAGING), enters VERIFYING and hashes what was staged, enters COMMITTING and makes
   * everything visible in one transaction, which also counts the repository's generation up.  UUIDs, runs, data IDs, chains
   * and validity ranges are those of the manifest.  Where it throws, nothing is visible and everything staged is swept,
   * but for what is waited for (a HeldError), where `sweep` does it when it is given up; run
   * again after a crash, it completes: a version that is visible already gives its generation.
   * @returns the generation from which on it is visible
   * @throws SatelliteError UPSTREAM_UNAVAILABLE where bytes are not those of the manifest; CONFLICT where something is in the way
   */
  commit(version: PublishedVersion, manifest: Manifest, work: CommitWork): Promise<number>;
  /**
   * Takes what a version published out of the repository, at once and in one transaction; what other versions or publications
   * hold stays.  Again after a crash; of what is out already it gives the generation.
   * @returns the generation from which on it is invisible
   */
  withdraw(version: PublishedVersion, manifest: Manifest, work: Pick<CommitWork, 'task' | 'ctx'>): Promise<number>;
  /**
   * Has a version that is given up never become visible, whoever still works on that; one that is visible already stays so.
   * @returns the generation since which that is so, or it is visible
   * @throws SatelliteError where its repository cannot say, as it is away or full
   */
  keepOut(
    version: PublishedVersion,
    signal: AbortSignal,
  ): Promise<{ readonly generation: number; readonly isVisible: boolean }>;
  /** The generation since which a version is visible in its repository; null where it is not. */
  visibleSince(version: PublishedVersion): Promise<number | null>;
  /** Removes what was staged for a publication and is not visible: of work that was given up elsewhere. */
  sweep(version: PublishedVersion): Promise<void>;
  /** Where the files of a published repository are, and zips that are uploaded to be published in it. */
  artifacts(repository: string): Promise<ArtifactStore>;
  /** Whether everything that serves a published repository serves this generation, every configured replica included. */
  isVisible(repository: string, generation: number): Promise<boolean>;
}
