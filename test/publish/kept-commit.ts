/** What is published, kept in memory: reads and checks every byte as the real commit does, and can be stopped at each stage. */
import { createHash } from 'node:crypto';
import { SatelliteError } from '../../src/butler/errors.ts';
import type { ArtifactStore } from '../../src/repository/direct/datastore/artifact-store.ts';
import type { CommitWork, PublicationCommit, PublishedVersion } from '../../src/publish/commit.ts';
import type { Manifest } from '../../src/publish/manifest.ts';
import type { PublicationVersion } from '../../src/publish/publication.ts';

/** What comes next; `OUT` when a withdrawal is done, and before that is said; `ASKED` when somebody asks what is visible. */
export type Moment = 'ASKED' | 'STAGING' | 'VERIFYING' | 'COMMITTING' | 'VISIBLE' | 'WITHDRAWN' | 'OUT' | 'KEPT OUT';

export class KeptCommit implements PublicationCommit {
  /** UUIDs that are visible, by publication and version. */
  readonly visible = new Map<string, readonly string[]>();
  /** Publications of which what was staged was swept. */
  readonly swept = new Set<string>();
  /** How often something was made visible. */
  commits = 0;
  /** Called when something is visible, and before that is said. */
  after: (work: CommitWork) => Promise<void> = () => Promise.resolve();
  /** Called before a stage is entered. */
  before: (stage: Moment) => Promise<void> = () => Promise.resolve();
  #generation = 0;
  readonly #keptOut = new Set<string>();
  readonly #since = new Map<string, number>();

  async commit(version: PublicationVersion, manifest: Manifest, work: CommitWork): Promise<number> {
    const since = await this.visibleSince(version);
    if (since !== null) return since;
    await this.before('STAGING');
    const uuids: string[] = [];
    for await (const datasets of manifest.datasets()) {
      for (const dataset of datasets) {
        uuids.push(dataset.uuid);
        for (const file of dataset.files) {
          const hash = createHash('sha256');
          for await (const chunk of await work.read(await work.find(dataset, file, work.ctx), work.ctx))
            hash.update(chunk as Uint8Array);
          if (hash.digest('hex') !== file.sha256) throw new SatelliteError('CONFLICT', 'The bytes are others.');
        }
      }
    }
    await this.before('VERIFYING');
    await work.enter('VERIFYING');
    await this.before('COMMITTING');
    await work.enter('COMMITTING');
    await this.before('VISIBLE');
    if (this.#keptOut.has(keyOf(version))) throw new SatelliteError('CONFLICT', 'It was withdrawn meanwhile.');
    if (work.replaced) this.hide(work.replaced.version);
    this.show(version, uuids);
    await this.after(work);
    return this.#generation;
  }

  /** Makes it visible, as this or another gateway does it. */
  show(version: Pick<PublicationVersion, 'publication' | 'version'>, uuids: readonly string[]): void {
    this.commits += 1;
    this.visible.set(keyOf(version), uuids);
    this.#since.set(keyOf(version), (this.#generation += 1));
  }

  async withdraw(version: PublicationVersion): Promise<number> {
    await this.before('WITHDRAWN');
    this.hide(version);
    await this.before('OUT');
    return (this.#generation += 1);
  }

  async keepOut(version: PublicationVersion): Promise<{ readonly generation: number; readonly isVisible: boolean }> {
    await this.before('KEPT OUT');
    const since = this.#since.get(keyOf(version));
    if (since !== undefined) return { generation: since, isVisible: true };
    this.#keptOut.add(keyOf(version));
    return { generation: (this.#generation += 1), isVisible: false };
  }

  async visibleSince(version: PublishedVersion): Promise<number | null> {
    await this.before('ASKED');
    return this.#since.get(keyOf(version)) ?? null;
  }

  sweep({ publication }: PublishedVersion): Promise<void> {
    this.swept.add(publication);
    return Promise.resolve();
  }

  /** A store in which nothing comes. */
  artifacts(): Promise<ArtifactStore> {
    const empty: Partial<ArtifactStore> = {
      signedUpload: () => Promise.resolve(null),
      stat: () => Promise.resolve(null),
    };
    return Promise.resolve(empty as ArtifactStore);
  }

  isVisible(_repository: string, generation: number): Promise<boolean> {
    return Promise.resolve(generation <= this.#generation);
  }

  hide(version: Pick<PublicationVersion, 'publication' | 'version'>): void {
    this.visible.delete(keyOf(version));
    this.#since.delete(keyOf(version));
  }
}

export function keyOf({ publication, version }: Pick<PublicationVersion, 'publication' | 'version'>): string {
  return `${publication} ${version}`;
}
