/** What is published, kept in memory: reads and checks every byte as the real commit does, and can be stopped at each stage. */
import { createHash } from 'node:crypto';
import { SatelliteError } from '../../src/butler/errors.ts';
import type { CommitWork, PublicationCommit } from '../../src/publish/commit.ts';
import type { Manifest } from '../../src/publish/manifest.ts';
import type { PublicationVersion } from '../../src/publish/publication.ts';

export class KeptCommit implements PublicationCommit {
  /** UUIDs that are visible, by publication and version. */
  readonly visible = new Map<string, readonly string[]>();
  /** How often something was made visible. */
  commits = 0;
  /** Called before a stage is entered. */
  before: (stage: 'STAGING' | 'VERIFYING' | 'COMMITTING') => Promise<void> = () => Promise.resolve();
  #generation = 0;

  async commit(version: PublicationVersion, manifest: Manifest, work: CommitWork): Promise<number> {
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
    this.commits += 1;
    if (work.replaced) this.visible.delete(keyOf(work.replaced.version));
    this.visible.set(keyOf(version), uuids);
    return (this.#generation += 1);
  }

  withdraw(version: PublicationVersion): Promise<number> {
    this.visible.delete(keyOf(version));
    return Promise.resolve((this.#generation += 1));
  }

  sweep(): Promise<void> {
    return Promise.resolve();
  }

  isVisible(_repository: string, generation: number): Promise<boolean> {
    return Promise.resolve(generation <= this.#generation);
  }
}

export function keyOf({ publication, version }: Pick<PublicationVersion, 'publication' | 'version'>): string {
  return `${publication} ${version}`;
}
